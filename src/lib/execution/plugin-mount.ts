// Files of a plugin in a container of another image than its own.

import {realpathSync} from 'node:fs'
import {pluginRoot} from '../images/image-layout.ts'
import type {Plugin} from '../plugins/manifest.ts'
import type {Mount} from '../runtimes/sandbox.ts'

/** Nothing for a plugin that starts programs by their names only: those are of the image. */
export function pluginMounts({dir, manifest: {protocol, actions}}: Plugin): Mount[] {
  const hasOwnProgram = protocol !== 'exec' || actions.some(({exec = []}) => typeof exec[0] === 'string' && exec[0].includes('/'))
  return hasOwnProgram ? [{source: realpathSync(dir), target: pluginRoot, isReadOnly: true}] : []
}
