// Removes runs that nobody needs any more.

import {Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import type {PrunedRuns} from '../../lib/app/keeping/prune-runs.ts'
import {count} from '../../lib/ui/terminal/count.ts'
import {renderRunList} from '../../lib/ui/views/run-list.ts'

export class RunsPrune extends BaseCommand {
  static override summary = 'Remove runs that have ended, with their logs and files.'
  static override description =
    'Removes runs that are older than a period, or all but the newest of each workflow; with both, only runs that are neither. A run that ' +
    'is running or waiting is never removed, one that was interrupted only with --status interrupted. Runs that tasks have made are removed with the run ' +
    'of the task. Other runs can go on meanwhile.'
  static override examples = [
    '<%= config.bin %> runs prune --older-than 30d',
    '<%= config.bin %> runs prune --keep 100 --status succeeded --dry-run',
    '<%= config.bin %> runs prune --older-than 0s --workflow nightly',
  ]
  static override flags = {
    'older-than': Flags.string({helpValue: '30d', description: 'only runs that ended longer ago'}),
    keep: Flags.integer({min: 0, helpValue: 'N', description: 'keep the newest N runs of each workflow'}),
    status: Flags.option({
      options: ['succeeded', 'failed', 'cancelled', 'interrupted'] as const,
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
    })({description: 'only runs with this status; can be repeated'}),
    workflow: Flags.string({char: 'w', helpValue: 'ID', description: 'only runs of this workflow'}),
    'dry-run': Flags.boolean({char: 'n', description: 'show what would be removed, and remove nothing'}),
  }

  async run(): Promise<PrunedRuns> {
    const {flags} = await this.parse(RunsPrune)
    const {'older-than': olderThan, 'dry-run': isDryRun, keep, status: statuses, workflow} = flags
    const app = await this.app()
    const {pruneRuns} = await import('../../lib/app/keeping/prune-runs.ts')
    const pruned = await pruneRuns(app, {olderThan, keep, statuses, workflow, isDryRun})
    const {runs, removed} = pruned
    if (isDryRun) this.print((ui) => renderRunList(runs, ui, Date.now()))
    const made = removed - runs.length
    if (isDryRun) this.note(`Would remove ${count(runs.length, 'run')}.\n`)
    else this.note(`Removed ${count(removed, 'run')}${made > 0 ? `, ${String(made)} of them made by tasks of the others` : ''}.\n`)
    return pruned
  }
}
