// The images of plugins in an engine: which is there, whether it is still good, and making a new one. An image is looked for by what it was made
// from, never by a name alone, and never pulled.

import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {defined} from '../util/defined.ts'
import {packContext} from './build-context.ts'
import type {EngineImage, ImageEngine} from '../runtimes/image-engine.ts'
import {imageLabels} from './image-identity.ts'
import {readImageSource, type ImageSource, type ImageSourceOptions} from './image-source.ts'
import type {Plugin} from '../plugins/manifest.ts'
import {readBuild, type BuildEvent} from './read-build.ts'

export interface PluginImagesOptions extends ImageSourceOptions {
  /** Asked for when it is first needed. Rejects with DOCKER_UNAVAILABLE. */
  readonly openEngine: () => Promise<ImageEngine>
}

export interface PluginImage {
  /** `stale`: there is one, of other files than the plugin has now. */
  readonly state: 'absent' | 'current' | 'stale'
  /** `sha256:…`; of a stale one, the newest. */
  readonly imageId?: string
  /** The name a current image has, or would have. */
  readonly reference: string
}

/** The state of an image among others, and what keeps its plugin from having one. */
export interface ImageStanding {
  readonly state: PluginImage['state'] | 'unbuildable'
  readonly problems: readonly Diagnostic[]
}

export interface BuildOptions {
  readonly baseImage?: string | undefined
  /** A second name for the image. */
  readonly tag?: string | undefined
  readonly isCacheUsed?: boolean
  readonly isBasePulled?: boolean
  readonly signal?: AbortSignal
  readonly onEvent?: (event: BuildEvent) => void
  /** Told as soon as the plugin's files are read, also when nothing has to be built. */
  readonly onWarnings?: (warnings: readonly Diagnostic[]) => void
}

export interface BuiltImage {
  readonly plugin: string
  readonly version: string
  /** `unchanged`: there was a current one, and nothing was sent. */
  readonly result: 'built' | 'unchanged'
  /** `sha256:…` */
  readonly imageId: string
  readonly reference: string
  readonly digest: string
  readonly dockerfile: 'own' | 'generated'
  readonly warnings: readonly Diagnostic[]
}

/** Podman puts a registry before names that have none. */
const podmanRegistry = /^(?:localhost|docker\.io)\//

export class PluginImages {
  readonly #options: PluginImagesOptions
  #engine: Promise<ImageEngine> | undefined

  constructor(options: PluginImagesOptions) {
    this.#options = options
  }

