// Prints the JSON Schema of workflow files.

import {BaseCommand} from '../base-command.ts'

export class Schema extends BaseCommand {
  static override summary = 'Print the JSON Schema of workflow files, for editors.'
  static override description =
    'Editors with yaml-language-server complete and check a workflow file that starts with: # yaml-language-server: $schema=workflow.schema.json'
  static override examples = ['<%= config.bin %> schema > workflow.schema.json']

  async run(): Promise<object> {
    await this.parse(Schema)
    const {workflowSchema} = await import('../lib/workflow/schema.ts')
    if (!this.jsonEnabled()) this.logJson(workflowSchema)
    return workflowSchema
  }
}
