// What the commands about plugins ask for: lists, inspections, images, new plugins.

import {join} from 'node:path'
import {readDocument} from '../documents/read-document.ts'
import {readWorkflowGrants} from '../inspection/compare-grants.ts'
import {findPlugin} from '../plugins/find-plugin.ts'
import {inspectPlugin, type PluginInspection} from '../inspection/inspect.ts'
import {linkSdk} from '../plugins/link-sdk.ts'
import {listPlugins, type PluginListing} from '../inspection/list-plugins.ts'
import type {Plugin} from '../plugins/manifest.ts'
import type {BuildOptions, BuiltImage} from '../images/plugin-images.ts'
import {scaffoldPlugin, type PluginLanguage, type ScaffoldedPlugin} from '../plugins/scaffold.ts'
import {requireDirectory} from '../files/current-directory.ts'
import {defined} from '../util/defined.ts'
import type {Project} from './project.ts'

export interface PluginCommandsOptions {
  /** Whose plugins. */
  readonly project: Project
  /** Absolute; undefined when the current directory was removed. */
  readonly cwd: string | undefined
  /** The SDK that comes with the program, built. */
  readonly sdkDir: string
}

export class PluginCommands {
  readonly #options: PluginCommandsOptions

  constructor(options: PluginCommandsOptions) {
    this.#options = options
  }

  /** The plugins of all paths, usable or not, with what is known of their images. */
  async list(): Promise<PluginListing> {
    const {project} = this.#options
    const {plugins, diagnostics} = await listPlugins(project.plugins, await project.images())
    return {plugins, diagnostics: [...project.config.warnings, ...diagnostics]}
  }

  /** Of the usable ones. No image is looked for. */
  async names(): Promise<string[]> {
    return (await this.#options.project.plugins.list()).flatMap(({id, state}) => (state === 'ok' ? [id] : []))
  }

  /** @param workflowFile compared with what the plugin asks for */
  async inspect(name: string, workflowFile?: string): Promise<PluginInspection> {
    const {project, cwd} = this.#options
    const found = findPlugin(await project.plugins.list(), name)
    const images = await project.images()
    if (workflowFile === undefined) return await inspectPlugin(found, images)
    const document = await readDocument(workflowFile, {what: 'workflow file', ...defined({cwd})})
    return await inspectPlugin(found, images, readWorkflowGrants(document))
  }

  /** Builds the image of a plugin, unless there is one of the same files. */
  async build(name: string, options: BuildOptions): Promise<BuiltImage> {
    const images = await this.#options.project.images()
    return await images.build(await this.#find(name), options)
  }

  /** The Dockerfile an image of the plugin is built by. */
  async dockerfile(name: string, baseImage?: string): Promise<{readonly isOwn: boolean; readonly text: string}> {
    const images = await this.#options.project.images()
    return (await images.source(await this.#find(name), baseImage)).dockerfile
  }

  /** Starts a plugin in the first plugin directory of the project. One that uses the SDK gets a link to it there. */
  async init(name: string, language: PluginLanguage): Promise<ScaffoldedPlugin> {
    const plugin = await scaffoldPlugin(this.#pluginsDir(), name, language)
    if (language === 'ts' || language === 'js') this.linkSdk()
    return plugin
  }

  /** Links the SDK for the plugins of the project; returns the link, or undefined when an SDK is installed there. */
  linkSdk(): string | undefined {
    return linkSdk(this.#pluginsDir(), this.#options.sdkDir)
  }

  #pluginsDir(): string {
    const {
      project: {
        config: {pluginPaths, projectDir},
      },
      cwd,
    } = this.#options
    const own = pluginPaths.find(({origin}) => origin === 'project')
    if (own === undefined) requireDirectory(cwd)
    return own?.path ?? join(projectDir, 'plugins')
  }

  async #find(name: string): Promise<Plugin> {
    return findPlugin(await this.#options.project.plugins.list(), name).plugin
  }
}