  /** What the image of a plugin is made from, with its Dockerfile. Needs no engine. */
  async source(plugin: Plugin, baseImage?: string): Promise<ImageSource> {
    const source = await readImageSource(plugin, this.#options)
    if (baseImage === undefined) return source
    if (source.dockerfile.isOwn) {
      throw new WorkflowError('USAGE', `--base-image has no effect: plugin "${plugin.id}" has its own Dockerfile`, {
        hint: `change its FROM line, in ${plugin.dir}`,
      })
    }
    return source.withBase(baseImage)
  }

  /**
   * The state of one image. Throws what {@link readImageSource} throws, and DOCKER_UNAVAILABLE.
   * @param known what the image is made from, where that has been read already
   */
  async find(plugin: Plugin, known?: ImageSource): Promise<PluginImage> {
    return matchImage(known ?? (await this.source(plugin)), await this.#imagesOf(plugin))
  }

  /** The states of many, by id of the plugin. The files of a plugin without an image are not read. */
  async findAll(plugins: readonly Plugin[]): Promise<ReadonlyMap<string, ImageStanding>> {
    const images = await (await this.#open()).listImages({[imageLabels.plugin]: ''})
    const states = new Map<string, ImageStanding>()
    for (const plugin of plugins) {
      const own = images.filter(({labels}) => labels[imageLabels.plugin] === plugin.id)
      states.set(plugin.id, own.length === 0 ? {state: 'absent', problems: []} : await stateOf(this.source(plugin), own))
    }
    return states
  }

  /** Builds the image unless there is a current one. Throws BUILD_FAILED, INTERRUPTED and what {@link readImageSource} throws. */
  async build(plugin: Plugin, options: BuildOptions = {}): Promise<BuiltImage> {
    const {isCacheUsed = true, isBasePulled = false, tag} = options
    const source = await this.source(plugin, options.baseImage)
    options.onWarnings?.(source.warnings)
    const existing = await this.#imagesOf(plugin)
    const same = existing.find((image) => isImageOf(source, image))
    const isNamed = tag === undefined || same?.tags.includes(withTag(tag)) === true
    const result = same !== undefined && isNamed && isCacheUsed && !isBasePulled ? 'unchanged' : 'built'
    const imageId = same !== undefined && result === 'unchanged' ? same.id : await this.#build(source, options)
    await this.#removeOtherBases(source, existing)
    const {digest, reference, warnings, dockerfile} = source
    const common = {plugin: plugin.id, version: plugin.manifest.version, result, imageId, reference, digest} as const
    return {...common, dockerfile: dockerfile.isOwn ? 'own' : 'generated', warnings}
  }

  async #build(
    source: ImageSource,
    {baseImage, tag, isCacheUsed = true, isBasePulled = false, signal, onEvent}: BuildOptions,
  ): Promise<string> {
    const {plugin, dockerfile} = source
    const engine = await this.#open()
    const report = onEvent ?? (() => undefined)
    report({
      type: 'sending',
      files: source.entries.length + source.added.length,
      bytes: source.bytes + source.added.reduce((sum, {content}) => sum + content.length, 0),
    })
    const context = await packContext(plugin.dir, source.entries, source.added)
    // A context that breaks off ends the build; the engine would wait for the rest.
    const broken = new AbortController()
    context.once('error', (error) => {
      broken.abort(error)
    })
    const labels = {
      [imageLabels.plugin]: plugin.id,
      [imageLabels.digest]: source.digest,
      [imageLabels.sources]: source.sources,
      ...(baseImage !== undefined && {[imageLabels.base]: baseImage}),
    }
    const messages = engine.build(context, {
      tags: [source.reference, ...(tag === undefined ? [] : [withTag(tag)])],
      dockerfile: dockerfile.path,
      labels,
      isCacheUsed,
      isBasePulled,
      signal: signal === undefined ? broken.signal : AbortSignal.any([signal, broken.signal]),
    })
    let imageId: string
    try {
      imageId = await readBuild(messages, report, {
        pluginId: plugin.id,
        isOwnDockerfile: dockerfile.isOwn,
        labels: Object.keys(labels).length,
      })
    } catch (error) {
      throw explain(broken.signal.aborted ? broken.signal.reason : error, plugin, signal)
    } finally {
      context.destroy()
    }
    await this.#refuseChanged(source, baseImage)
    return imageId
  }

  /** A file that changed while it was sent is in the image in one of its states, and nobody knows in which. */
  async #refuseChanged(source: ImageSource, baseImage: string | undefined): Promise<void> {
    const {plugin, digest, reference} = source
    const now = await this.source(plugin, baseImage)
    if (now.digest === digest) return
    await (await this.#open()).removeImage(reference)
    throw new WorkflowError('BUILD_FAILED', `The files of plugin "${plugin.id}" changed while its image was built.`, {
      hint: `workflow plugin build ${plugin.id}`,
    })
  }

  /** Of two images of the same files the one that was asked for last counts. */
  async #removeOtherBases({sources, digest}: ImageSource, existing: readonly EngineImage[]): Promise<void> {
    const engine = await this.#open()
    const others = existing.filter(({labels}) => labels[imageLabels.sources] === sources && labels[imageLabels.digest] !== digest)
    for (const tag of others.flatMap(({tags}) => tags.filter((name) => name.startsWith('autokestra/')))) await engine.removeImage(tag)
  }

  async #imagesOf(plugin: Plugin): Promise<readonly EngineImage[]> {
    return await (await this.#open()).listImages({[imageLabels.plugin]: plugin.id})
  }

  #open(): Promise<ImageEngine> {
    this.#engine ??= this.#options.openEngine()
    return this.#engine
  }
}

/**
 * Labels alone say nothing: a Dockerfile can give those of another plugin to a stage of its build, or to a base image. Names it cannot give, and
 * the last step of a build puts the true labels on what has one.
 */
function isImageOf({digest, reference}: ImageSource, {labels, tags}: EngineImage): boolean {
  return labels[imageLabels.digest] === digest && tags.some((tag) => tag.replace(podmanRegistry, '') === reference)
}

/** An image made with a base of its own is compared with what would be made with that base. */
function matchImage(source: ImageSource, images: readonly EngineImage[]): PluginImage {
  const newestFirst = [...images].sort((a, b) => b.createdAt - a.createdAt)
  for (const image of newestFirst) {
    const base = image.labels[imageLabels.base]
    const wanted = base === undefined ? source : source.withBase(base)
    if (isImageOf(wanted, image)) return {state: 'current', imageId: image.id, reference: wanted.reference}
  }
  const [newest] = newestFirst
  return newest === undefined
    ? {state: 'absent', reference: source.reference}
    : {state: 'stale', imageId: newest.id, reference: source.reference}
}

async function stateOf(reading: Promise<ImageSource>, images: readonly EngineImage[]): Promise<ImageStanding> {
  try {
    return {state: matchImage(await reading, images).state, problems: []}
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    return {state: 'unbuildable', problems: unbuildable(error)}
  }
}

/** As warnings: a command that only looks goes on. */
export function unbuildable({message, hint, diagnostics}: WorkflowError): Diagnostic[] {
  const finding: Diagnostic = {severity: 'warning', code: 'unbuildable', message, ...defined({hint})}
  return [finding, ...diagnostics.map((reason): Diagnostic => ({...reason, severity: 'warning'}))]
}

/** `name` means `name:latest`. */
function withTag(name: string): string {
  return /:[^/:]+$/.test(name) ? name : `${name}:latest`
}

function explain(error: unknown, plugin: Plugin, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) {
    const isInterrupt = signal.reason === 'interrupted'
    return new WorkflowError(isInterrupt ? 'INTERRUPTED' : 'TERMINATED', `The build of plugin "${plugin.id}" was stopped.`)
  }
  if (error instanceof WorkflowError || !(error instanceof Error)) return error
  return new WorkflowError('BUILD_FAILED', `The image of plugin "${plugin.id}" could not be built: ${error.message}`, {cause: error})
}
