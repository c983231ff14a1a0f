// The images a run needs: all of them are there and current, are built when that is wanted, or one error says which are not and how to get them.

import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import type {Plugin} from '../plugins/manifest.ts'
import type {PluginImages} from './plugin-images.ts'

/**
 * Answers with ids by id of the plugin. Throws IMAGE_MISSING or IMAGE_STALE with all plugins and the commands that build their images.
 * @param build makes an image that is missing or stale, and resolves with its id; then nothing of that is thrown
 */
export async function requireImages(
  images: Pick<PluginImages, 'find'>,
  plugins: Iterable<Plugin>,
  build?: (plugin: Plugin) => Promise<string>,
): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  const missing: Diagnostic[] = []
  const stale: Diagnostic[] = []
  for (const plugin of new Map([...plugins].map((each) => [each.id, each])).values()) {
    const {state, imageId} = await images.find(plugin)
    if (state === 'current' && imageId !== undefined) ids.set(plugin.id, imageId)
    else if (build !== undefined) ids.set(plugin.id, await build(plugin))
    else if (state === 'stale') stale.push(finding('image-stale', `plugin "${plugin.id}" has changed since its image was built`, plugin))
    else missing.push(finding('image-missing', `there is no image for plugin "${plugin.id}"`, plugin))
  }
  const diagnostics = [...missing, ...stale]
  const [first] = diagnostics
  if (first === undefined) return ids
  const message =
    diagnostics.length === 1 ? `Before the run: ${first.message}.` : `Before the run: ${String(diagnostics.length)} images must be built.`
  throw new WorkflowError(missing.length > 0 ? 'IMAGE_MISSING' : 'IMAGE_STALE', message, {
    hint: diagnostics.map(({hint}) => hint).join(' && '),
    diagnostics,
  })
}

function finding(code: string, message: string, {id}: Plugin): Diagnostic {
  return {severity: 'error', code, message, hint: `workflow plugin build ${id}`}
}
