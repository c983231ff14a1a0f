// The text of a workflow file, or of standard input -> one document with positions.

import {parseDocument, readDocument} from '../documents/read-document.ts'
import type {SourceDocument} from '../documents/source-document.ts'
import {WorkflowError} from '../errors/workflow-error.ts'

export interface WorkflowFileSources {
  /** Absolute. */
  readonly cwd: string
  /** Rejects with a TypeError when it is not UTF-8. */
  readonly readStdin: () => Promise<string>
}

/** Standard input is read up to the size at which a document is refused. */
export const maxStdinBytes = 4 * 1024 * 1024 + 1

const what = 'workflow file'

/** @param file its path, or `-` for standard input. Throws WorkflowError: DOCUMENT_UNREADABLE, or WORKFLOW_INVALID with all that is wrong with the YAML. */
export async function readWorkflowFile(file: string, {cwd, readStdin}: WorkflowFileSources): Promise<SourceDocument> {
  if (file !== '-') return await readDocument(file, {what, cwd})
  return await parseDocument(await readStdin().catch(explainEncoding), '-', {what})
}

function explainEncoding(error: unknown): never {
  if (!(error instanceof TypeError)) throw error
  throw new WorkflowError('DOCUMENT_UNREADABLE', 'workflow file from standard input is not UTF-8 text', {
    hint: 'Save the file as UTF-8.',
    cause: error,
  })
}
