// Shows what the tasks of a run wrote.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import {printLogs} from '../../lib/ui/views/print-events.ts'
import {defined} from '../../lib/util/defined.ts'

export class RunsLogs extends BaseCommand {
  static override summary = 'Show what the tasks of a run wrote.'
  static override description = 'With --json, one array of log events. Logs of any size are streamed.'
  static override examples = [
    '<%= config.bin %> runs logs latest',
    '<%= config.bin %> runs logs latest --task fetch --timestamps',
    '<%= config.bin %> runs logs latest --follow',
  ]
  static override args = {run: Args.string({default: 'latest', description: 'id of the run, the beginning of one, or latest'})}
  static override flags = {
    task: Flags.string({
      char: 't',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'ID',
      description: 'only this task, or this item of one: TASK[KEY]; can be repeated',
    }),
    attempt: Flags.integer({min: 1, helpValue: 'N', description: 'only this attempt'}),
    follow: Flags.boolean({char: 'f', description: 'keep printing until the run ends'}),
    raw: Flags.boolean({description: 'print lines exactly as they were written, escape sequences included'}),
    timestamps: Flags.boolean({description: 'print the time before each line'}),
  }

  async run(): Promise<void> {
    const {args, flags} = await this.parse(RunsLogs)
    const app = await this.app()
    const rows = await app.runs()
    const run = rows.get(args.run)
    const tasks = flags.task ?? []
    rows.requireTasks(run, tasks)
    const filter = {kind: 'logs' as const, tasks, ...defined({attempt: flags.attempt})}
    const events = flags.follow ? rows.follow(run, filter) : rows.events(run, filter)
    await printLogs(events, this.ui, {
      isJson: this.jsonEnabled(),
      hasTask: tasks.length !== 1 || rows.hasItems(run, tasks[0] ?? ''),
      hasTime: flags.timestamps,
      isRaw: flags.raw,
    })
  }

  /** The array was streamed already. */
  protected override logJson(): void {
    // Nothing is left to print.
  }
}
