// Takes over a run that was exported.

import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import type {ImportAnswer} from '../../lib/app/keeping/import-run.ts'

export class RunsImport extends BaseCommand {
  static override summary = 'Add a run that was exported, to look at it.'
  static override description =
    'Checks the whole file first. A run that is already there is refused. The run has ended: it cannot be resumed.'
  static override examples = ['<%= config.bin %> runs import run.jsonl']
  static override args = {file: Args.string({required: true, description: 'file that runs export has written'})}

  async run(): Promise<ImportAnswer> {
    const {args} = await this.parse(RunsImport)
    const app = await this.app()
    const {importRun} = await import('../../lib/app/keeping/import-run.ts')
    const imported = await importRun(app, args.file)
    this.note(`Imported run ${imported.run} (${imported.status}).\n`)
    return imported
  }
}
