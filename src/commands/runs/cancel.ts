// Stops a run that goes on in another process.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import type {CancelledRun} from '../../lib/app/runs/cancel-run.ts'

export class RunsCancel extends BaseCommand {
  static override summary = 'Stop a run, from any terminal.'
  static override description =
    'The run is stopped as by Ctrl-C: what runs is asked to end, tasks and hooks that clean up still run, and the run is recorded as cancelled, ' +
    'with your login name. Waits until it has ended.'
  static override examples = [
    '<%= config.bin %> runs cancel latest',
    '<%= config.bin %> runs cancel 20260131-0800 -m "wrong branch"',
    '<%= config.bin %> runs cancel latest --now',
  ]
  static override args = {run: Args.string({required: true, description: 'id of the run, the beginning of one, or latest'})}
  static override flags = {
    now: Flags.boolean({description: 'as by a second Ctrl-C: kill what runs, clean nothing up'}),
    message: Flags.string({char: 'm', helpValue: 'TEXT', description: 'say why; it is kept in the journal, so it must not be secret'}),
    wait: Flags.boolean({default: true, allowNo: true, description: 'wait until the run has ended'}),
  }

  async run(): Promise<CancelledRun> {
    const {args, flags} = await this.parse(RunsCancel)
    const app = await this.app()
    const {cancelRun} = await import('../../lib/app/runs/cancel-run.ts')
    const cancelled = await cancelRun(app, {run: args.run, comment: flags.message, isAtOnce: flags.now, waits: flags.wait})
    this.note(`Run ${cancelled.run} was ${cancelled.status === 'cancelled' ? 'cancelled' : 'told to stop'}.\n`)
    return cancelled
  }
}
