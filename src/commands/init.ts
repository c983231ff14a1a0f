// Starts a project: a workflow to run and to change.

import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.ts'

export class Init extends BaseCommand {
  static override summary = 'Start a project with a first workflow and a first plugin.'
  static override description = 'Overwrites no existing files.'
  static override examples = ['<%= config.bin %> init', '<%= config.bin %> init my-project']
  static override args = {dir: Args.string({default: '.', description: 'directory of the project; created if it does not exist'})}

  async run(): Promise<{readonly dir: string; readonly files: readonly string[]}> {
    const {args} = await this.parse(Init)
    const {initProject} = await import('../lib/app/init-project.ts')
    const files = await initProject(args.dir)
    this.note(files.map((file) => `created ${file}\n`).join(''))
    this.note(`\nNow run: ${args.dir === '.' ? '' : `cd ${args.dir} && `}${this.config.bin} run hello.yaml\n`)
    return {dir: args.dir, files}
  }
}
