// Which autokestra.yaml applies: the nearest one, from a directory upwards.

import {statSync, type Stats} from 'node:fs'
import path from 'node:path'
import type {Diagnostic} from '../errors/diagnostic.ts'

export const projectFileName = 'autokestra.yaml'

export interface ProjectFile {
  /** Absolute; undefined when there is none. */
  readonly file: string | undefined
  readonly warnings: readonly Diagnostic[]
}

/**
 * A file above `start` counts only when it belongs to root, to the current user, or to the owner of `start`: in a shared directory such as
 * /tmp another user could place one, and with it plugins. git refuses repositories of others for the same reason (CVE-2022-24765).
 */
export function findProjectFile(start: string): ProjectFile {
  const owners = new Set([0, process.getuid?.(), statSync(start, {throwIfNoEntry: false})?.uid])
  for (let directory = start; ; directory = path.dirname(directory)) {
    const file = path.join(directory, projectFileName)
    const stats = statIfReachable(file)
    if (stats) {
      if (directory === start || owners.has(stats.uid)) return {file, warnings: []}
      return {file: undefined, warnings: [foreignFile(file)]}
    }
    if (path.dirname(directory) === directory) return {file: undefined, warnings: []}
  }
}

function statIfReachable(file: string): Stats | undefined {
  try {
    return statSync(file, {throwIfNoEntry: false})
  } catch {
    // A directory above that may not be entered holds no configuration for this user.
    return undefined
  }
}

function foreignFile(file: string): Diagnostic {
  return {
    severity: 'warning',
    code: 'foreign-config',
    message: `${file} is not used: it belongs to another user`,
    file,
    hint: 'Copy it beside the workflow file if you trust it.',
  }
}
