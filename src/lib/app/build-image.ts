// `workflow plugin build`: the image of a plugin, with its progress shown.

import {WorkflowError} from '../errors/workflow-error.ts'
import type {BuiltImage} from '../images/plugin-images.ts'
import {createBuildProgress} from '../ui/reporters/build-progress.ts'
import {renderDiagnostics} from '../ui/terminal/diagnostics.ts'
import type {App} from './app.ts'

export interface BuildRequest {
  /** Of the plugin. */
  readonly name: string
  readonly baseImage?: string | undefined
  /** An additional name for the image. */
  readonly tag?: string | undefined
  readonly isCacheUsed: boolean
  /** A newer base image is looked for in its registry. */
  readonly isBasePulled: boolean
  /** Neither progress nor warnings are shown. */
  readonly isQuiet: boolean
}

/** Builds nothing when there is an image of the same files. Throws USAGE for what is not the name of an image, and what building throws. */
export async function buildImage(app: App, {name, isQuiet, ...options}: BuildRequest, signal: AbortSignal): Promise<BuiltImage> {
  requireImageNames(options)
  const plugins = await app.plugins()
  if (isQuiet) return await plugins.build(name, {...options, signal})
  const {ui} = app
  const progress = createBuildProgress(ui)
  try {
    const onWarnings: Parameters<typeof plugins.build>[1]['onWarnings'] = (warnings) => {
      ui.err.write(renderDiagnostics(warnings, 'text', ui.errStyle))
    }
    const built = await plugins.build(name, {...options, signal, onEvent: progress.onEvent, onWarnings})
    progress.close()
    return built
  } finally {
    progress.close(true)
  }
}

/** The Dockerfile that the image would be built by. Throws like {@link buildImage}. */
export async function readDockerfile(
  app: App,
  {name, baseImage, tag}: BuildRequest,
): Promise<{readonly isOwn: boolean; readonly text: string}> {
  requireImageNames({baseImage, tag})
  return await (await app.plugins()).dockerfile(name, baseImage)
}

/** Names of images as the engine reads them: a registry, a path, a tag or digest. */
function requireImageNames({baseImage, tag}: Pick<BuildRequest, 'baseImage' | 'tag'>): void {
  for (const [flag, text] of Object.entries({'--base-image': baseImage, '--tag': tag})) {
    if (text !== undefined && !/^[a-z0-9][\w.:/@-]{0,254}$/i.test(text)) throw wrongImageName(flag, text)
  }
}

function wrongImageName(flag: string, text: string): WorkflowError {
  return new WorkflowError('USAGE', `${flag} ${JSON.stringify(text)} is not a valid image name`, {hint: 'write it like node:20-slim'})
}
