// Looks whether all secrets are what was stored.

import {Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import {WorkflowError} from '../../lib/errors/workflow-error.ts'
import {count} from '../../lib/ui/terminal/count.ts'

export class SecretsVerify extends BaseCommand {
  static override summary = 'Check that no secret was changed, lost or rolled back to an older value.'
  static override description = 'Decrypts every secret and shows none. Lists all problems; exit code 4 if there are any.'
  static override examples = ['<%= config.bin %> secrets verify', '<%= config.bin %> secrets verify --accept-restored']
  static override hidesArguments = true
  static override flags = {
    'accept-restored': Flags.boolean({
      description: 'first accept the store as it is, after you restored a backup or moved the database',
    }),
  }

  async run(): Promise<{readonly secrets: number; readonly findings: readonly []}> {
    const {flags} = await this.parse(SecretsVerify)
    const app = await this.app()
    const store = await app.secrets()
    if (flags['accept-restored']) await store.acceptRestored()
    const {secrets, findings} = await store.verify()
    if (findings.length > 0) {
      throw new WorkflowError('SECRET_TAMPERED', 'the secret store is not as it was stored', {
        hint:
          'restore the database from a backup, or set the listed secrets again; if you restored a backup or moved the database on ' +
          'purpose: workflow secrets verify --accept-restored',
        diagnostics: findings.map(({code, message}) => ({severity: 'error', code, message})),
      })
    }
    this.note(`${count(secrets, 'secret')}, ${secrets === 1 ? 'as it was' : 'all as they were'} stored.\n`)
    return {secrets, findings: []}
  }
}
