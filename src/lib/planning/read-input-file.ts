// `--input-file`: a JSON or YAML file, or standard input, with the inputs of a run by name.

import {isFields} from '../documents/fields.ts'
import {parseDocument, readDocument} from '../documents/read-document.ts'
import type {SourceDocument} from '../documents/source-document.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import type {JsonObject} from '../util/json.ts'

export interface InputFileSources {
  /** Absolute. */
  readonly cwd: string
  /** Rejects with a TypeError when it is not UTF-8. */
  readonly readStdin: () => Promise<string>
}

const options = {what: 'input file', errorCode: 'USAGE'} as const

/** @param file its path, or `-` for standard input. Throws USAGE when it is not a map, DOCUMENT_UNREADABLE when it cannot be read. */
export async function readInputFile(
  file: string,
  {cwd, readStdin}: InputFileSources,
): Promise<{readonly value: JsonObject; readonly document: SourceDocument}> {
  const document = file === '-' ? await parseDocument(await readStdin(), '-', options) : await readDocument(file, {...options, cwd})
  if (isFields(document.value)) return {value: document.value as JsonObject, document}
  throw new WorkflowError('USAGE', `input file "${file}" must be a map of names and values`, {hint: 'for example {"limit": 10}'})
}
