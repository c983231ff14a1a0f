// The Dockerfile of a plugin that brings none of its own. Pure: what is in it follows from the manifest and a few facts about the directory.

import {addedDir, hostCommand, imageUser, plainCommand, pluginRoot, sdkRoot} from './image-layout.ts'
import type {Plugin} from '../plugins/manifest.ts'

export interface DockerfileFacts {
  /** Name of the image it starts from. */
  readonly base: string
  /** The file that `npm ci` installs from, when the packages are installed in the image. */
  readonly lockfile?: string | undefined
}

/** Has a shell and Node.js: enough for SDK plugins, and for programs of a shell. */
const nodeBase = 'node:20-slim'

const pythonBase = 'python:3.13-slim'

/** The base image for a plugin when nobody says which. */
export function defaultBase({manifest}: Plugin): string {
  const program = manifest.command?.[0] ?? ''
  return manifest.main === undefined && /^python(?:3(?:\.\d+)?)?$/.test(program) ? pythonBase : nodeBase
}

/** Ends with a line end. */
export function generateDockerfile(plugin: Plugin, {base, lockfile}: DockerfileFacts): string {
  const isSdk = plugin.manifest.protocol === 'sdk'
  const lines: string[] = []
  if (lockfile !== undefined) {
    lines.push(
      '# Packages, with whatever compiles them, stay in a stage of their own.',
      `FROM ${base} AS packages`,
      `WORKDIR ${pluginRoot}`,
      `COPY ["package.json", ${JSON.stringify(lockfile)}, "./"]`,
      'RUN ["npm", "ci", "--omit=dev", "--no-audit", "--no-fund"]',
      '',
    )
  }
  lines.push(`FROM ${base}`)
  if (isSdk) lines.push(`COPY ${addedDir}/sdk/ ${sdkRoot}/`)
  if (lockfile !== undefined) lines.push(`COPY --from=packages ${pluginRoot}/node_modules/ ${pluginRoot}/node_modules/`)
  lines.push(`COPY . ${pluginRoot}/`, `WORKDIR ${pluginRoot}`, `USER ${imageUser}`, `ENTRYPOINT ${entryPoint(plugin)}`)
  return `${lines.join('\n')}\n`
}

/** What a container started by hand runs; tasks say their command line themselves. Each action of an exec plugin has its own. */
function entryPoint(plugin: Plugin): string {
  const {protocol} = plugin.manifest
  if (protocol === 'exec') return '[]'
  return `[${(protocol === 'sdk' ? hostCommand : plainCommand(plugin, pluginRoot)).map((text) => JSON.stringify(text)).join(', ')}]`
}
