// Builds the images that a run lacks, where the configuration asks for it, and shows how that goes.

import type {Plugin} from '../plugins/manifest.ts'
import type {PluginImages} from '../images/plugin-images.ts'
import {createBuildProgress} from '../ui/reporters/build-progress.ts'
import {renderDiagnostics} from '../ui/terminal/diagnostics.ts'
import type {Ui} from '../ui/terminal/ui.ts'

export interface MissingImageOptions {
  readonly images: Pick<PluginImages, 'build'>
  readonly ui: Ui
  /** Only warnings are shown. */
  readonly isQuiet: boolean
  /** Its abort ends the build. */
  readonly signal: AbortSignal
}

/** Answers with what builds one image and resolves with its id. It throws what {@link PluginImages.build} throws. */
export function buildMissingImage({images, ui, isQuiet, signal}: MissingImageOptions): (plugin: Plugin) => Promise<string> {
  return async (plugin) => {
    const progress = isQuiet ? undefined : createBuildProgress(ui)
    if (!isQuiet) ui.err.write(`building the image of plugin ${plugin.id}\n`)
    try {
      const {imageId} = await images.build(plugin, {
        signal,
        ...(progress !== undefined && {onEvent: progress.onEvent}),
        onWarnings: (warnings) => {
          ui.err.write(renderDiagnostics(warnings, 'text', ui.errStyle))
        },
      })
      progress?.close()
      return imageId
    } finally {
      progress?.close(true)
    }
  }
}
