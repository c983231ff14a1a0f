// Shows which runs there were.

import {Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import type {RunSummary} from '../../lib/storage/run-rows.ts'
import {renderRunList} from '../../lib/ui/views/run-list.ts'
import {defined} from '../../lib/util/defined.ts'

export class RunsList extends BaseCommand {
  static override summary = 'List runs, the newest first.'
  static override description = 'A run whose process died before its end is shown as interrupted.'
  static override examples = ['<%= config.bin %> runs list', '<%= config.bin %> runs list --status failed --limit 5 --json']
  static override flags = {
    limit: Flags.integer({char: 'n', min: 1, default: 20, helpValue: 'N', description: 'maximum number of runs'}),
    workflow: Flags.string({char: 'w', helpValue: 'ID', description: 'only runs of this workflow'}),
    status: Flags.option({options: ['running', 'waiting', 'succeeded', 'failed', 'cancelled', 'interrupted'] as const})({
      description: 'only runs with this status',
    }),
  }

  async run(): Promise<RunSummary[]> {
    const {flags} = await this.parse(RunsList)
    const app = await this.app()
    const rows = await app.runs()
    const {limit, workflow, status} = flags
    const runs = rows.list({limit, ...defined({workflow, status})})
    this.print((ui) => renderRunList(runs, ui, Date.now()))
    if (runs.length === 0) this.note(workflow === undefined && status === undefined ? 'No runs yet.\n' : 'No matching runs.\n')
    return runs
  }
}
