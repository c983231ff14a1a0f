// From what a task's `type` names to the plugin and action on disk. Looks at the disk when asked, and remembers for its own life.

import {dirname} from 'node:path'
import type {SchemaCompiler} from '../documents/json-schema.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import type {ErrorCode} from '../errors/error-codes.ts'
import {defined} from '../util/defined.ts'
import {nearest} from '../util/nearest.ts'
import {discover, findInPath} from './discover.ts'
import {findPluginDirs, type PluginDirListing} from './find-plugin-dirs.ts'
import type {LoadContext} from './load-plugin.ts'
import {ManifestCache} from './manifest-cache.ts'
import type {ActionDef, Plugin} from './manifest.ts'
import type {PluginEntry, PluginPath} from './plugin-entry.ts'
import {describeShadowing, bundledNamespace, settleShadowing, type ShadowingRules} from './shadowing.ts'

export interface PluginManagerOptions {
  /** In order: the first path that has a plugin wins. */
  readonly paths: readonly PluginPath[]
  /** Holds parsed manifests and built entry points. It need not exist. */
  readonly cacheDir: string
  /** Checks manifests and the schemas of actions. */
  readonly schemas: SchemaCompiler
  /** Version of this program: what another version put into the cache is not used. */
  readonly programVersion: string
  /** Default: a project replaces no plugin of the program. */
  readonly shadowing?: ShadowingRules
  /** Where the sources of the bundled plugins are in a clone: they are those plugins, and shadow none. */
  readonly bundledSources?: string
  /** Import name -> absolute file of the SDK's modules, for TypeScript entry points. Default: none; the plugin's host resolves them. */
  readonly sdkModules?: Readonly<Record<string, string>>
}

/** Why a type names no action. */
export interface ResolveFailure {
  readonly code: 'invalid-type' | 'unknown-plugin' | 'invalid-plugin' | 'unknown-action'
  /** Of the error, when nothing else is wrong. */
  readonly errorCode: ErrorCode
  readonly message: string
  readonly hint?: string
  /** What is wrong with the plugin's own files. */
  readonly diagnostics: readonly Diagnostic[]
}

export type Resolution =
  | {
      readonly ok: true
      readonly plugin: Plugin
      readonly action: ActionDef
      /** Something to know about it. */ readonly notice?: Omit<Diagnostic, 'severity'>
    }
  | {readonly ok: false; readonly failure: ResolveFailure}

const typePattern = /^([^/.\s]+)\/([^/.\s]+)\.([^/.\s]+)$/

/** Finds plugins and makes them ready. One object sees one state of the disk: what it found stays as it was found. */
export class PluginManager {
  readonly #options: PluginManagerOptions
  readonly #context: LoadContext
  readonly #listings = new Map<string, PluginDirListing>()
  readonly #found = new Map<string, Promise<PluginEntry | undefined>>()
  readonly #prepared = new Map<string, Promise<string>>()
  #discovered: ReturnType<typeof discover> | undefined

  constructor(options: PluginManagerOptions) {
    this.#options = options
    this.#context = {cache: new ManifestCache(options), schemas: options.schemas}
  }

  /** Resolves `namespace/plugin.action`. A type that names nothing usable is a failure with a suggestion, not an exception. */
  async resolve(type: string): Promise<Resolution> {
    const [, namespace, name, actionName] = typePattern.exec(type) ?? []
    if (namespace === undefined || name === undefined || actionName === undefined) return await this.#explainInvalidType(type)
    const id = `${namespace}/${name}`
    const entry = await this.#find(id)
    if (!entry) return await this.#explainUnknownPlugin(type, id)
    if (!entry.plugin || entry.state === 'broken') return explainBrokenPlugin(entry)
    const {plugin} = entry
    const action = plugin.manifest.actions.find((candidate) => candidate.name === actionName)
    if (!action) return explainUnknownAction(plugin, actionName)
    const notice = describeShadowing(entry)
    return {ok: true, plugin, action, ...defined({notice})}
  }

