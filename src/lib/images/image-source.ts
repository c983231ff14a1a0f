// Everything the image of a plugin is made from, read and named by its digest, before an engine is asked for anything.

import {readFileSync, readdirSync} from 'node:fs'
import path from 'node:path'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {listContext, readIgnoreRules, type ContextEntry} from './context-files.ts'
import {defaultBase, generateDockerfile} from './dockerfile.ts'
import {isTypeScript} from '../plugins/entry-point.ts'
import {digestImage, digestSources, imageReference, type AddedFile} from './image-identity.ts'
import {addedDir, builtMain, pluginRoot, sdkRoot} from './image-layout.ts'
import type {Plugin} from '../plugins/manifest.ts'
import {findMisnamedDockerfile, findOwnDockerfile} from './own-dockerfile.ts'
import {planPackages} from './packages.ts'
import {prepareEntry} from '../plugins/prepare-entry.ts'

export interface ImageSourceOptions {
  /** Directory of the built SDK: the host program and the modules that plugins import. */
  readonly sdkDir: string
  readonly cacheDir: string
  readonly programVersion: string
  /** What generated Dockerfiles start from. Default: by the plugin's language. */
  readonly baseImage?: string | undefined
}

export interface ImageSource {
  readonly plugin: Plugin
  readonly entries: readonly ContextEntry[]
  readonly added: readonly AddedFile[]
  /** Of all files together. */
  readonly bytes: number
  readonly dockerfile: {
    readonly isOwn: boolean
    /** Path in the context. */
    readonly path: string
    readonly text: string
  }
  /** Digest of all but a generated Dockerfile. */
  readonly sources: string
  readonly digest: string
  /** Name of the image. */
  readonly reference: string
  readonly warnings: readonly Diagnostic[]
  /** The same with another base image; itself when the plugin has its own Dockerfile. */
  withBase(base: string): ImageSource
}

/**
 * Reads the plugin's directory. Throws BUILD_FAILED (files that cannot be sent, a Dockerfile that cannot be used) and PLUGIN_INVALID (an entry
 * point that does not compile).
 */
export async function readImageSource(plugin: Plugin, options: ImageSourceOptions): Promise<ImageSource> {
  if (plugin.manifest.protocol === 'builtin')
    throw new WorkflowError('USAGE', `Plugin "${plugin.id}" needs no image: its actions start no program.`, {
      hint: 'use it as it is, in restricted workflows too',
    })
  const own = findOwnDockerfile(plugin.dir)
  const misnamed = own === undefined ? findMisnamedDockerfile(plugin.dir) : undefined
  const packages = own === undefined ? planPackages(plugin.dir) : {patterns: [], warnings: []}
  const rules = await readIgnoreRules(plugin.dir, packages.patterns)
  const added = [...sdkFiles(plugin, options.sdkDir), ...(await compiledEntry(plugin, options))]
  const files = listContext(plugin.dir, {
    rules,
    alwaysSent: own === undefined ? ['plugin.yaml'] : ['plugin.yaml', own.name],
    neverSent: added.map((file) => file.path),
  })
  const sources = digestSources(plugin.dir, files.entries, added)
  // Packages that are sent need not be installed.
  const lockfile = 'lockfile' in packages && rules.isIgnored('node_modules') ? packages.lockfile : undefined
  const warnings = [...(misnamed === undefined ? [] : [misnamed]), ...packages.warnings, ...(own?.warnings ?? []), ...files.warnings]

  const complete = (base: string): ImageSource => {
    const text = own?.text ?? generateDockerfile(plugin, {base, lockfile})
    const digest = digestImage(sources, own === undefined ? text : '')
    const dockerfile = {isOwn: own !== undefined, path: own?.name ?? `${addedDir}/Dockerfile`, text}
    return {
      plugin,
      entries: files.entries,
      added: own === undefined ? [...added, {path: dockerfile.path, content: Buffer.from(text)}] : added,
      bytes: files.bytes,
      dockerfile,
      sources,
      digest,
      reference: imageReference(plugin, digest),
      warnings,
      withBase: complete,
    }
  }
  return complete(options.baseImage ?? defaultBase(plugin))
}

/** The host and the modules plugins import, for those that need them. */
function sdkFiles({manifest}: Plugin, sdkDir: string): AddedFile[] {
  if (manifest.protocol !== 'sdk') return []
  const at = (name: string): string => `${addedDir}/sdk/${name}`
  try {
    const names = readdirSync(sdkDir).filter((name) => /\.c?js$/.test(name))
    return [
      // Without it Node takes the host for CommonJS.
      {path: at('package.json'), content: Buffer.from('{"type": "module"}\n')},
      ...names.sort().map((name) => ({path: at(name), content: readFileSync(path.join(sdkDir, name))})),
    ]
  } catch (error) {
    throw new WorkflowError('BUILD_FAILED', `The plugin SDK of this program cannot be read from ${sdkDir}.`, {
      hint: 'reinstall the program',
      cause: error,
    })
  }
}

/**
 * TypeScript is compiled before it is sent, by the compiler that trusted tasks use: both ways run the same code, and the base image needs
 * neither a compiler nor a network to fetch one. Packages stay outside, and are found in the image.
 */
async function compiledEntry({id, dir, manifest}: Plugin, {cacheDir, programVersion}: ImageSourceOptions): Promise<AddedFile[]> {
  const {main} = manifest
  if (main === undefined || !isTypeScript(main)) return []
  const bundle = await prepareEntry({dir, main, id, cacheDir, programVersion, placedAt: pluginRoot, sdkModules: sdkModulesInImage})
  return [{path: builtMain(main), content: readFileSync(bundle)}]
}

const sdkModulesInImage = Object.fromEntries(
  ['', '/testing', '/protocol'].map((name) => [`@autokestra/plugin-sdk${name}`, `${sdkRoot}/${name === '' ? 'index' : name.slice(1)}.js`]),
)
