// Deletes a secret permanently.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.ts'
import {WorkflowError} from '../../lib/errors/workflow-error.ts'
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
    if (!flags.force) {
      const {prompt} = app
      if (!prompt.isAvailable(flags['no-input'])) {
        throw new WorkflowError('USAGE', `secret '${name}' was not deleted: ${prompt.whyNot(flags['no-input'])}`, {
          hint: 'use --force to delete it without being asked',
        })
      }
      if (!(await prompt.confirm(`Delete secret '${name}' permanently?`))) {
        if (!this.jsonEnabled()) app.ui.err.write(`Kept secret '${name}'.\n`)
        return {name, deleted: false}
      }
    }
    const {isPurged} = await store.delete(name)
    if (!isPurged) app.ui.err.write(purgeWarning)
    if (!this.jsonEnabled()) app.ui.err.write(`Deleted secret '${name}'.\n`)
    return {name, deleted: true}
  }
}
