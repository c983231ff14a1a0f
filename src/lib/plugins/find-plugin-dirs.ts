// Which directories of a plugin path hold a plugin.yaml. Looks at names and file kinds only; opens no file.

import {readdirSync, realpathSync, statSync, type Dirent, type Stats} from 'node:fs'
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
  /** Of the plugin.yaml, links followed. */
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
  const dirs = new Map<string, PluginDir>()
  const diagnostics: Diagnostic[] = []
  const visited = new Set<string>()
  /** A link may lead back to a directory that is being looked through. */
  const isVisited = (directory: string): boolean => {
    const real = statSync(directory, {throwIfNoEntry: false})?.isDirectory() ? realpathSync.native(directory) : directory
    if (visited.has(real)) return true
    visited.add(real)
    return false
  }
  const visit = (listedAs: string, levelsBelow: number): void => {
    try {
      const manifestFile = path.join(listedAs, manifestFileName)
      const stats = statSync(manifestFile, {throwIfNoEntry: false})
      if (stats) {
        const dir = realpathSync.native(listedAs)
        if (!dirs.has(dir)) dirs.set(dir, {dir, listedAs, manifestFile: path.join(dir, manifestFileName), stats})
        return
      }
      if (levelsBelow === 0 || isVisited(listedAs)) return
      for (const name of subdirectories(listedAs)) visit(path.join(listedAs, name), levelsBelow - 1)
    } catch (error) {
      diagnostics.push(unreadable(listedAs, error))
    }
  }
  visit(root, 2)
  return {dirs: [...dirs.values()], diagnostics}
}

function subdirectories(directory: string): string[] {
  let entries: Dirent[]
  try {
    entries = readdirSync(directory, {withFileTypes: true})
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return []
    throw error
  }
  const names = entries.filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.') && entry.name !== 'node_modules')
  return names.map((entry) => entry.name).sort()
}

function unreadable(directory: string, error: unknown): Diagnostic {
  const reason = isCode(error, 'ELOOP') ? 'its links lead in a circle' : isCode(error, 'EACCES') ? 'permission denied' : String(error)
  return {severity: 'warning', code: 'directory-unreadable', message: `cannot look into ${directory}: ${reason}`, file: directory}
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
