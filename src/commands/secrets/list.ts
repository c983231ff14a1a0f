// Shows which secrets there are.

import {BaseCommand} from '../../cli/base-command.ts'
import type {SecretMetadata} from '../../lib/secrets/store/secret-rows.ts'
import {renderSecretList} from '../../lib/ui/views/secret-list.ts'

export class SecretsList extends BaseCommand {
  static override summary = 'List the names of all secrets, never their values.'
  static override description = 'Needs no master key.'
  static override hidesArguments = true
  static override examples = ['<%= config.bin %> secrets list', '<%= config.bin %> secrets list --json']

  async run(): Promise<SecretMetadata[]> {
    await this.parse(SecretsList)
    const app = await this.app()
    const store = await app.secrets()
    const secrets = store.list()
    this.print((ui) => renderSecretList(secrets, ui, Date.now()))
    return secrets
  }
}
