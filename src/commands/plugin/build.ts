// Builds the image in which a plugin's restricted tasks run.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import {WorkflowError} from '../../lib/errors/workflow-error.ts'
import type {BuiltImage} from '../../lib/images/plugin-images.ts'
import {createBuildProgress} from '../../lib/ui/reporters/build-progress.ts'
import {renderDiagnostics} from '../../lib/ui/terminal/diagnostics.ts'
import {listenForStop, stopExitCodes} from '../../cli/stop-signals.ts'

export class PluginBuild extends BaseCommand {
  static override summary = 'Build the image in which restricted tasks of a workflow plugin run.'
  static override description =
    'Uses the Dockerfile in its directory, or a generated one. Builds nothing if an image of the same files already exists.'
  static override examples = [
    '<%= config.bin %> plugin build my/shout',
    '<%= config.bin %> plugin build my/shout --print',
    '<%= config.bin %> plugin build my/shout --base-image node:22-slim --json',
  ]
  static override args = {name: Args.string({required: true, description: 'namespace/name of the plugin, or its name alone'})}
  static override flags = {
    print: Flags.boolean({description: 'print the Dockerfile and build nothing'}),
    'base-image': Flags.string({helpValue: 'IMAGE', description: 'base image of a generated Dockerfile'}),
    tag: Flags.string({helpValue: 'NAME', description: 'an additional name for the image'}),
    'no-cache': Flags.boolean({description: 'build every step again'}),
    pull: Flags.boolean({description: 'look for a newer base image in its registry'}),
  }

  async run(): Promise<BuiltImage | {readonly isOwn: boolean; readonly text: string}> {
    const {args, flags} = await this.parse(PluginBuild)
    const baseImage = readReference('--base-image', flags['base-image'])
    const tag = readReference('--tag', flags.tag)
    const app = await this.app()
    if (flags.print) {
      const {isOwn, text} = await (await app.plugins()).dockerfile(args.name, baseImage)
      if (!this.jsonEnabled()) this.ui.out.write(text)
      return {isOwn, text}
    }
    const stopping = new AbortController()
    const ignoreSignals = listenForStop(
      (cause) => {
        stopping.abort(cause)
      },
      (cause) => process.exit(stopExitCodes[cause]),
    )
    const progress = this.jsonEnabled() ? undefined : createBuildProgress(this.ui)
    try {
      const built = await (
        await app.plugins()
      ).build(args.name, {
        baseImage,
        tag,
        isCacheUsed: !flags['no-cache'],
        isBasePulled: flags.pull,
        signal: stopping.signal,
        ...(progress !== undefined && {
          onEvent: progress.onEvent,
          onWarnings: (warnings) => {
            this.ui.err.write(renderDiagnostics(warnings, 'text', this.ui.errStyle))
          },
        }),
      })
      progress?.close()
      if (!this.jsonEnabled()) {
        if (built.result === 'unchanged') this.ui.err.write('nothing has changed since the last build\n')
        this.ui.out.write(`${built.reference}\n`)
      }
      return built
    } finally {
      progress?.close(true)
      ignoreSignals()
    }
  }
}

/** Names of images as the engine reads them: a registry, a path, a tag or digest. */
function readReference(flag: string, text: string | undefined): string | undefined {
  if (text === undefined || /^[a-z0-9][\w.:/@-]{0,254}$/i.test(text)) return text
  throw new WorkflowError('USAGE', `${flag} ${JSON.stringify(text)} is not a valid image name`, {hint: 'write it like node:20-slim'})
}
