// Writes one run into one file.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import type {ExportedRun} from '../../lib/app/keeping/export-run.ts'
import {WorkflowError} from '../../lib/errors/workflow-error.ts'

export class RunsExport extends BaseCommand {
  static override summary = 'Write a run that has ended into one file.'
  static override description =
    'JSON lines: its plan, events and log, with secrets masked as in the journal. The encrypted originals of outputs are not in it, nor its files.'
  static override examples = [
    '<%= config.bin %> runs export latest -o run.jsonl',
    '<%= config.bin %> runs export latest | gzip > run.jsonl.gz',
  ]
  static override args = {run: Args.string({required: true, description: 'id of the run, the beginning of one, or latest'})}
  static override flags = {output: Flags.string({char: 'o', helpValue: 'FILE', description: 'write to a new file instead of stdout'})}

  async run(): Promise<ExportedRun> {
    const {args, flags} = await this.parse(RunsExport)
    if (this.jsonEnabled() && flags.output === undefined) {
      throw new WorkflowError('USAGE', 'the run and --json both write to stdout', {hint: 'write the run to a file: -o run.jsonl'})
    }
    const app = await this.app()
    const {exportRun} = await import('../../lib/app/keeping/export-run.ts')
    const exported = await exportRun(app, args.run, flags.output)
    this.note(`Exported run ${exported.run}, masked as in the journal, without encrypted outputs and files.\n`)
    return exported
  }
}
