// Stores all secrets of a file, or none.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import type {ImportResult} from '../../lib/secrets/store/secret-store.ts'
import {purgeWarning} from '../../lib/ui/input/secret-output.ts'

export class SecretsImport extends BaseCommand {
  static override summary = 'Store all secrets of a .env or JSON file, or none of them.'
  static override description =
    'Reports all errors at once, with their lines. Names that are already stored are refused, unless a flag says what to do with them.'
  static override hidesArguments = true
  static override examples = [
    '<%= config.bin %> secrets import .env',
    '<%= config.bin %> secrets import secrets.json --overwrite',
    'other-tool export | <%= config.bin %> secrets import - --skip-existing',
  ]
  static override args = {file: Args.string({required: true, description: 'file of secrets, or - for standard input'})}
  static override flags = {
    format: Flags.option({options: ['env', 'json'] as const})({description: 'default: detected from the name and the content'}),
    'skip-existing': Flags.boolean({description: 'keep the stored values', exclusive: ['overwrite']}),
    overwrite: Flags.boolean({description: 'replace the stored values'}),
  }

  async run(): Promise<Omit<ImportResult, 'isPurged'>> {
    const {args, flags} = await this.parse(SecretsImport)
    const app = await this.app()
    const {importSecrets} = await import('../../lib/app/secret-files.ts')
    const onExisting = flags.overwrite ? 'overwrite' : flags['skip-existing'] ? 'skip' : 'refuse'
    const {isPurged, ...result} = await importSecrets(app, {file: args.file, format: flags.format, onExisting})
    const {created, updated, skipped} = result
    if (!isPurged) this.ui.err.write(purgeWarning)
    this.note(`${String(created.length)} created, ${String(updated.length)} updated, ${String(skipped.length)} skipped\n`)
    return result
  }
}
