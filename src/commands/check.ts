// Looks for what a run of a workflow file would need.

import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.ts'
import type {FileCheck} from '../lib/app/check/check-file.ts'
import {WorkflowError} from '../lib/errors/workflow-error.ts'
import {renderFileCheck} from '../lib/ui/views/file-check.ts'

const assignments = {multiple: true, multipleNonGreedy: true, helpValue: 'name=value'} as const

export class Check extends BaseCommand {
  static override summary = 'Check that everything is there that a run of a workflow file needs.'
  static override description =
    'Looks for inputs, plugins, environment files, secrets and Docker, and asks all that tasks require. No task starts, and nothing is written. ' +
    'Exit code 1 when something is missing, 3 when the file is invalid.'
  static override examples = ['<%= config.bin %> check deploy.yaml', '<%= config.bin %> check deploy.yaml --input region=eu --json']
  static override args = {file: Args.string({required: true, description: 'workflow file, or - for standard input'})}
  static override flags = {
    var: Flags.string({...assignments, description: 'set one of the vars of the workflow'}),
    input: Flags.string({...assignments, char: 'i', description: 'set one of the inputs of the workflow'}),
    'input-file': Flags.string({helpValue: 'FILE|-', description: 'set inputs from a JSON or YAML file, or standard input'}),
    'env-file': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'FILE',
      description: 'give tasks the variables of a file of NAME=VALUE lines',
    }),
  }

  async run(): Promise<FileCheck> {
    const {args, flags} = await this.parse(Check)
    if (args.file === '-' && flags['input-file'] === '-') {
      throw new WorkflowError('USAGE', 'the workflow and --input-file cannot both be read from standard input', {
        hint: 'name a file for one of them',
      })
    }
    const app = await this.app()
    const {checkFile} = await import('../lib/app/check/check-file.ts')
    const inputs = {assignments: flags.input ?? [], file: flags['input-file']}
    const checked = await checkFile(app, {file: args.file, vars: flags.var ?? [], inputs, envFiles: flags['env-file'] ?? []})
    if (!checked.isReady) this.setExitCode(1)
    this.print((ui) => renderFileCheck(checked.checks, ui))
    if (checked.isReady) this.noteNext(`run ${args.file}`)
    return checked
  }
}
