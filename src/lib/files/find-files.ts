// The files below a directory that fit patterns. Links to directories are not followed, and the search has an end.

import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {hasErrorCode} from '../util/error-code.ts'
import {maxTreeEntries} from './find-in-tree.ts'
import type {Glob} from './glob.ts'

export interface FoundFile {
  /** From the directory that was searched, with `/`. */
  readonly path: string
  readonly kind: 'file' | 'link' | 'other'
  /** Its path is not UTF-8: no text names the file. */
  readonly isUnnamable: boolean
}

const maxDepth = 128

/**
 * In the order of their paths; a link is found itself, and a directory never. Directories that do not exist are empty.
 * Throws TreeTooLargeError, and the errors of the file system.
 * @param root absolute
 */
export async function findFiles(
  root: string,
  globs: readonly Pick<Glob, 'test' | 'mayFitBelow'>[],
  limit = maxTreeEntries,
): Promise<FoundFile[]> {
  const found: FoundFile[] = []
  const todo = ['']
  let seen = 0
  for (let directory = todo.pop(); directory !== undefined; directory = todo.pop()) {
    const entries = await readdir(join(root, directory), {withFileTypes: true, encoding: 'buffer'}).catch(readMissing)
    seen += entries.length
    if (seen > limit || directory.split('/').length > maxDepth) throw new TreeTooLargeError(root)
    for (const entry of entries) {
      const name = entry.name.toString()
      const path = directory === '' ? name : `${directory}/${name}`
      const isUnnamable = !Buffer.from(name).equals(entry.name)
      if (entry.isDirectory()) {
        if (!isUnnamable && globs.some((glob) => glob.mayFitBelow(path))) todo.push(path)
      } else if (globs.some((glob) => glob.test(path))) {
        found.push({path, kind: entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'link' : 'other', isUnnamable})
      }
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1))
}

export class TreeTooLargeError extends Error {
  constructor(root: string) {
    super(`the directory '${root}' is too large or too deep to be searched`)
    this.name = 'TreeTooLargeError'
  }
}

function readMissing(error: unknown): [] {
  if (hasErrorCode(error, 'ENOENT', 'ENOTDIR')) return []
  throw error
}
