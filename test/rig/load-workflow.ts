// A workflow as its text alone gives it: without plugins, so every type passes, and without a look at what is granted.

import {parseDocument} from '../../src/lib/documents/read-document.ts'
import type {SchemaCompiler} from '../../src/lib/documents/json-schema.ts'
import type {Diagnostic} from '../../src/lib/errors/diagnostic.ts'
import {requireValid} from '../../src/lib/planning/require-valid.ts'
import type {KnownActions} from '../../src/lib/workflow/action-inputs.ts'
import {readDraft, workflowDir} from '../../src/lib/workflow/draft.ts'
import {refuseForeignFile} from '../../src/lib/workflow/foreign-file.ts'
import {checkWorkflow, type Meaning} from '../../src/lib/workflow/check/check-workflow.ts'

export interface LoadOptions {
  readonly schemas: SchemaCompiler
  readonly file?: string
  readonly cwd?: string
  readonly actions?: KnownActions
}

/** Throws WorkflowError with all findings. */
export async function loadWorkflow(text: string, options: LoadOptions): Promise<Meaning & {readonly warnings: readonly Diagnostic[]}> {
  const {schemas, file = 'demo.yaml', cwd = '/', actions = new Map()} = options
  const document = await parseDocument(text, file, {what: 'workflow file'})
  refuseForeignFile(document)
  const meaning = await checkWorkflow(readDraft(document), {schemas, actions, dir: workflowDir(file, cwd)})
  const {values, warnings} = requireValid(document, {meaning})
  return {...values.meaning, warnings}
}
