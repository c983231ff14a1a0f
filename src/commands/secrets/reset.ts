// Gives the secrets up and starts again without any.

import {Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import {askFirst} from '../../lib/ui/input/ask-first.ts'
import {count} from '../../lib/ui/terminal/count.ts'
import {purgeWarning} from '../../lib/ui/input/secret-output.ts'

export class SecretsReset extends BaseCommand {
  static override summary = 'Remove all secrets and their keys, to start again without any.'
  static override description =
    'For a store whose master key is lost, or that was emptied or damaged. Asks for confirmation. Deletes the audit log of secrets and the encrypted ' +
    'outputs of tasks. Keeps the history of runs, and a key file, which the next secret uses.'
  static override examples = ['<%= config.bin %> secrets reset', '<%= config.bin %> secrets reset --force']
  static override hidesArguments = true
  static override flags = {
    force: Flags.boolean({char: 'f', description: 'do not ask'}),
    'no-input': Flags.boolean({description: 'never ask: fail without --force'}),
  }

  async run(): Promise<{readonly secrets: number; readonly reset: boolean}> {
    const {flags} = await this.parse(SecretsReset)
    const app = await this.app()
    const reset = await askFirst(app.prompt, flags, {
      question: 'Remove all secrets and their keys? This cannot be undone.',
      refused: 'the secrets were not removed',
      hint: 'use --force to remove all secrets without being asked',
    })
    if (!reset) {
      this.note('Nothing was removed.\n')
      return {secrets: 0, reset}
    }
    const store = await app.secrets()
    const {secrets, isPurged} = await store.reset()
    if (!isPurged) this.ui.err.write(purgeWarning)
    this.note(`Removed ${count(secrets, 'secret')}. The next one starts a new store: workflow secrets set NAME\n`)
    return {secrets, reset}
  }
}
