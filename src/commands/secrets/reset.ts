// Gives the secrets up and starts again without any.

import {Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import {WorkflowError} from '../../lib/errors/workflow-error.ts'
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
    if (!flags.force) {
      if (!app.prompt.isAvailable(flags['no-input'])) {
        throw new WorkflowError('USAGE', 'the secrets were not removed: there is no terminal to ask on', {
          hint: 'use --force to remove all secrets without being asked',
        })
      }
      if (!(await app.prompt.confirm('Remove all secrets and their keys? This cannot be undone.'))) {
        if (!this.jsonEnabled()) app.ui.err.write('Nothing was removed.\n')
        return {secrets: 0, reset: false}
      }
    }
    const store = await app.secrets()
    const {secrets, isPurged} = await store.reset()
    if (!isPurged) app.ui.err.write(purgeWarning)
    if (!this.jsonEnabled())
      app.ui.err.write(`Removed ${count(secrets, 'secret')}. The next one starts a new store: workflow secrets set NAME\n`)
    return {secrets, reset: true}
  }
}
