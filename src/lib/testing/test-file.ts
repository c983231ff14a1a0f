// NAME.test.yaml -> its cases, with the document that knows their positions.

import {collectFindings, countErrors, joinFindings, listFindings, type CheckFinding} from '../documents/findings.ts'
import type {SchemaCompiler} from '../documents/json-schema.ts'
import {readDocument} from '../documents/read-document.ts'
import {placeSchemaFinding} from '../documents/schema-diagnostics.ts'
import type {SourceDocument} from '../documents/source-document.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import type {JsonObject, JsonValue} from '../util/json.ts'
import {testSchema} from './test-schema.ts'

/** What one attempt comes to. Without `error` it succeeds. */
export interface MockedResult {
  readonly output?: JsonValue
  readonly error?: {readonly code: string; readonly message?: string; readonly retryable?: boolean; readonly exitCode?: number}
  /** Text by path. */
  readonly files?: Readonly<Record<string, string>>
}

export interface ExpectedTask {
  readonly status?: string
  readonly inputs?: JsonObject
  readonly env?: Readonly<Record<string, string | number | boolean>>
  readonly output?: JsonValue
  readonly error?: JsonObject
  readonly attempts?: number
  readonly reason?: string
}

export interface TestCase {
  readonly name: string
  readonly inputs?: JsonObject
  readonly vars?: JsonObject
  readonly secrets?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  readonly select?: {readonly tasks?: readonly string[]; readonly only?: readonly string[]; readonly from?: readonly string[]}
  /** By id of a task, or key of an item. */
  readonly tasks?: Readonly<Record<string, MockedResult | readonly MockedResult[]>>
  readonly expect?: {
    readonly status?: string
    readonly tasks?: Readonly<Record<string, string | ExpectedTask>>
    readonly outputs?: JsonObject
    readonly failed?: readonly string[]
  }
}

export interface TestFile {
  readonly document: SourceDocument
  /** Path of the workflow file, relative to the test file. Absent: NAME.yaml. */
  readonly workflow?: string
  readonly cases: readonly TestCase[]
}

/** Throws WorkflowError: DOCUMENT_UNREADABLE, or TEST_INVALID with all findings of the schema. @param cwd absolute */
export async function readTestFile(
  file: string,
  {schemas, cwd}: {readonly schemas: SchemaCompiler; readonly cwd: string},
): Promise<TestFile> {
  const document = await readDocument(file, {what: 'test file', errorCode: 'TEST_INVALID', cwd})
  const check = await schemas.compile(testSchema)
  requireNone(
    document,
    check(document.value)
      .map(placeSchemaFinding)
      .map(({path, target, finding}) => ({...finding, at: path, target})),
  )
  // The schema has let it through.
  const written = document.value as Pick<TestFile, 'workflow' | 'cases'>
  return {...written, document}
}

/** Throws TEST_INVALID with the findings, if there are any. */
export function requireNone(document: SourceDocument, check: Iterable<CheckFinding>): void {
  const findings = joinFindings([collectFindings(document, check)])
  const errors = countErrors(findings)
  if (errors === 0) return
  const amount = errors === 1 ? '1 error' : `${String(errors)} errors`
  throw new WorkflowError('TEST_INVALID', `The test file "${document.file}" has ${amount}.`, {
    diagnostics: listFindings(document.file, findings),
  })
}
