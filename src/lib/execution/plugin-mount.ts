// Files of a plugin in a container of another image than its own.

import {realpathSync} from 'node:fs'
import {pluginRoot, sdkRoot} from '../images/image-layout.ts'
import type {Plugin} from '../plugins/manifest.ts'
import type {Mount} from '../runtimes/sandbox.ts'

/**
 * Nothing for a plugin that starts programs by their names only: those are of the image.
 * @param hostDir of the SDK's host, absolute @param root where the plugin stands in the container
 */
export function pluginMounts({dir, manifest: {protocol, actions}}: Plugin, hostDir: string, root = pluginRoot): Mount[] {
  const hasOwnProgram = protocol !== 'exec' || actions.some(({exec = []}) => typeof exec[0] === 'string' && exec[0].includes('/'))
  if (!hasOwnProgram) return []
  const mounts = [{source: realpathSync(dir), target: root, isReadOnly: true}]
  return protocol === 'sdk' ? [...mounts, {source: realpathSync(hostDir), target: sdkRoot, isReadOnly: true}] : mounts
}
