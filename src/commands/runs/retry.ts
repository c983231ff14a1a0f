// Starts a new run that keeps what another one has done.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import {displayFlags, exitCodeOf, leaveWithinMs, outputsText, readDisplay} from '../../cli/run-display.ts'
import {untilStopped} from '../../cli/stop-signals.ts'
import type {RetryOutlook} from '../../lib/app/retry/dry-retry.ts'
import type {RunOutcome} from '../../lib/engine/loop/run-workflow.ts'

const taskList = {multiple: true, multipleNonGreedy: true, delimiter: ',', helpValue: 'TASK'} as const
const pairs = {multiple: true, multipleNonGreedy: true, helpValue: 'name=value'} as const

export class RunsRetry extends BaseCommand {
  static override summary = 'Start a run again without repeating what it has done.'
  static override description =
    'A new run with the same inputs. Tasks that had succeeded keep their results, unless their definition, their inputs or a task that they ' +
    'need has changed; all others run, and so do hooks. `explain` says for each task why it ran.'
  static override examples = [
    '<%= config.bin %> runs retry latest',
    '<%= config.bin %> runs retry latest --dry-run',
    '<%= config.bin %> runs retry 20260131-0800 --from build --input version=2',
    '<%= config.bin %> runs retry latest fixed.yaml',
  ]
  static override args = {
    run: Args.string({required: true, description: 'id of the run, the beginning of one, or latest'}),
    file: Args.string({description: 'an edited workflow file; default: the one of the run'}),
  }
  static override flags = {
    from: Flags.string({...taskList, description: 'run these in any case, with all that need them; TASK[KEY] is one item'}),
    only: Flags.string({...taskList, description: 'run nothing but these; what they need keeps its results, whatever has changed'}),
    input: Flags.string({...pairs, char: 'i', description: 'set an input to another value'}),
    'input-file': Flags.string({helpValue: 'FILE|-', description: 'set inputs from a JSON or YAML file, or standard input'}),
    var: Flags.string({...pairs, description: 'set a var to another value'}),
    'dry-run': Flags.boolean({char: 'n', description: 'show what would run and why, but start nothing'}),
    'no-cache': Flags.boolean({description: 'run tasks with a cache, also those whose result is known; results are kept'}),
    'no-input': Flags.boolean({description: 'never ask for inputs that have no value: fail'}),
    concurrency: Flags.integer({char: 'j', min: 1, helpValue: 'N', description: 'maximum number of tasks at the same time'}),
    force: Flags.boolean({description: 'run a workflow that says enabled: false'}),
    ...displayFlags,
  }

  async run(): Promise<RunOutcome['result'] | RetryOutlook> {
    const {args, flags} = await this.parse(RunsRetry)
    const {from = [], only = [], input: inputs = [], 'input-file': inputFile, var: vars = [], concurrency, force} = flags
    const choices = {from, only, inputs, inputFile, vars, noInput: flags['no-input'], ignoresCache: flags['no-cache']}
    const request = {run: args.run, file: args.file, ...choices, concurrency, force}
    const app = await this.app()
    if (flags['dry-run']) {
      const [{dryRetry}, {renderRetry}] = await Promise.all([
        import('../../lib/app/retry/dry-retry.ts'),
        import('../../lib/ui/views/retry-text.ts'),
      ])
      const outlook = await dryRetry(app, request)
      this.print((ui) => renderRetry(outlook, ui))
      return outlook
    }
    const display = readDisplay(flags, this.jsonEnabled())
    const {retryRun} = await import('../../lib/app/retry/retry-run.ts')
    const outcome = await retryRun(app, request, display, (run) => untilStopped(run, {leaveWithinMs, killAll: () => app.killAll()}))
    this.setExitCode(exitCodeOf(outcome))
    this.print(() => outputsText(outcome, display))
    return outcome.result
  }

  /** The run matters more than its output: it runs to its end even if its output is not read. */
  protected override onStdoutClosed(): Promise<void> {
    return Promise.resolve()
  }
}
