// Where things stand inside the image of a plugin, and in the context it is built from. The Dockerfile puts them there, the sandbox starts them there.

import {existsSync} from 'node:fs'
import path from 'node:path'
import {isOwnProgram, isTypeScript} from '../plugins/entry-point.ts'
import type {Plugin, PluginManifest} from '../plugins/manifest.ts'

/** Directory of the plugin's files in the image. */
export const pluginRoot = '/plugin'

/** Directory of the SDK's host program in the image. */
export const sdkRoot = '/autokestra'

/** Directory of the context that holds what is not the plugin's own. */
export const addedDir = '.autokestra'

/** What a container of an SDK plugin runs. */
export const hostCommand: readonly [string, ...string[]] = ['node', `${sdkRoot}/host.js`]

/** Owner of the programs in a generated image: nobody. A container usually says another one. */
export const imageUser = '65534:65534'

/** Path of the module the host loads, relative to the plugin's directory: the compiled one for TypeScript, which stands beside its source. */
export function builtMain(main: string): string {
  const name = path.posix.normalize(main)
  return isTypeScript(name) ? `${name}.mjs` : name
}

/** Absolute path, in the image, of the module the host loads. Undefined for a plugin without `main`. */
export function mainInImage({main}: PluginManifest, root = pluginRoot): string | undefined {
  return main === undefined ? undefined : path.posix.join(root, builtMain(main))
}

/**
 * The command line of a plain plugin with the plugin's own files as absolute paths below `root`: it starts in the task's directory, not in
 * the plugin's. Default for `root`: where the plugin stands.
 */
export function plainCommand(plugin: Plugin, root = plugin.dir): readonly [string, ...string[]] {
  const [program, ...rest] = plugin.manifest.command ?? ['']
  const isOwnFile = (text: string): boolean =>
    text !== '' && !text.startsWith('-') && !path.isAbsolute(text) && existsSync(path.join(plugin.dir, text))
  return [
    isOwnProgram(program) ? path.resolve(root, program) : program,
    ...rest.map((text) => (isOwnFile(text) ? path.join(root, text) : text)),
  ]
}
