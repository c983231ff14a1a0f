// Deletes a secret permanently.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import {askFirst} from '../../lib/ui/input/ask-first.ts'
import {purgeWarning} from '../../lib/ui/input/secret-output.ts'

export class SecretsDelete extends BaseCommand {
  static override summary = 'Delete a secret permanently.'
  static override description = 'Asks for confirmation. Put a name that begins with - after --.'
  static override hidesArguments = true
  static override examples = ['<%= config.bin %> secrets delete API_KEY', '<%= config.bin %> secrets delete API_KEY --force']
  static override args = {name: Args.string({required: true, description: 'name of the secret'})}
  static override flags = {
    force: Flags.boolean({char: 'f', description: 'do not ask'}),
    'no-input': Flags.boolean({description: 'never ask: fail without --force'}),
  }

  async run(): Promise<{readonly name: string; readonly deleted: boolean}> {
    const {
      args: {name},
      flags,
    } = await this.parse(SecretsDelete)
    const app = await this.app()
    const store = await app.secrets()
    await store.requireStored(name)
    const deleted = await askFirst(app.prompt, flags, {
      question: `Delete secret '${name}' permanently?`,
      refused: `secret '${name}' was not deleted`,
      hint: 'use --force to delete it without being asked',
    })
    if (!deleted) {
      this.note(`Kept secret '${name}'.\n`)
      return {name, deleted}
    }
    const {isPurged} = await store.delete(name)
    if (!isPurged) this.ui.err.write(purgeWarning)
    this.note(`Deleted secret '${name}'.\n`)
    return {name, deleted}
  }
}
