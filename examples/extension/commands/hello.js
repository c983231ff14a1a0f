// The file's name is the command's name; commands/say/bye.js would become `workflow say bye`.

import {Args, Command, Flags} from '@oclif/core'

export default class Hello extends Command {
  static summary = 'Greet somebody. (This command comes from the example extension.)'
  static examples = ['<%= config.bin %> hello', '<%= config.bin %> hello Ada --loud']
  static enableJsonFlag = true
  static args = {name: Args.string({default: 'world', ignoreStdin: true, description: 'whom to greet'})}
  static flags = {loud: Flags.boolean({description: 'as loud as it gets'})}

  async run() {
    const {args, flags} = await this.parse(Hello)
    const greeting = `Hello, ${args.name}!`
    const message = flags.loud ? greeting.toUpperCase() : greeting
    this.log(message)
    return {message}
  }
}
