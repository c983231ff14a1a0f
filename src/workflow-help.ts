// oclif's help, with two differences: an unknown subject is the same error everywhere, and the two kinds of plugins are told apart.

import {type Command, Help} from '@oclif/core'
import {getHelpFlagAdditions, standardizeIDFromArgv} from '@oclif/core/help'
import {unknownCommand} from './unknown-command.ts'

export class WorkflowHelp extends Help {
  override async showHelp(argv: string[]): Promise<void> {
    const helpFlags = getHelpFlagAdditions(this.config)
    const words = argv.filter((word) => !helpFlags.includes(word) && word !== 'help')
    const [id = ''] = standardizeIDFromArgv([...words], this.config)
    const isKnown = id === '' || id.startsWith('-') || this.config.findCommand(id) !== undefined || this.config.findTopic(id) !== undefined
    if (!isKnown) throw unknownCommand(id.split(':'), this.config)
    await super.showHelp(argv)
  }

  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    // Of oclif's, and not so here.
    const description = command.description?.replace('Installation of a user-installed plugin will override a core plugin.\n\n', '')
    await super.showCommandHelp(description === undefined ? command : {...command, description})
  }

  protected override formatCommands(commands: Command.Loadable[]): string {
    const told = commands.map((command) =>
      command.id === 'plugins' ? {...command, summary: 'List the installed CLI extensions.'} : command,
    )
    return super.formatCommands(told)
  }
}
