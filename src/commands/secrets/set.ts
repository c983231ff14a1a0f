// Stores a secret.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import {purgeWarning} from '../../lib/ui/input/secret-output.ts'
import {readSecretValue} from '../../lib/ui/input/secret-value.ts'

export class SecretsSet extends BaseCommand {
  static override summary = 'Store a secret, or give it a new value.'
  static override description =
    'Without a value, asks for it on the terminal. Put a value that begins with - after --. ' +
    'One newline at the end of standard input is removed.'
  static override examples = [
    '<%= config.bin %> secrets set API_KEY',
    'printf %s "$KEY" | <%= config.bin %> secrets set API_KEY --stdin',
    '<%= config.bin %> secrets set TLS_KEY --from-file tls.pem',
  ]
  static override hidesArguments = true
  static override args = {
    name: Args.string({required: true, description: 'letters, digits, _ and -'}),
    value: Args.string({description: 'the value, or - for standard input'}),
  }
  static override flags = {
    stdin: Flags.boolean({description: 'read the value from standard input'}),
    raw: Flags.boolean({description: 'with --stdin: keep the newline at the end'}),
    'from-file': Flags.string({helpValue: 'FILE', description: 'use the bytes of a file unchanged'}),
    'no-input': Flags.boolean({description: 'never ask'}),
  }

  async run(): Promise<{readonly name: string; readonly created: boolean}> {
    const {args, flags} = await this.parse(SecretsSet)
    const app = await this.app()
    const store = await app.secrets()
    await store.refuseSwapped(args.name, args.value)
    const request = {...args, isStdin: flags.stdin, isRaw: flags.raw, file: flags['from-file'], noInput: flags['no-input']}
    const value = await readSecretValue(request, app)
    if (args.value !== undefined && args.value !== '-') {
      this.ui.err.write('note: the value is now in your shell history, and was visible in the process list. --stdin avoids both.\n')
    }
    const {created, isPurged} = await store.set(args.name, value)
    if (!isPurged) this.ui.err.write(purgeWarning)
    this.note(`${created ? 'Created' : 'Updated'} secret '${args.name}'.\n`)
    return {name: args.name, created}
  }
}
