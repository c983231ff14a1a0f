// Shows one run.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import type {App} from '../../lib/app/app.ts'
import type {RevealedOutputs} from '../../lib/app/reveal-outputs.ts'
import type {RunDetails, TaskSummary} from '../../lib/engine/run-details.ts'
import type {RunRows, RunSummary} from '../../lib/storage/run-rows.ts'
import {printEventArray, printEventStream} from '../../lib/ui/views/print-events.ts'
import {renderRunDetails} from '../../lib/ui/views/run-details.ts'
import {renderRunOutputs} from '../../lib/ui/views/run-outputs.ts'
import {askFirst} from '../../lib/ui/input/ask-first.ts'
import {exposureWarning} from '../../lib/ui/input/secret-output.ts'
import {defined} from '../../lib/util/defined.ts'
import type {JsonValue} from '../../lib/util/json.ts'

interface RevealFlags {
  readonly reveal: boolean
  readonly force: boolean
  readonly 'no-input': boolean
}

type ShownRun = RunSummary & Omit<RunDetails, 'tasks'> & {readonly tasks: readonly (TaskSummary & {readonly output?: JsonValue})[]}

export class RunsShow extends BaseCommand {
  static override summary = 'Show one run and its tasks.'
  static override description =
    '--events prints the same lines as `run --events`. --reveal also prints what each task and the run returned, with secrets in clear ' +
    'text where the journal has placeholders; it asks first, needs the master key, and is recorded (`secrets audit`).'
  static override examples = [
    '<%= config.bin %> runs show latest',
    '<%= config.bin %> runs show latest --json',
    '<%= config.bin %> runs show latest --events',
    '<%= config.bin %> runs show latest --reveal',
  ]
  static override args = {run: Args.string({default: 'latest', description: 'id of the run, the beginning of one, or latest'})}
  static override flags = {
    events: Flags.boolean({description: 'print all events as lines of JSON; with --json, as one array', exclusive: ['reveal']}),
    reveal: Flags.boolean({description: 'also print what tasks returned, secrets in clear text'}),
    force: Flags.boolean({char: 'f', description: 'with --reveal: do not ask'}),
    'no-input': Flags.boolean({description: 'never ask: refuse --reveal without --force'}),
  }

  /** The document was streamed. */
  #isPrinted = false

  protected override logJson(json: unknown): void {
    if (!this.#isPrinted) super.logJson(json)
  }

  async run(): Promise<ShownRun | undefined> {
    const {args, flags} = await this.parse(RunsShow)
    const app = await this.app()
    const rows = await app.runs()
    const run = rows.get(args.run)
    if (flags.events) {
      if (this.jsonEnabled()) await printEventArray(rows.events(run), this.ui)
      else await printEventStream(rows.events(run), rows.eventsVersion(run), this.ui)
      this.#isPrinted = true
      return undefined
    }
    const details = {...run, ...rows.details(run)}
    const revealed = flags.reveal ? await this.#reveal(app, run, rows, flags) : undefined
    const failed = details.tasks
      .flatMap(({items = [], ...task}) => [task, ...items])
      .filter(({status}) => status === 'failed' || status === 'interrupted')
      .slice(0, 20)
    const logsOf = failed.find(({id}) => rows.hasLog(run, id))?.id
    this.print((ui) => renderRunDetails({...details, logsOf}, ui, Date.now()))
    if (revealed === undefined) return details
    this.print((ui) => renderRunOutputs(revealed, ui))
    return withOutputs(details, revealed)
  }

  /** Undefined when the answer is no. */
  async #reveal(app: App, run: RunSummary, rows: RunRows, flags: RevealFlags): Promise<RevealedOutputs | undefined> {
    const isAgreed = await askFirst(app.prompt, flags, {
      question: 'This shows secrets in clear text to whoever sees your terminal. Go on?',
      refused: `the outputs of run ${run.id} were not shown`,
      hint: 'use --force to show secrets in clear text without being asked',
    })
    if (!isAgreed) {
      this.ui.err.write('The outputs were not shown.\n')
      return undefined
    }
    const {revealOutputs} = await import('../../lib/app/reveal-outputs.ts')
    const revealed = await revealOutputs(app, run)
    if (revealed.sealedCount > 0) this.ui.err.write(exposureWarning)
    else this.ui.err.write('note: no output of this run is stored encrypted; they are shown as they were recorded\n')
    await this.ui.flush()
    return revealed
  }
}

function withOutputs(details: RunSummary & RunDetails, {tasks, run}: RevealedOutputs): ShownRun {
  const withOutput = <T extends {readonly id: string}>(task: T): T & {readonly output?: JsonValue} =>
    tasks.has(task.id) ? {...task, output: tasks.get(task.id) ?? null} : task
  return {
    ...details,
    tasks: details.tasks.map((task) => ({...withOutput(task), ...(task.items !== undefined && {items: task.items.map(withOutput)})})),
    ...defined({outputs: run}),
  }
}
