// Shows the value of a secret.

import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import {describeSecret, exposureWarning, renderSecret, type SecretDocument} from '../../lib/ui/input/secret-output.ts'

export class SecretsGet extends BaseCommand {
  static override summary = 'Show the value of a secret.'
  static override description =
    'Only the value goes to stdout: byte for byte into a pipe or a file, with a newline added on a terminal. ' +
    'With --json, bytes that are not UTF-8 text are written as base64.'
  static override hidesArguments = true
  static override examples = ['<%= config.bin %> secrets get API_KEY', '<%= config.bin %> secrets get TLS_KEY > tls.pem']
  static override args = {name: Args.string({required: true, description: 'name of the secret'})}

  async run(): Promise<SecretDocument> {
    const app = await this.app()
    const {
      args: {name},
    } = await this.parse(SecretsGet).catch((error: unknown) => {
      // Without a name, the error explains what it would do.
      this.ui.err.write(exposureWarning)
      throw error
    })
    const store = await app.secrets()
    const value = await store.get(name)
    await store.recordRead([name])
    // Before the value, which does not wait for anything.
    this.ui.err.write(exposureWarning)
    await this.ui.flush()
    this.print(({outTerminal}) => renderSecret(name, value, outTerminal))
    return describeSecret(name, value)
  }
}
