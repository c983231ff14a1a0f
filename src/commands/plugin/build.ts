// Builds the image in which a plugin's restricted tasks run.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import {untilStopped} from '../../cli/stop-signals.ts'
import type {BuiltImage} from '../../lib/images/plugin-images.ts'

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
    const app = await this.app()
    const {buildImage, readDockerfile} = await import('../../lib/app/build-image.ts')
    const {'base-image': baseImage, 'no-cache': isUncached, pull: isBasePulled, tag} = flags
    const request = {name: args.name, baseImage, tag, isCacheUsed: !isUncached, isBasePulled, isQuiet: this.jsonEnabled()}
    if (flags.print) {
      const {isOwn, text} = await readDockerfile(app, request)
      this.print(() => text)
      return {isOwn, text}
    }
    const built = await untilStopped(({stop}) => buildImage(app, request, stop))
    if (built.result === 'unchanged') this.note('nothing has changed since the last build\n')
    this.print(() => `${built.reference}\n`)
    return built
  }
}
