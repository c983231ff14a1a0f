// Shows which tasks a workflow file has.

import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.ts'
import type {TaskList} from '../lib/planning/list-tasks.ts'
import {renderTaskList} from '../lib/ui/views/task-list.ts'

export class Tasks extends BaseCommand {
  static override summary = 'List the tasks of a workflow file.'
  static override description =
    'Each with what it needs and what it is for. Those that `run FILE` runs by default are marked; `run FILE TASK` runs others.'
  static override examples = ['<%= config.bin %> tasks build.yaml', '<%= config.bin %> tasks build.yaml --json']
  static override args = {file: Args.string({required: true, description: 'workflow file, or - for standard input'})}

  async run(): Promise<TaskList> {
    const {args} = await this.parse(Tasks)
    const app = await this.app()
    const list = await app.tasks(args.file)
    this.print((ui) => renderTaskList(list, ui))
    return list
  }
}