  /** All plugins of all paths in order, also those that are shadowed or broken. */
  async list(): Promise<readonly PluginEntry[]> {
    return (await this.#discoverAll()).entries
  }

  /** Directories that could not be looked into. */
  async listDiagnostics(): Promise<readonly Diagnostic[]> {
    return (await this.#discoverAll()).diagnostics
  }

  /**
   * Absolute path of the module a host loads for a plugin with `main`; TypeScript is bundled into the cache first. Undefined for a plugin
   * without `main`. Throws WorkflowError PLUGIN_INVALID with positions when it cannot be built.
   */
  async prepare(plugin: Plugin): Promise<string | undefined> {
    const {main} = plugin.manifest
    if (main === undefined) return undefined
    let prepared = this.#prepared.get(plugin.dir)
    if (!prepared) {
      const {cacheDir, programVersion, sdkModules = {}} = this.#options
      prepared = import('./prepare-entry.ts').then(({prepareEntry}) =>
        prepareEntry({dir: plugin.dir, main, id: plugin.id, cacheDir, programVersion, sdkModules}),
      )
      this.#prepared.set(plugin.dir, prepared)
    }
    return await prepared
  }

  /** Of the content of a plugin; undefined for one that comes with the program, whose version says what it is. */
  async digest({dir, foundIn, id}: Plugin): Promise<string | undefined> {
    if (this.#areSources(foundIn, id) || this.#options.paths.find(({path}) => path === foundIn)?.origin === 'bundled') return undefined
    const {contentDigest} = await import('./content-digest.ts')
    return contentDigest(dir)
  }

  #find(id: string): Promise<PluginEntry | undefined> {
    let found = this.#found.get(id)
    if (!found) {
      found = this.#search(id)
      this.#found.set(id, found)
    }
    return found
  }

  /** A later path is looked at only when no earlier one has the plugin; a broken one is not passed over for a plugin of the same name. */
  async #search(id: string): Promise<PluginEntry | undefined> {
    const paths = this.#options.paths.filter((from) => !this.#areSources(from.path, id))
    for (const [index, from] of paths.entries()) {
      const [first] = await findInPath(from, this.#listing(from), id, this.#context)
      if (!first) continue
      const later: PluginEntry[] = []
      for (const other of paths.slice(index + 1)) later.push(...(await findInPath(other, this.#listing(other), id, this.#context)))
      await this.#context.cache.save()
      return settleShadowing(first, later, this.#shadowing)
    }
    return undefined
  }

  #areSources(dir: string, id: string): boolean {
    return dir === this.#options.bundledSources && id.startsWith(bundledNamespace)
  }

  get #shadowing(): ShadowingRules {
    return this.#options.shadowing ?? {allowed: [], configFile: 'config.yaml'}
  }

  #listing(from: PluginPath): PluginDirListing {
    let listing = this.#listings.get(from.path)
    if (!listing) {
      listing = findPluginDirs(from.path)
      this.#listings.set(from.path, listing)
    }
    return listing
  }

  #discoverAll(): ReturnType<typeof discover> {
    this.#discovered ??= discover(this.#options.paths, this.#context).then(async ({entries: all, diagnostics}) => {
      await this.#context.cache.save()
      const entries = all.filter(({dir, id}) => !this.#areSources(dirname(dir), id))
      const first = new Set<string>()
      const settled = entries.map((entry) => {
        const isFirst = !first.has(entry.id)
        first.add(entry.id)
        return isFirst ? settleShadowing(entry, entries, this.#shadowing) : entry
      })
      return {entries: settled, diagnostics}
    })
    return this.#discovered
  }

  async #explainInvalidType(type: string): Promise<Resolution> {
    const types = await this.#listTypes()
    // `shell` and `shell.run` are what people write who know the plugin.
    const suggestion = types.find((known) => known.endsWith(`/${type}`) || known.includes(`/${type}.`)) ?? nearest(type, types)
    return fail(
      'invalid-type',
      'WORKFLOW_INVALID',
      `"${type}" is not a valid task type: the form is namespace/plugin.action`,
      didYouMean(suggestion),
    )
  }

  async #explainUnknownPlugin(type: string, id: string): Promise<Resolution> {
    const entries = await this.list()
    const ids = entries.map((entry) => entry.id)
    const suggestedId = nearest(id, ids)
    const suggestion = nearest(type, await this.#listTypes()) ?? suggestedId
    const searched = this.#options.paths.map((from) => from.path).join(', ') || 'no directory'
    const unreadable = entries.filter((entry) => entry.state === 'broken' && !entry.plugin).flatMap((entry) => entry.diagnostics)
    return fail(
      'unknown-plugin',
      'PLUGIN_NOT_FOUND',
      `there is no plugin "${id}" (searched: ${searched})`,
      didYouMean(suggestion),
      unreadable,
    )
  }

  async #listTypes(): Promise<string[]> {
    const usable = (await this.list()).filter((entry) => entry.state === 'ok')
    return usable.flatMap(({plugin}) => plugin?.manifest.actions.map((action) => `${plugin.id}.${action.name}`) ?? [])
  }
}

function explainBrokenPlugin(entry: PluginEntry): Resolution {
  const errors = entry.diagnostics.filter((diagnostic) => diagnostic.severity === 'error')
  const first = errors[0]?.message ?? 'its manifest is invalid'
  const more = errors.length > 1 ? ` (and ${String(errors.length - 1)} more)` : ''
  return fail(
    'invalid-plugin',
    'PLUGIN_INVALID',
    `plugin "${entry.id}" in ${entry.dir} cannot be used: ${first}${more}`,
    errors[0]?.hint,
    entry.diagnostics,
  )
}

function explainUnknownAction(plugin: Plugin, actionName: string): Resolution {
  const names = plugin.manifest.actions.map((action) => action.name)
  const suggestion = nearest(actionName, names)
  const message = `plugin "${plugin.id}" has no action "${actionName}"; it has: ${names.join(', ')}`
  return fail('unknown-action', 'PLUGIN_NOT_FOUND', message, didYouMean(suggestion && `${plugin.id}.${suggestion}`))
}

function didYouMean(suggestion: string | undefined): string | undefined {
  return suggestion === undefined ? undefined : `did you mean "${suggestion}"?`
}

function fail(
  code: ResolveFailure['code'],
  errorCode: ErrorCode,
  message: string,
  hint?: string,
  diagnostics: readonly Diagnostic[] = [],
): Resolution {
  return {ok: false, failure: {code, errorCode, message, diagnostics, ...defined({hint})}}
}
