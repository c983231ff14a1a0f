// Prints the JSON Schemas of the files people write, and of the events programs read.

import {Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.ts'
import {WorkflowError} from '../lib/errors/workflow-error.ts'

export class Schema extends BaseCommand {
  static override summary = 'Print the JSON Schema of workflow files, for editors.'
  static override description =
    'Editors with yaml-language-server complete and check a workflow file that starts with: # yaml-language-server: $schema=workflow.schema.json'
  static override examples = [
    '<%= config.bin %> schema > workflow.schema.json',
    '<%= config.bin %> schema --with-plugins > workflow.schema.json',
    '<%= config.bin %> schema --of plugin > plugin.schema.json',
  ]
  static override flags = {
    of: Flags.option({options: ['workflow', 'plugin', 'config', 'events', 'test'] as const, default: 'workflow' as const})({
      description: 'print the schema of plugin.yaml, of autokestra.yaml, of a line of --events, or of a test file instead',
    }),
    'with-plugins': Flags.boolean({description: 'also describe the inputs of every action that is installed here'}),
  }

  async run(): Promise<object> {
    const {flags} = await this.parse(Schema)
    if (flags['with-plugins'] && flags.of !== 'workflow') {
      throw new WorkflowError('USAGE', `--with-plugins and --of ${flags.of} exclude each other`, {
        hint: '--with-plugins is about workflow files: use it without --of',
      })
    }
    const {loadSchema, loadSchemaWithPlugins} = await import('../lib/app/authoring/schemas.ts')
    const schema = flags['with-plugins'] ? await loadSchemaWithPlugins(await this.app()) : await loadSchema(flags.of)
    this.print(() => `${JSON.stringify(schema, null, 2)}\n`)
    return schema
  }
}
