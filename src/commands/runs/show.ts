// Shows one run.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../base-command.ts'
import type {RunDetails} from '../../lib/storage/run-details.ts'
import type {RunSummary} from '../../lib/storage/run-rows.ts'
import {printEventStream} from '../../lib/ui/print-events.ts'
import {renderRunDetails} from '../../lib/ui/run-details.ts'

export class RunsShow extends BaseCommand {
  static override summary = 'Show one run and its tasks.'
  static override description = '--events prints the very lines that `run --events` printed.'
  static override examples = [
    '<%= config.bin %> runs show latest',
    '<%= config.bin %> runs show latest --json',
    '<%= config.bin %> runs show latest --events',
  ]
  static override args = {run: Args.string({default: 'latest', description: 'id of the run, the beginning of one, or latest'})}
  static override flags = {events: Flags.boolean({description: 'print all events as lines of JSON', exclusive: ['json']})}

  async run(): Promise<(RunSummary & RunDetails) | undefined> {
    const {args, flags} = await this.parse(RunsShow)
    const app = await this.app()
    const rows = await app.runs()
    const run = rows.get(args.run)
    if (flags.events) {
      await printEventStream(rows.events(run), app.ui)
      return undefined
    }
    const details = {...run, ...rows.details(run)}
    if (this.jsonEnabled()) return details
    const failed = details.tasks.filter(({status}) => status === 'failed' || status === 'interrupted').slice(0, 20)
    const logsOf = failed.find(({id}) => rows.hasLog(run, id))?.id
    app.ui.out.write(renderRunDetails({...details, logsOf}, app.ui, Date.now()))
    await app.ui.flush()
    return details
  }
}
