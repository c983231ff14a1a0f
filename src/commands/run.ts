// Runs a workflow file to its end.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.ts'
import {displayFlags, exitCodeOf, leaveWithinMs, outputsText, readDisplay} from '../cli/run-display.ts'
import {splitAtDashes} from '../cli/split-at-dashes.ts'
import {untilStopped} from '../cli/stop-signals.ts'
import type {RunOutcome} from '../lib/engine/loop/run-workflow.ts'
import {WorkflowError} from '../lib/errors/workflow-error.ts'
import {renderCaches} from '../lib/ui/views/cache-text.ts'
import type {PlanDescription} from '../lib/ui/views/plan-text.ts'

const taskList = {multiple: true, multipleNonGreedy: true, delimiter: ',', helpValue: 'TASK'} as const

export class Run extends BaseCommand {
  static override summary = 'Run a workflow file.'
  static override description =
    'Progress goes to stderr; the outputs the workflow declares go to stdout as JSON. Ctrl-C stops the run; press it again to exit at once.'
  static override examples = [
    '<%= config.bin %> run hello.yaml',
    '<%= config.bin %> run hello.yaml --var name=you --json',
    '<%= config.bin %> run build.yaml test lint -- --watch',
    '<%= config.bin %> run report.yaml --input date=2024-05-01 --input limit=10',
    '<%= config.bin %> run hello.yaml --events - --progress quiet',
    'cat hello.yaml | <%= config.bin %> run -',
  ]
  static override args = {
    file: Args.string({required: true, description: 'workflow file, or - for standard input'}),
    task: Args.string({multiple: true, description: 'tasks to run, with all that they need; ARGS after -- are run.args in templates'}),
  }
  static override flags = {
    var: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'name=value',
      description: 'set one of the vars of the workflow',
    }),
    only: Flags.string({...taskList, description: 'run only these tasks, without what they need'}),
    from: Flags.string({...taskList, description: 'run these tasks and all that need them'}),
    input: Flags.string({
      char: 'i',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'name=value',
      description: 'set one of the inputs of the workflow',
    }),
    'input-file': Flags.string({helpValue: 'FILE|-', description: 'set inputs from a JSON or YAML file, or standard input'}),
    'no-input': Flags.boolean({description: 'never ask for inputs that have no value: fail'}),
    'env-file': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'FILE',
      description: 'give tasks the variables of a file of NAME=VALUE lines',
    }),
    'dry-run': Flags.boolean({char: 'n', description: 'check everything and show the plan, but start nothing'}),
    concurrency: Flags.integer({char: 'j', min: 1, helpValue: 'N', description: 'maximum number of tasks at the same time'}),
    'keep-going': Flags.boolean({description: 'keep running independent tasks after a failure (failFast: false)'}),
    timeout: Flags.string({helpValue: '30m', description: 'stop the run after this long'}),
    'no-cache': Flags.boolean({description: 'run every task, also those whose result is known; results are kept'}),
    resumable: Flags.boolean({
      description: 'keep what a run with secrets from the environment returns, encrypted, until it has ended: runs resume needs it',
    }),
    park: Flags.boolean({description: 'leave with exit 10 when nothing but waits is left; runs resume goes on. Implies --resumable'}),
    force: Flags.boolean({description: 'run a workflow that says enabled: false'}),
    ...displayFlags,
  }

  async run(): Promise<RunOutcome['result'] | PlanDescription> {
    // The parser would not say what stands behind --.
    const {words, rest} = splitAtDashes(this.argv)
    const {args, flags} = await this.parse(Run, [...words])
    if (args.file === '-' && flags['input-file'] === '-') {
      throw new WorkflowError('USAGE', 'the workflow and --input-file cannot both be read from standard input', {
        hint: 'name a file for one of them',
      })
    }
    const display = readDisplay(flags, this.jsonEnabled())
    const app = await this.app()
    const {runFile, dryRun} = await import('../lib/app/run-file.ts')
    const {file, task: tasks = []} = args
    requireTaskIds(tasks)
    const inputs = {assignments: flags.input ?? [], file: flags['input-file']}
    const {
      var: vars = [],
      only = [],
      from = [],
      'keep-going': keepGoing,
      'no-cache': ignoresCache,
      resumable,
      park: isParked,
      concurrency,
      timeout,
      force,
    } = flags
    const more = {
      inputs,
      noInput: flags['no-input'],
      keepGoing,
      ignoresCache,
      isResumable: resumable || isParked,
      isParked,
      concurrency,
      timeout,
      force,
    }
    const request = {file, tasks, only, from, args: rest, vars, envFiles: flags['env-file'] ?? [], ...more}
    if (flags['dry-run']) {
      const {planned, caches} = await dryRun(app, request)
      const {describePlan, renderPlan} = await import('../lib/ui/views/plan-text.ts')
      this.print((ui) => renderPlan(planned, ui) + renderCaches(caches, ui))
      return describePlan(planned, caches)
    }
    const outcome = await runFile(app, request, display, (run) => untilStopped(run, {leaveWithinMs, killAll: () => app.killAll()}))
    this.setExitCode(exitCodeOf(outcome))
    this.print(() => outputsText(outcome, display))
    return outcome.result
  }

  /** The run matters more than its output: it runs to its end even if its output is not read. */
  protected override onStdoutClosed(): Promise<void> {
    return Promise.resolve()
  }
}

/** An id has no dot, so a second file is one by mistake. */
function requireTaskIds(tasks: readonly string[]): void {
  const file = tasks.find((task) => /\.(ya?ml|json)$/i.test(task))
  if (file === undefined) return
  throw new WorkflowError('USAGE', `run takes one workflow file, and then ids of its tasks: ${file} is not one`, {
    hint: 'run the files one after the other',
  })
}
