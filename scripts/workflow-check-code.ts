// The code of the check of workflow files, for the bundle.

import {generateSchemaCode} from '../src/lib/documents/schema-code.ts'
import {workflowSchema} from '../src/lib/workflow/schema/workflow-schema.ts'

export async function workflowCheckCode(): Promise<string> {
  return await generateSchemaCode(workflowSchema, {trustPatterns: true})
}
