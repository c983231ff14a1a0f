// Workflow file -> Workflow, or one error with everything that is wrong with it.

import type {SchemaCompiler} from '../documents/json-schema.ts'
import {parseDocument, readDocument} from '../documents/read-document.ts'
import type {SourceDocument} from '../documents/source-document.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import type {Templates} from '../templates/templates.ts'
import {buildWorkflow} from './build-workflow.ts'
import type {Workflow} from './model.ts'
import {validateWorkflow} from './validate.ts'

export interface LoadOptions {
  readonly schemas: SchemaCompiler
  /** Afterwards every template of the workflow can be evaluated with it. */
  readonly templates: Templates
  /** Absolute. `file` is relative to it, and a workflow from standard input lives in it. */
  readonly cwd: string
  /** Reads the text of the file `-`. */
  readonly readStdin?: () => Promise<string>
}

const what = 'workflow file'

/**
 * Loads a file, or text that was read elsewhere (`file` is then what messages call it, `-` for standard input).
 * Throws WorkflowError: DOCUMENT_UNREADABLE, or WORKFLOW_INVALID with all diagnostics in file order.
 */
export async function loadWorkflow(from: string | {readonly text: string; readonly file: string}, options: LoadOptions): Promise<Workflow> {
  const document = await open(from, options)
  const diagnostics = await validateWorkflow(document, options)
  if (diagnostics.length > 0) {
    const count = diagnostics.length === 1 ? 'a finding' : `${diagnostics.length} findings`
    throw new WorkflowError('WORKFLOW_INVALID', `The workflow file "${document.file}" has ${count}.`, {diagnostics})
  }
  const workflow = buildWorkflow(document, options.cwd)
  // `if: false` becomes a template only now.
  await options.templates.prepare(workflow.tasks.map((task) => task.if))
  return workflow
}

async function open(from: string | {readonly text: string; readonly file: string}, {cwd, readStdin}: LoadOptions): Promise<SourceDocument> {
  if (typeof from !== 'string') return await parseDocument(from.text, from.file, {what})
  if (from === '-' && readStdin) return await parseDocument(await readStdin(), '-', {what})
  return await readDocument(from, {what, cwd})
}
