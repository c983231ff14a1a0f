// Writes oclif.manifest.json from the built bundle, so that oclif knows every command without loading one.

import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {Plugin} from '@oclif/core'
import loader from '../bin/load-bundle.js'

/** @param {string} root directory of the package; its dist/cli.cjs must be built. */
export async function writeManifest(root) {
  // require() alone, as oclif calls it, would find nothing in the bundle.
  loader.loadBundle(join(root, 'dist', 'cli.cjs'), {keepsCode: false})
  const plugin = new Plugin({root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true})
  await plugin.load()
  await writeFile(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, undefined, 2)}\n`)
}
