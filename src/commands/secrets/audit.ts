// Shows what was done with secrets.

import {Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import {renderSecretAudit, type ShownAuditEntry} from '../../lib/ui/views/secret-audit.ts'

export class SecretsAudit extends BaseCommand {
  static override summary = 'Show who read, set, deleted or rotated which secret, and when.'
  static override description =
    'The newest entry comes first. Values are never in the log, and no master key is needed. `secrets verify` checks that no entry was changed or removed.'
  static override examples = ['<%= config.bin %> secrets audit', '<%= config.bin %> secrets audit --limit 1000 --json']
  static override hidesArguments = true
  static override flags = {
    limit: Flags.integer({min: 1, max: 10_000, default: 50, helpValue: 'N', description: 'how many entries'}),
  }

  async run(): Promise<readonly ShownAuditEntry[]> {
    const {flags} = await this.parse(SecretsAudit)
    const app = await this.app()
    const store = await app.secrets()
    const entries = (await store.audit(flags.limit)).map(({hash: _hash, ...entry}) => entry)
    this.print((ui) => renderSecretAudit(entries, ui, Date.now()))
    return entries
  }
}
