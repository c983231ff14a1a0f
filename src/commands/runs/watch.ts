// Shows a run that goes on in another process.

import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import {displayFlags, exitCodeOf, outputsText, readDisplay} from '../../cli/run-display.ts'
import {stopExitCodes, untilStopped} from '../../cli/stop-signals.ts'
import type {RunOutcome} from '../../lib/engine/loop/run-workflow.ts'

export class RunsWatch extends BaseCommand {
  static override summary = 'Show a run of another process while it goes on.'
  static override description =
    'Shows what `workflow run` shows, from the beginning, and ends with the run, with its outputs and its exit code. Ctrl-C ends only the watching.'
  static override examples = ['<%= config.bin %> runs watch', '<%= config.bin %> runs watch latest --progress plain -v']
  static override args = {run: Args.string({default: 'latest', description: 'id of the run, the beginning of one, or latest'})}
  static override flags = {...displayFlags}

  async run(): Promise<RunOutcome['result'] | {readonly run: string; readonly status: 'running'}> {
    const {args, flags} = await this.parse(RunsWatch)
    const display = readDisplay(flags, this.jsonEnabled())
    const app = await this.app()
    const {watchRun} = await import('../../lib/app/runs/watch-run.ts')
    let cause: unknown
    const outcome = await untilStopped(async ({stop}) => {
      const watched = await watchRun(app, args.run, display, stop)
      cause = stop.reason
      return watched
    })
    if ('goesOn' in outcome) {
      this.setExitCode(stopExitCodes[cause === 'interrupted' ? 'interrupted' : 'terminated'])
      this.note(`Run ${outcome.goesOn} goes on.\n`)
      return {run: outcome.goesOn, status: 'running'}
    }
    this.setExitCode(exitCodeOf(outcome))
    this.print(() => outputsText(outcome, display))
    return outcome.result
  }
}
