// Puts the secrets under a new master key.

import {Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import type {KeySource} from '../../lib/secrets/keys/master-key.ts'
import {count} from '../../lib/ui/terminal/count.ts'
import {describeNextStep, readNewMasterKey} from '../../lib/ui/input/new-master-key.ts'
import {defined} from '../../lib/util/defined.ts'

export class SecretsRotateKey extends BaseCommand {
  static override summary = 'Change the master key of all secrets.'
  static override description =
    'A key file is replaced with a new one. If the key comes from the environment, the new one is taken from AUTOKESTRA_NEW_SECRET_KEY, ' +
    'from standard input, or asked for. If it is interrupted, run it again.'
  static override hidesArguments = true
  static override examples = [
    '<%= config.bin %> secrets rotate-key',
    '<%= config.bin %> secrets rotate-key --reencrypt',
    'openssl rand -base64 32 | tee new.key | <%= config.bin %> secrets rotate-key --new-key-stdin',
  ]
  static override flags = {
    reencrypt: Flags.boolean({
      default: false,
      description: 'also encrypt every secret again: for a database that somebody may have copied',
    }),
    iterations: Flags.integer({
      min: 100_000,
      max: 10_000_000,
      helpValue: 'N',
      description: 'derive the key with this many iterations of PBKDF2 instead of scrypt',
    }),
    'new-key-stdin': Flags.boolean({description: 'read the new key from standard input'}),
    'no-input': Flags.boolean({description: 'never ask'}),
  }

  async run(): Promise<{readonly secrets: number; readonly reencrypted: boolean; readonly source: KeySource}> {
    const {flags} = await this.parse(SecretsRotateKey)
    const app = await this.app()
    const request = {isStdin: flags['new-key-stdin'], noInput: flags['no-input']}
    const newKey = await readNewMasterKey(request, app.options.environment.variables, app)
    const store = await app.secrets()
    const {iterations, reencrypt} = flags
    const {secrets, reencrypted, source} = await store.rotateKey({newKey, reencrypt, ...defined({iterations})})
    this.note(
      `${count(secrets, 'secret')} moved to the new master key${reencrypted ? ' and encrypted again' : ''}.\n${describeNextStep(source)}\n`,
    )
    return {secrets, reencrypted, source}
  }
}
