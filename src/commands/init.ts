// Starts a project: a workflow to run and to change.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.ts'

export class Init extends BaseCommand {
  static override summary = 'Start a project with a first workflow and a first plugin.'
  static override description =
    'Overwrites no existing files. --agent writes, or updates, only what coding agents read: a skill and a few lines in AGENTS.md.'
  static override examples = ['<%= config.bin %> init', '<%= config.bin %> init my-project', '<%= config.bin %> init --agent']
  static override args = {dir: Args.string({default: '.', description: 'directory of the project; created if it does not exist'})}

  static override flags = {agent: Flags.boolean({description: 'tell coding agents how to write and run workflows in this project'})}

  async run(): Promise<{readonly dir: string; readonly files: readonly string[]}> {
    const {args, flags} = await this.parse(Init)
    if (flags.agent) {
      const {writeAgentFiles} = await import('../lib/app/authoring/agent-files.ts')
      const files = await writeAgentFiles(args.dir)
      this.note(files.map((file) => `wrote ${file}\n`).join(''))
      return {dir: args.dir, files}
    }
    const {initProject} = await import('../lib/app/authoring/init-project.ts')
    const files = await initProject(args.dir)
    this.note(files.map((file) => `created ${file}\n`).join(''))
    this.note(`\nNow run: ${args.dir === '.' ? '' : `cd ${args.dir} && `}${this.config.bin} run hello.yaml\n`)
    return {dir: args.dir, files}
  }
}
