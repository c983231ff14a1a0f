// Puts together what is needed to find and build images of plugins. Docker is looked for when the first one is asked for.

import {join} from 'node:path'
import type {Config} from '../config/config.ts'
import type {ImageEngine} from '../runtimes/image-engine.ts'
import {PluginImages} from '../images/plugin-images.ts'

interface ImageFacts {
  /** Directory of the package, with the SDK in its dist. */
  readonly root: string
  readonly version: string
  /** Rejects with DOCKER_UNAVAILABLE. */
  readonly openEngine: () => Promise<ImageEngine>
}

export function openImages({cacheDir, baseImage}: Config, {root, version, openEngine}: ImageFacts): PluginImages {
  return new PluginImages({
    sdkDir: join(root, 'dist', 'sdk'),
    cacheDir,
    programVersion: version,
    baseImage,
    openEngine,
  })
}
