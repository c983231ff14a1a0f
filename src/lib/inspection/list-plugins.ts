// All plugins side by side: which are usable, which have an image, and which ask for more than they should.

import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {warnAboutManifest} from './inspect.ts'
import type {Plugin} from '../plugins/manifest.ts'
import type {PluginEntry} from '../plugins/plugin-entry.ts'
import type {ImageStanding, PluginImages} from '../images/plugin-images.ts'
import type {PluginManager} from '../plugins/plugin-manager.ts'

export interface ListedPlugin {
  readonly entry: PluginEntry
  /** Of a usable plugin that needs one; absent when there is no engine to ask. */
  readonly image?: ImageStanding['state']
  readonly warnings: readonly Diagnostic[]
}

export interface PluginListing {
  readonly plugins: readonly ListedPlugin[]
  /** What is wrong with directories and with the plugins in them. */
  readonly diagnostics: readonly Diagnostic[]
}

export async function listPlugins(manager: PluginManager, images: PluginImages): Promise<PluginListing> {
  const entries = await manager.list()
  const states = await askEngine(
    images,
    entries.flatMap(({state, plugin}) =>
      state === 'ok' && plugin !== undefined && plugin.manifest.protocol !== 'builtin' ? [plugin] : [],
    ),
  )
  const plugins = entries.map((entry): ListedPlugin => {
    const image = entry.state === 'ok' ? states.get(entry.id) : undefined
    const warnings = [...(entry.plugin === undefined ? [] : warnAboutManifest(entry.plugin)), ...(image?.problems ?? [])]
    return {entry, ...(image !== undefined && {image: image.state}), warnings}
  })
  return {plugins, diagnostics: [...(await manager.listDiagnostics()), ...entries.flatMap(({diagnostics}) => diagnostics)]}
}

/** Without an engine there is nothing to say about images, and a list is still a list. */
async function askEngine(images: PluginImages, plugins: readonly Plugin[]): Promise<ReadonlyMap<string, ImageStanding>> {
  try {
    return await images.findAll(plugins)
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    return new Map()
  }
}
