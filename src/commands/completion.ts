// Prints what makes a shell complete command lines of this program.

import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.ts'
import {completionScript, shells, type Shell} from '../cli/completion/scripts.ts'

export class Completion extends BaseCommand {
  static override summary = 'Print the completion script of a shell.'
  static override description =
    'It completes commands, flags and their values, task ids, run ids, and names of secrets and plugins. Add the line from the example to the startup file of your shell.'
  static override examples = [
    'eval "$(<%= config.bin %> completion bash)" # in ~/.bashrc',
    'eval "$(<%= config.bin %> completion zsh)" # in ~/.zshrc, after compinit',
    '<%= config.bin %> completion fish | source # in ~/.config/fish/config.fish',
  ]
  static override args = {shell: Args.string({required: true, options: [...shells], description: 'the shell'})}

  async run(): Promise<{readonly shell: Shell; readonly script: string}> {
    const {args} = await this.parse(Completion)
    const shell = shells.find((name) => name === args.shell) ?? 'bash'
    const script = completionScript(shell, this.config.bin)
    this.print(() => script)
    return {shell, script}
  }
}
