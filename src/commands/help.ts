// Shows help, also about things that are not commands.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.ts'
import {describeHelp, type HelpDocument} from '../cli/help/document.ts'
import {WorkflowHelp} from '../cli/help/workflow-help.ts'

export class Help extends BaseCommand {
  static override summary = 'Show help for commands, topics, exit codes, the environment, templates and events.'
  static override description = 'With --json, prints one document with all commands, their arguments and flags, or only the named one.'
  static override examples = [
    '<%= config.bin %> help run',
    '<%= config.bin %> help runs',
    '<%= config.bin %> help exit-codes',
    '<%= config.bin %> help --json',
  ]
  static override strict = false
  static override args = {command: Args.string({description: 'a command, a topic, or a help topic'})}
  static override flags = {
    'nested-commands': Flags.boolean({char: 'n', description: 'also list the commands of topics'}),
  }

  async run(): Promise<HelpDocument | undefined> {
    const {argv, flags} = await this.parse(Help)
    const words = argv.map(String)
    const help = new WorkflowHelp(this.config, {...this.config.pjson.oclif.helpOptions, all: flags['nested-commands']})
    if (this.jsonEnabled()) {
      help.requireSubject(words)
      return describeHelp(words, this.config)
    }
    await help.showHelp(words)
    return undefined
  }
}
