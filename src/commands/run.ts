// Runs a workflow file to its end.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.ts'
import type {RunOutcome} from '../lib/engine/loop/run-workflow.ts'
import {errorCodes} from '../lib/errors/error-codes.ts'
import {WorkflowError} from '../lib/errors/workflow-error.ts'
import {renderDiagnostics} from '../lib/ui/terminal/diagnostics.ts'
import {describePlan, renderPlan, type PlanDescription} from '../lib/ui/views/plan-text.ts'
import {listenForStop, stopExitCodes} from '../cli/stop-signals.ts'

/** After a second Ctrl-C. */
const leaveWithinMs = 200

export class Run extends BaseCommand {
  static override summary = 'Run a workflow file.'
  static override description =
    'Progress goes to stderr; the outputs the workflow declares go to stdout as JSON. Ctrl-C stops the run; press it again to exit at once.'
  static override examples = [
    '<%= config.bin %> run hello.yaml',
    '<%= config.bin %> run hello.yaml --var name=you --json',
    '<%= config.bin %> run hello.yaml --events - --progress quiet',
    'cat hello.yaml | <%= config.bin %> run -',
  ]
  static override args = {file: Args.string({required: true, description: 'workflow file, or - for standard input'})}
  static override flags = {
    var: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'name=value',
      description: 'set one of the vars of the workflow',
    }),
    'dry-run': Flags.boolean({char: 'n', description: 'check everything and show the plan, but start nothing'}),
    concurrency: Flags.integer({char: 'j', min: 1, helpValue: 'N', description: 'maximum number of tasks at the same time'}),
    'keep-going': Flags.boolean({description: 'keep running independent tasks after a failure (failFast: false)'}),
    timeout: Flags.string({helpValue: '30m', description: 'stop the run after this long'}),
    force: Flags.boolean({description: 'run a workflow that says enabled: false'}),
    progress: Flags.option({options: ['auto', 'tty', 'plain', 'quiet'] as const, default: 'auto' as const})({
      description: 'how progress is shown on stderr',
    }),
    verbose: Flags.boolean({char: 'v', exclusive: ['quiet'], description: 'show every line of every task as it arrives'}),
    quiet: Flags.boolean({char: 'q', exclusive: ['progress'], description: 'show only failures and the end, without the lines of tasks'}),
    events: Flags.string({helpValue: 'PATH|-', description: 'write every event as a line of JSON to a file, or to stdout'}),
  }

  async run(): Promise<RunOutcome['result'] | PlanDescription> {
    const {args, flags} = await this.parse(Run)
    if (flags.events === '-' && this.jsonEnabled()) {
      throw new WorkflowError('USAGE', '--events - and --json both write to stdout', {
        hint: 'write the events to a file: --events events.ndjson',
      })
    }
    const app = await this.app()
    const plan = await app.plan({
      file: args.file,
      vars: flags.var ?? [],
      concurrency: flags.concurrency,
      keepGoing: flags['keep-going'],
      timeout: flags.timeout,
      force: flags.force,
    })
    this.ui.err.write(renderDiagnostics(plan.warnings, 'text', this.ui.errStyle))
    if (flags['dry-run']) {
      await app.requireSecrets(plan)
      if (!this.jsonEnabled()) this.ui.out.write(renderPlan(plan, this.ui))
      return describePlan(plan)
    }

    const stop = new AbortController()
    const leave = new AbortController()
    const ignoreSignals = listenForStop(
      (cause) => {
        stop.abort(cause)
      },
      (cause) => {
        const exit = (): void => {
          app.killAll()
          process.exit(stopExitCodes[cause])
        }
        if (leave.signal.aborted) exit()
        // In this order: what runs ends even when the journal must be waited for.
        app.killAll()
        leave.abort(cause)
        // The run is over and journalled. What the command does after a run it may still do, as long as nobody notices.
        setTimeout(exit, leaveWithinMs).unref()
      },
    )
    try {
      const outcome = await app.run(
        plan,
        {
          progress: flags.progress,
          lines: flags.quiet ? 'none' : flags.verbose ? 'all' : 'default',
          events: flags.events,
          keepsOutputs: this.jsonEnabled(),
        },
        {stop: stop.signal, leave: leave.signal},
      )
      this.setExitCode(exitCodeOf(outcome))
      const {outputs = {}} = outcome.result
      if (Object.keys(outputs).length > 0 && !this.jsonEnabled() && flags.events !== '-') this.logJson(outputs)
      return outcome.result
    } finally {
      ignoreSignals()
    }
  }

  /** The run matters more than its output: it runs to its end even if nobody reads it. */
  protected override onStdoutClosed(): Promise<void> {
    return Promise.resolve()
  }
}

function exitCodeOf({result, stopCause}: RunOutcome): number {
  if (stopCause === 'timeout') return errorCodes.RUN_TIMED_OUT.exitCode
  if (stopCause !== undefined) return stopExitCodes[stopCause]
  return result.status === 'succeeded' ? 0 : errorCodes.RUN_FAILED.exitCode
}
