// core/file.list

import type {Stats} from 'node:fs'
import {lstat, readdir} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import {ActionError, defineAction} from '@autokestra/plugin-sdk'
import {failWith} from './file-error.ts'
import {matchPath} from './match-path.ts'

type EntryType = 'file' | 'directory' | 'link' | 'other'

interface ListInput {
  path?: string
  pattern?: string
  recursive?: boolean
  type?: EntryType
  hidden?: boolean
  maxEntries?: number
}

interface Entry {
  path: string
  type: EntryType
  size: number
  modifiedAt: string
}

export const list = defineAction({
  async execute(input: ListInput, context) {
    const {path = '.', pattern, hidden = false, maxEntries = 10_000} = input
    const recursive = input.recursive ?? (pattern?.includes('/') === true || pattern?.includes('**') === true)
    const absolute = resolve(path)
    const effective = pattern ?? (recursive ? '**' : '*')
    const entries: Entry[] = []
    // Links are listed and not followed, so the walk ends whatever they point to.
    for await (const [name, state] of walk(absolute, path, recursive, hidden, context.signal)) {
      const type = typeOf(state)
      if ((input.type !== undefined && input.type !== type) || !matchPath(effective, name, hidden)) continue
      entries.push({path: name, type, size: state.size, modifiedAt: state.mtime.toISOString()})
      if (entries.length > maxEntries)
        throw new ActionError(
          'TOO_MANY_FILES',
          `'${path}' has more than ${String(maxEntries)} entries that match; raise maxEntries or narrow the pattern`,
          {retryable: false},
        )
    }
    return {path: absolute, entries: entries.sort((a, b) => (a.path < b.path ? -1 : 1))}
  },
})

async function* walk(
  root: string,
  shown: string,
  recursive: boolean,
  hidden: boolean,
  signal: AbortSignal,
): AsyncGenerator<[string, Stats]> {
  const pending = ['']
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    const names = await readdir(join(root, below)).catch((error: unknown) => {
      // A subdirectory that went away in the meantime is no error; the directory asked for is.
      if (below !== '' && error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
      return failWith('list', below === '' ? shown : join(shown, below), error)
    })
    for (const name of names) {
      signal.throwIfAborted()
      const path = below === '' ? name : `${below}/${name}`
      const state = await lstat(join(root, path)).catch(() => undefined)
      if (state === undefined) continue
      if (recursive && state.isDirectory() && (hidden || !name.startsWith('.'))) pending.push(path)
      yield [path, state]
    }
  }
}

function typeOf(state: Stats): EntryType {
  if (state.isFile()) return 'file'
  if (state.isDirectory()) return 'directory'
  return state.isSymbolicLink() ? 'link' : 'other'
}
