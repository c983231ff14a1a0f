// Looks whether all secrets are what was stored.

import {BaseCommand} from '../../base-command.ts'
import {WorkflowError} from '../../lib/errors/workflow-error.ts'
import {count} from '../../lib/ui/count.ts'

export class SecretsVerify extends BaseCommand {
  static override summary = 'Check that no secret was changed, lost or put back to an older value.'
  static override description = 'Decrypts all of them, and shows none. Exit code 4 when something is found; all findings are listed.'
  static override examples = ['<%= config.bin %> secrets verify']

  async run(): Promise<{readonly secrets: number; readonly findings: readonly []}> {
    await this.parse(SecretsVerify)
    const app = await this.app()
    const store = await app.secrets()
    const {secrets, findings} = await store.verify()
    if (findings.length > 0) {
      throw new WorkflowError('SECRET_TAMPERED', 'the store is not what was stored', {
        hint: 'bring back the database from a backup, or set the secrets that are named again',
        diagnostics: findings.map(({code, message}) => ({severity: 'error', code, message})),
      })
    }
    if (!this.jsonEnabled()) app.ui.err.write(`${count(secrets, 'secret')}, ${secrets === 1 ? 'as it was' : 'all as they were'} stored.\n`)
    return {secrets, findings: []}
  }
}
