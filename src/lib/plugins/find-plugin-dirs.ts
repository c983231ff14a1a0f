// Which directories of a plugin path hold a plugin.yaml. Looks at names and file kinds only; opens no file.

import {lstatSync, readdirSync, realpathSync, type Dirent, type Stats} from 'node:fs'
import path from 'node:path'
import type {Diagnostic} from '../errors/diagnostic.ts'

export const manifestFileName = 'plugin.yaml'

/** A directory that holds a plugin.yaml. */
export interface PluginDir {
  /** Real path. */
  readonly dir: string
  /** Path as found, before links were followed. */
  readonly listedAs: string
  /** `<dir>/plugin.yaml`; for messages and as the key of the cache. */
  readonly manifestFile: string
  /** Of the plugin.yaml, links not followed. */
  readonly stats: Stats
}

export interface PluginDirListing {
  /** Sorted by name, so that every machine sees the same order. */
  readonly dirs: readonly PluginDir[]
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * The plugins of one plugin path: the path itself when it holds a plugin.yaml; else its directories that do; else, one level deeper, the
 * directories of those that do not (`namespace/name/plugin.yaml`). Names that start with a dot, and node_modules, are not looked into.
 * A link to a directory counts by where it leads; two names of one directory count once. A path that does not exist holds nothing.
 */
export function findPluginDirs(root: string): PluginDirListing {
  const dirs: PluginDir[] = []
  const diagnostics: Diagnostic[] = []
  // A link may lead to a directory that was looked into, or is being looked into.
  const visited = new Set<string>()

  /** `isLink`: whether the last name of `listedAs` may be one. Everything before it stands at the real path `parent`. */
  const visit = (listedAs: string, parent: string, isLink: boolean, levelsBelow: number): void => {
    try {
      const dir = isLink ? realpathSync.native(listedAs) : path.join(parent, path.basename(listedAs))
      if (visited.has(dir)) return
      visited.add(dir)
      const manifestFile = path.join(dir, manifestFileName)
      const stats = lstatSync(manifestFile, {throwIfNoEntry: false})
      if (stats) dirs.push({dir, listedAs, manifestFile, stats})
      else if (levelsBelow > 0) {
        for (const entry of subdirectories(dir)) visit(path.join(listedAs, entry.name), dir, entry.isSymbolicLink(), levelsBelow - 1)
      }
    } catch (error) {
      if (!isCode(error, 'ENOENT') && !isCode(error, 'ENOTDIR')) diagnostics.push(unreadable(listedAs, error))
    }
  }
  visit(root, '', true, 2)
  return {dirs, diagnostics}
}

function subdirectories(directory: string): Dirent[] {
  const entries = readdirSync(directory, {withFileTypes: true})
  const found = entries.filter(
    (entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.') && entry.name !== 'node_modules',
  )
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function unreadable(directory: string, error: unknown): Diagnostic {
  const reason = isCode(error, 'ELOOP') ? 'its links form a loop' : isCode(error, 'EACCES') ? 'permission denied' : String(error)
  return {severity: 'warning', code: 'directory-unreadable', message: `cannot read the directory ${directory}: ${reason}`, file: directory}
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
