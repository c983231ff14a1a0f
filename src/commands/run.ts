// Runs a workflow file to its end.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../base-command.ts'
import type {RunOutcome} from '../lib/app.ts'
import {listenForStop, stopExitCodes} from '../stop-signals.ts'

export class Run extends BaseCommand {
  static override summary = 'Run a workflow file.'
  static override description =
    'Progress goes to stderr; the outputs the workflow declares go to stdout as JSON. Ctrl-C stops the run, a second one leaves at once.'
  static override examples = [
    '<%= config.bin %> run hello.yaml',
    '<%= config.bin %> run hello.yaml --var name=you --json',
    '<%= config.bin %> run hello.yaml --events - --progress quiet',
    'cat hello.yaml | <%= config.bin %> run -',
  ]
  static override args = {file: Args.string({required: true, description: 'workflow file, or - for standard input'})}
  static override flags = {
    var: Flags.string({multiple: true, multipleNonGreedy: true, helpValue: 'name=value', description: 'set one of the vars of the workflow'}),
    'dry-run': Flags.boolean({description: 'check everything and show the plan, but start nothing'}),
    concurrency: Flags.integer({min: 1, helpValue: 'N', description: 'most tasks at a time'}),
    'keep-going': Flags.boolean({description: 'let independent tasks go on after a failure (failFast: false)'}),
    timeout: Flags.string({helpValue: '30m', description: 'stop the run after this long'}),
    force: Flags.boolean({description: 'run a workflow that says enabled: false'}),
    progress: Flags.option({options: ['auto', 'tty', 'plain', 'quiet'] as const, default: 'auto' as const})({description: 'how progress is shown on stderr'}),
    events: Flags.string({helpValue: 'PATH|-', description: 'write every event as a line of JSON to a file, or to stdout'}),
  }

  async run(): Promise<RunOutcome> {
    const {args, flags} = await this.parse(Run)
    const app = await this.app()
    const request = {
      file: args.file,
      vars: flags.var ?? [],
      concurrency: flags.concurrency,
      keepGoing: flags['keep-going'],
      timeout: flags.timeout,
      force: flags.force,
    }
    if (flags['dry-run']) {
      const plan = await app.showPlan(request, {isJson: flags.json})
      return plan
    }
    const stopping = new AbortController()
    const ignore = listenForStop(
      cause => {
        stopping.abort(cause)
      },
      cause => {
        app.killAll()
        process.exit(stopExitCodes[cause])
      },
    )
    try {
      const result = await app.run(request, {signal: stopping.signal, progress: flags.progress, events: flags.events, isJson: flags.json})
      this.setExitCode(result.exitCode)
      return result.value
    } finally {
      ignore()
    }
  }
}
