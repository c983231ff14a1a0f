// oclif's help, with these differences: an unknown subject is the same error everywhere, examples come first, there are topics besides commands, and
// the two kinds of plugins are distinguished.

import {CommandHelp, type Command, Help, ux} from '@oclif/core'
import {getHelpFlagAdditions, standardizeIDFromArgv} from '@oclif/core/help'
import {describeHelp} from './document.ts'
import {helpTopics} from './topics.ts'
import {unknownCommand} from '../unknown-command.ts'

class WorkflowCommandHelp extends CommandHelp {
  /** What to type is what most people look for. */
  protected override sections(): ReturnType<CommandHelp['sections']> {
    const sections = super.sections()
    const examples = sections.filter(({header}) => header === 'EXAMPLES')
    const [usage, ...others] = sections.filter((section) => !examples.includes(section))
    return usage === undefined ? sections : [usage, ...examples, ...others]
  }
}

export class WorkflowHelp extends Help {
  protected override CommandHelpClass = WorkflowCommandHelp

  override async showHelp(argv: string[]): Promise<void> {
    const words = this.#subject(argv)
    this.requireSubject(words)
    const end = argv.indexOf('--')
    if (argv.slice(0, end === -1 ? undefined : end).includes('--json')) {
      const [id = ''] = standardizeIDFromArgv([...words], this.config)
      ux.stdout(JSON.stringify(describeHelp(id.startsWith('-') ? [] : id.split(':').filter(Boolean), this.config), undefined, 2))
      return
    }
    const topic = words.length === 1 ? helpTopics[words[0] ?? ''] : undefined
    if (topic === undefined) await super.showHelp(argv)
    else this.log(`${topic.summary}\n\n${topic.text().replaceAll('PROGRAM', this.config.bin).trimEnd()}`)
  }

  /** Throws COMMAND_NOT_FOUND when the words name nothing that there is help for. */
  requireSubject(words: readonly string[]): void {
    const [id = ''] = standardizeIDFromArgv([...words], this.config)
    const isKnown =
      id === '' ||
      id.startsWith('-') ||
      Object.hasOwn(helpTopics, id) ||
      this.config.findCommand(id) !== undefined ||
      this.config.findTopic(id) !== undefined
    if (!isKnown) throw unknownCommand(id.split(':'), this.config, Object.keys(helpTopics))
  }

  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    // Of oclif's, and not so here.
    const description = command.description?.replace('Installation of a user-installed plugin will override a core plugin.\n\n', '')
    await super.showCommandHelp(description === undefined ? command : {...command, description})
  }

  protected override async showRootHelp(): Promise<void> {
    await super.showRootHelp()
    const topics = Object.entries(helpTopics).map(([name, {summary}]): [string, string] => [name, summary])
    this.log(this.section('HELP TOPICS', this.renderList(topics, {indentation: 2, spacer: '\n', stripAnsi: this.opts.stripAnsi ?? false})))
    this.log('')
  }

  protected override formatCommands(commands: Command.Loadable[]): string {
    const told = commands.map((command) =>
      command.id === 'plugins' ? {...command, summary: 'List the installed CLI extensions.'} : command,
    )
    return super.formatCommands(told)
  }

  #subject(argv: readonly string[]): string[] {
    const helpFlags = getHelpFlagAdditions(this.config)
    return argv.filter((word) => !helpFlags.includes(word) && word !== 'help')
  }
}
