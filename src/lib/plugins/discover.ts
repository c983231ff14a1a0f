// All plugins of all plugin paths, and which of them win.

import path from 'node:path'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {findPluginDirs, type PluginDirListing} from './find-plugin-dirs.ts'
import {loadPlugin, mayDeclare, type LoadContext, type LoadedPlugin} from './load-plugin.ts'
import type {Plugin} from './manifest.ts'
import type {PluginEntry, PluginPath} from './plugin-entry.ts'

/** Every plugin of every path in order, with its state. What is new is left in the cache; saving is up to the caller. */
export async function discover(
  paths: readonly PluginPath[],
  context: LoadContext,
): Promise<{readonly entries: readonly PluginEntry[]; readonly diagnostics: readonly Diagnostic[]}> {
  const entries: PluginEntry[] = []
  const diagnostics: Diagnostic[] = []
  const winners = new Map<string, string>()
  const seen = new Set<string>()
  for (const from of paths) {
    const listing = findPluginDirs(from.path)
    diagnostics.push(...listing.diagnostics)
    context.cache.prune(from.path, new Set(listing.dirs.map((place) => place.manifestFile)))
    const loaded: LoadedPlugin[] = []
    for (const place of listing.dirs) {
      // One directory reached by two paths is one plugin, and does not shadow itself.
      if (seen.has(place.dir)) continue
      seen.add(place.dir)
      loaded.push(await loadPlugin(place, from.origin, context))
    }
    entries.push(...rank(loaded, from, winners))
  }
  return {entries, diagnostics}
}

/** The plugins of one path that declare `id`, parsing no more manifests than that takes. `listing` is what stands in the path. */
export async function findInPath(
  from: PluginPath,
  listing: PluginDirListing,
  id: string,
  context: LoadContext,
): Promise<readonly PluginEntry[]> {
  const loaded: LoadedPlugin[] = []
  for (const place of listing.dirs) {
    if (!mayDeclare(place, id, context.cache)) continue
    const plugin = await loadPlugin(place, from.origin, context)
    if (plugin.id === id) loaded.push(plugin)
  }
  return rank(loaded, from, new Map())
}

/** Decides between plugins of one id. `winners` (id -> directory) holds those of the paths before, and gets those of this one. */
function rank(loaded: readonly LoadedPlugin[], from: PluginPath, winners: Map<string, string>): PluginEntry[] {
  const sameId = new Map<string, LoadedPlugin[]>()
  for (const plugin of loaded) {
    if (plugin.id !== undefined) sameId.set(plugin.id, [...(sameId.get(plugin.id) ?? []), plugin])
  }
  const before = new Map(winners)
  return loaded.map((plugin): PluginEntry => {
    const {dir} = plugin.place
    const rivals = plugin.id === undefined ? [] : (sameId.get(plugin.id) ?? [])
    const diagnostics = rivals.length > 1 ? [...plugin.diagnostics, duplicate(plugin, rivals)] : plugin.diagnostics
    const common = {
      id: plugin.id ?? (path.relative(from.path, plugin.place.listedAs) || path.basename(dir)),
      dir,
      foundIn: from.path,
      origin: from.origin,
      diagnostics,
      ...(plugin.id !== undefined &&
        plugin.manifest && {plugin: {id: plugin.id, manifest: plugin.manifest, dir, foundIn: from.path} satisfies Plugin}),
    }
    if (plugin.id !== undefined && !winners.has(plugin.id)) winners.set(plugin.id, dir)
    if (plugin.isBroken || rivals.length > 1) return {...common, state: 'broken'}
    const shadowedBy = plugin.id === undefined ? undefined : before.get(plugin.id)
    return shadowedBy === undefined ? {...common, state: 'ok'} : {...common, state: 'shadowed', shadowedBy}
  })
}

/** Neither of two plugins of one id in one path is first, so neither is used. */
function duplicate(plugin: LoadedPlugin, rivals: readonly LoadedPlugin[]): Diagnostic {
  const list = rivals.map((rival) => `${rival.place.listedAs} (version ${rival.manifest?.version ?? 'unknown'})`).join(' and ')
  return {
    severity: 'error',
    code: 'duplicate-plugin',
    message: `two plugins in the same plugin path are called "${String(plugin.id)}": ${list}`,
    file: plugin.place.manifestFile,
    hint: 'Remove one of them, or give it another name or namespace.',
  }
}
