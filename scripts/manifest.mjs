// Writes oclif.manifest.json from the built bundle, so that oclif knows every command without loading one.

import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {Plugin} from '@oclif/core'

/** @param {string} root directory of the package; its dist/cli.cjs must be built. */
export async function writeManifest(root) {
  const plugin = new Plugin({root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true})
  await plugin.load()
  await writeFile(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, undefined, 2)}\n`)
}
