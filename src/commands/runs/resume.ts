// Goes on with a run whose process is gone.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import {displayFlags, exitCodeOf, leaveWithinMs, outputsText, readDisplay, waitingExitCode} from '../../cli/run-display.ts'
import {untilStopped} from '../../cli/stop-signals.ts'
import type {RunOutcome} from '../../lib/engine/loop/run-workflow.ts'
import type {RunSummary} from '../../lib/storage/run-rows.ts'

const taskList = {multiple: true, multipleNonGreedy: true, delimiter: ',', helpValue: 'TASK'} as const

export class RunsResume extends BaseCommand {
  static override summary = 'Go on with a run whose process died, or that is parked.'
  static override description =
    'Tasks that have ended keep their results. One that was running runs again by itself when it is idempotent; of any other you say what ' +
    'becomes of it. With latest, a run that needs nothing is no error.'
  static override examples = [
    '<%= config.bin %> runs resume latest',
    '<%= config.bin %> runs resume latest --retry-interrupted',
    '<%= config.bin %> runs resume 20260131-0800 --retry build --skip notify',
  ]
  static override args = {run: Args.string({required: true, description: 'id of the run, the beginning of one, or latest'})}
  static override flags = {
    'retry-interrupted': Flags.boolean({description: 'run all tasks again that were running'}),
    retry: Flags.string({...taskList, description: 'run these again; TASK[KEY] is one item, TASK/INNER a task of a child run'}),
    skip: Flags.string({...taskList, description: 'skip these'}),
    fail: Flags.string({...taskList, description: 'count these as failed'}),
    'accept-changed-plugins': Flags.boolean({description: 'go on with other versions of plugins than the run began with'}),
    'accept-changed-secrets': Flags.boolean({
      description: 'go on with other values of secrets than the run began with, or without those that nothing needs any more',
    }),
    'no-cache': Flags.boolean({description: 'run every task, also those whose result is known; results are kept'}),
    'no-input': Flags.boolean({description: 'never ask here what tasks want approved'}),
    concurrency: Flags.integer({char: 'j', min: 1, helpValue: 'N', description: 'maximum number of tasks at the same time'}),
    park: Flags.boolean({description: 'leave again with exit 10 when nothing but waits is left'}),
    ...displayFlags,
  }

  async run(): Promise<RunOutcome['result'] | Pick<RunSummary, 'id' | 'status'> | undefined> {
    const {args, flags} = await this.parse(RunsResume)
    const {
      retry = [],
      skip = [],
      fail = [],
      'retry-interrupted': retriesInterrupted,
      concurrency,
      'no-cache': ignoresCache,
      park: isParked,
    } = flags
    const display = readDisplay(flags, this.jsonEnabled())
    const app = await this.app()
    const [{resumeRun}, {retryOriginOf: openRetry}] = await Promise.all([
      import('../../lib/app/resume/resume-run.ts'),
      import('../../lib/app/retry/open-keep-step.ts'),
    ])
    const choices = {retriesInterrupted, retry, skip, fail}
    const accepted = {acceptsChangedPlugins: flags['accept-changed-plugins'], acceptsChangedSecrets: flags['accept-changed-secrets']}
    const request = {run: args.run, choices, ...accepted, concurrency, ignoresCache, isParked, openRetry}
    const outcome = await resumeRun(app, request, display, (run) => untilStopped(run, {leaveWithinMs, killAll: () => app.killAll()}))
    if ('message' in outcome) {
      this.note(`${outcome.message}\n`)
      if (outcome.run?.status === 'waiting') this.setExitCode(waitingExitCode)
      return outcome.run && {id: outcome.run.id, status: outcome.run.status}
    }
    this.setExitCode(exitCodeOf(outcome))
    this.print(() => outputsText(outcome, display))
    return outcome.result
  }

  /** The run matters more than its output: it runs to its end even if its output is not read. */
  protected override onStdoutClosed(): Promise<void> {
    return Promise.resolve()
  }
}
