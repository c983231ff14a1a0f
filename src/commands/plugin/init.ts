// Starts a workflow plugin: a manifest and a program that runs at once.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import type {ScaffoldedPlugin} from '../../lib/plugins/scaffold.ts'

export class PluginInit extends BaseCommand {
  static override summary = 'Create a workflow plugin that runs right away.'
  static override description =
    'Creates a directory with its name in the plugin directory of the project, and overwrites nothing. For ts and js it also links the SDK ' +
    'that comes with this program, for your editor and tests; without a name it only links the SDK, for example after a fresh clone.'
  static override examples = [
    '<%= config.bin %> plugin init my-plugin',
    '<%= config.bin %> plugin init acme/send-mail --language python',
    '<%= config.bin %> plugin init',
  ]
  static override args = {name: Args.string({description: 'name, or namespace/name; without a namespace it is `my`'})}
  static override flags = {
    language: Flags.option({options: ['ts', 'js', 'python', 'shell'] as const, default: 'ts' as const})({
      description: 'language of the plugin',
    }),
  }

  async run(): Promise<ScaffoldedPlugin | {readonly sdk: string | null}> {
    const {args, flags} = await this.parse(PluginInit)
    const app = await this.app()
    const plugins = await app.plugins()
    if (args.name === undefined) {
      const link = plugins.linkSdk()
      this.note(link === undefined ? 'the SDK is installed already\n' : `linked ${link}\n`)
      return {sdk: link ?? null}
    }
    const plugin = await plugins.init(args.name, flags.language)
    this.note(plugin.files.map((file) => `created ${file}\n`).join(''))
    this.note('\nA workflow that uses it:\n\n')
    // Where both streams lead to the same terminal, this comes first.
    await this.ui.err.flush()
    this.print(() => plugin.example)
    return plugin
  }
}
