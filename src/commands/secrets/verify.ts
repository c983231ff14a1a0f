// Looks whether all secrets are what was stored.

import {Flags} from '@oclif/core'
import {BaseCommand} from '../../base-command.ts'
import {WorkflowError} from '../../lib/errors/workflow-error.ts'
import {count} from '../../lib/ui/count.ts'

export class SecretsVerify extends BaseCommand {
  static override summary = 'Check that no secret was changed, lost or put back to an older value.'
  static override description = 'Decrypts all of them, and shows none. Exit code 4 when something is found; all findings are listed.'
  static override examples = ['<%= config.bin %> secrets verify', '<%= config.bin %> secrets verify --accept-restored']
  static override hidesArguments = true
  static override flags = {
    'accept-restored': Flags.boolean({
      description: 'first take the store as it is for the right one, after you restored a backup or moved the database',
    }),
  }

  async run(): Promise<{readonly secrets: number; readonly findings: readonly []}> {
    const {flags} = await this.parse(SecretsVerify)
    const app = await this.app()
    const store = await app.secrets()
    if (flags['accept-restored']) await store.acceptRestored()
    const {secrets, findings} = await store.verify()
    if (findings.length > 0) {
      throw new WorkflowError('SECRET_TAMPERED', 'the store is not what was stored', {
        hint:
          'restore the database from a backup, or set the secrets that are named again; if you restored a backup or moved the database on ' +
          'purpose: workflow secrets verify --accept-restored',
        diagnostics: findings.map(({code, message}) => ({severity: 'error', code, message})),
      })
    }
    if (!this.jsonEnabled()) app.ui.err.write(`${count(secrets, 'secret')}, ${secrets === 1 ? 'as it was' : 'all as they were'} stored.\n`)
    return {secrets, findings: []}
  }
}
