// Writes all secrets in clear text, on purpose.

import {Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import {WorkflowError} from '../../lib/errors/workflow-error.ts'
import type {SecretJson} from '../../lib/secrets/formats/secrets-json.ts'
import {count} from '../../lib/ui/terminal/count.ts'
import {exposureWarning} from '../../lib/ui/input/secret-output.ts'

type ExportResult = Record<string, SecretJson> | {readonly file: string; readonly format: string; readonly secrets: number}

export class SecretsExport extends BaseCommand {
  static override summary = 'Write all secrets in clear text: as .env, JSON, or a shell script.'
  static override description =
    'JSON keeps every value; .env and shell keep every text. `import` reads .env and JSON back. An output file is readable only by its owner.'
  static override hidesArguments = true
  static override examples = [
    '<%= config.bin %> secrets export --format json -o backup.json',
    '<%= config.bin %> secrets export > .env',
    'eval "$(<%= config.bin %> secrets export --format shell)"',
  ]
  static override flags = {
    format: Flags.option({options: ['env', 'json', 'shell'] as const})({
      description: 'default: env, or json for a file that ends in .json',
    }),
    output: Flags.string({char: 'o', helpValue: 'FILE', description: 'write to a file instead of stdout'}),
    force: Flags.boolean({char: 'f', description: 'replace the file'}),
  }

  async run(): Promise<ExportResult> {
    const {flags} = await this.parse(SecretsExport)
    const file = flags.output === '-' ? undefined : flags.output
    const isDocument = this.jsonEnabled() && file === undefined
    if (isDocument && flags.format !== undefined && flags.format !== 'json') {
      throw new WorkflowError('USAGE', `--json and --format ${flags.format} both set the format of stdout`, {
        hint: 'remove one, or write to a file: -o FILE',
      })
    }
    const app = await this.app()
    this.ui.err.write(exposureWarning)
    const {exportSecrets} = await import('../../lib/app/secret-files.ts')
    const format = flags.format ?? (isDocument || file?.endsWith('.json') ? 'json' : 'env')
    const {text, json, secrets} = await exportSecrets(app, {format, file, mayReplace: flags.force})
    if (file === undefined) {
      this.print(() => text)
      return json
    }
    this.note(`Wrote ${count(secrets, 'secret')} to ${file}.\n`)
    return {file, format, secrets}
  }
}
