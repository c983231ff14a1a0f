// Everything there is to know about one plugin before it is trusted with anything: what it offers, what it asks for, and what to watch out for.

import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {defined} from '../util/defined.ts'
import {compareGrants, type WorkflowUse, type WorkflowGrants} from './compare-grants.ts'
import type {FoundPlugin} from '../plugins/find-plugin.ts'
import {warnAboutGrants} from '../advice/grant-warnings.ts'
import type {ImageSource} from '../images/image-source.ts'
import type {ActionDef, Plugin, PluginManifest, RecommendedPermissions} from '../plugins/manifest.ts'
import type {PluginEntry} from '../plugins/plugin-entry.ts'
import {unbuildable, type PluginImages} from '../images/plugin-images.ts'
import {listFields, type SchemaField} from './schema-fields.ts'
import {describeShadowing} from '../plugins/shadowing.ts'

export interface ActionInspection {
  readonly name: string
  readonly description?: string
  readonly timeoutMs?: number
  readonly idempotent: ActionDef['idempotent']
  readonly inputs: readonly SchemaField[]
  readonly output: readonly SchemaField[]
}

export interface ImageInspection {
  /**
   * `none`: the plugin starts no program, so it needs no image. `unknown`: there is no engine to ask. `unbuildable`: the plugin's files cannot become
   * an image; the warnings say why.
   */
  readonly state: 'none' | 'absent' | 'current' | 'stale' | 'unknown' | 'unbuildable'
  readonly imageId?: string
  readonly reference?: string
  readonly dockerfile?: 'own' | 'generated'
  /** Why it is not known. */
  readonly reason?: string
}

export interface PluginInspection {
  readonly id: string
  readonly version: string
  readonly description?: string
  readonly author?: string
  readonly license?: string
  readonly origin: PluginEntry['origin']
  readonly dir: string
  readonly protocol: PluginManifest['protocol']
  readonly worker: PluginManifest['worker']
  readonly main?: string
  readonly command?: readonly string[]
  readonly actions: readonly ActionInspection[]
  readonly capabilities: readonly string[]
  /** What the plugin recommends to grant. */
  readonly permissions: RecommendedPermissions
  readonly image: ImageInspection
  readonly workflow?: WorkflowUse
  readonly warnings: readonly Diagnostic[]
}

/** @param grants of the workflow to compare with */
export async function inspectPlugin(
  {plugin, entry}: FoundPlugin,
  images: PluginImages,
  grants?: WorkflowGrants,
): Promise<PluginInspection> {
  const {manifest} = plugin
  const {description, author, license, main, command} = manifest
  const {image, warnings} = await inspectImage(plugin, images)
  const workflow = grants === undefined ? undefined : compareGrants(plugin, grants)
  return {
    id: plugin.id,
    version: manifest.version,
    ...defined({description, author, license}),
    origin: entry.origin,
    dir: plugin.dir,
    protocol: manifest.protocol,
    worker: manifest.worker,
    ...defined({main, command}),
    actions: manifest.actions.map(inspectAction),
    capabilities: manifest.capabilities,
    permissions: manifest.permissions,
    image,
    ...defined({workflow}),
    warnings: [
      ...entry.diagnostics,
      ...warnAboutShadowing(entry),
      ...warnAboutManifest(plugin),
      ...(workflow?.warnings ?? []),
      ...warnings,
    ],
  }
}

function warnAboutShadowing(entry: PluginEntry): Diagnostic[] {
  const notice = describeShadowing(entry)
  return notice === undefined ? [] : [{severity: 'warning', ...notice}]
}

/** Warnings that follow from the manifest alone. */
export function warnAboutManifest({manifest, dir}: Plugin): Diagnostic[] {
  const {capabilities, permissions} = manifest
  const file = `${dir}/plugin.yaml`
  const found = warnAboutGrants(permissions).map((finding): Diagnostic => ({severity: 'warning', file, ...finding}))
  const recommends = {
    network: (permissions.network ?? []).length > 0,
    filesystem: [...(permissions.filesystem?.read ?? []), ...(permissions.filesystem?.write ?? [])].length > 0,
  }
  for (const name of ['network', 'filesystem'] as const) {
    if (recommends[name] === capabilities.includes(name)) continue
    const message = recommends[name]
      ? `the plugin recommends ${name} permissions, but does not name ${name} among its capabilities`
      : `the plugin names the capability ${name}, but recommends no ${name} permissions: what it needs is not known`
    const hint = recommends[name]
      ? `add ${name} to capabilities`
      : `add permissions.${name} to its manifest, or find out before you grant anything`
    found.push({severity: 'warning', code: 'capability-mismatch', message, file, hint})
  }
  return found
}

function inspectAction({name, description, timeoutMs, idempotent, input, output}: ActionDef): ActionInspection {
  return {
    name,
    ...defined({description, timeoutMs}),
    idempotent,
    inputs: listFields(input),
    output: listFields(output),
  }
}

async function inspectImage(plugin: Plugin, images: PluginImages): Promise<{image: ImageInspection; warnings: readonly Diagnostic[]}> {
  if (plugin.manifest.protocol === 'builtin') return {image: {state: 'none'}, warnings: []}
  let source: ImageSource
  try {
    source = await images.source(plugin)
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    return {image: {state: 'unbuildable', reason: error.message}, warnings: unbuildable(error)}
  }
  const {warnings, reference} = source
  const facts = {dockerfile: source.dockerfile.isOwn ? 'own' : 'generated', reference} as const
  try {
    return {image: {...facts, ...(await images.find(plugin, source))}, warnings}
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    return {image: {...facts, state: 'unknown', reason: error.message}, warnings}
  }
}
