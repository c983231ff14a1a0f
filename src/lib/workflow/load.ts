// Workflow file -> Workflow, or one error with everything that is wrong with it.

import type {SchemaCompiler} from '../documents/json-schema.ts'
import {parseDocument, readDocument} from '../documents/read-document.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import type {ErrorCode} from '../errors/error-codes.ts'
import type {SourceDocument} from '../documents/source-document.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import type {Templates} from '../templates/templates.ts'
import {buildWorkflow, workflowDir} from './build-workflow.ts'
import {checkRuleCount} from './check-rule-count.ts'
import {FindingCollector, limitFindings} from '../documents/collect-findings.ts'
import {recogniseForeignFile} from './foreign-file.ts'
import type {GrantChecker} from './grant-checker.ts'
import type {Workflow} from './model.ts'
import {fieldsOf, isFields, writtenTasks} from '../documents/report.ts'
import type {TaskActions} from './task-actions.ts'
import {byPlace, validateWorkflow} from './validate.ts'

export interface LoadOptions {
  readonly schemas: SchemaCompiler
  /** Afterwards every template of the workflow can be evaluated with it. */
  readonly templates: Templates
  /** Absolute. `file` is relative to it, and a workflow from standard input lives in it. */
  readonly cwd: string
  /** Who knows the actions; without it, types and inputs of tasks are not looked at. */
  readonly actions?: TaskActions
  /** Who knows what can be granted; without it, only the shape of permissions is looked at. */
  readonly grants?: GrantChecker
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
  const {actions, grants, cwd} = options
  const foreign = recogniseForeignFile(document.value)
  if (foreign) {
    const {path, finding} = foreign
    throw new WorkflowError('WORKFLOW_INVALID', `The file "${document.file}" is not a workflow file.`, {
      diagnostics: [document.diagnostic(path, 'key', finding)],
    })
  }
  const tasks = isFields(document.value) ? writtenTasks(document.value) : []
  await actions?.resolve(document, tasks)
  const collector = new FindingCollector(document)
  if (checkRuleCount(fieldsOf(document.value), tasks, collector.startCheck())) grants?.check(document, workflowDir(document, cwd))
  const {diagnostics: own, omitted: ownOmitted} = await validateWorkflow(document, options)
  const others = [actions, grants].filter((asked) => asked !== undefined)
  const byOthers = others.flatMap(({diagnostics}) => diagnostics)
  const all = [...own.filter((finding) => !byOthers.some((other) => isSaidBy(other, finding))), ...byOthers, ...collector.diagnostics]
  const omitted = ownOmitted + (actions?.omitted ?? 0)
  const errorCount = all.filter(isError).length + omitted
  if (errorCount > 0) {
    const isHere = ({file}: Diagnostic): boolean => file === document.file
    // Then what is wrong in the plugins' own files.
    const diagnostics = limitFindings([...all.filter(isHere).sort(byPlace), ...all.filter((finding) => !isHere(finding))], omitted)
    const count = errorCount === 1 ? '1 error' : `${errorCount} errors`
    throw new WorkflowError(errorCodeOf(own, others), `The workflow file "${document.file}" has ${count}.`, {
      diagnostics,
      // Above the file it is looked for only where a project says that it begins.
      ...(diagnostics.some((finding) => finding.code === 'unknown-plugin') && {
        hint: 'a `plugins` directory above the workflow file is used only if an autokestra.yaml, even an empty one, is next to it',
      }),
    })
  }
  const workflow = buildWorkflow(document, cwd, limitFindings([...own, ...(grants?.diagnostics ?? [])]))
  // `if: false` becomes a template only now.
  await options.templates.prepare(workflow.tasks.map((task) => task.if))
  return workflow
}

/** Whether somebody who knows more says the same: that a type is not one, and which was meant. */
function isSaidBy(other: Diagnostic, {code, line, column}: Diagnostic): boolean {
  return code === 'bad-type' && other.line === line && other.column === column
}

function isError({severity}: Diagnostic): boolean {
  return severity === 'error'
}

/** Findings of one kind have the code of that kind. */
function errorCodeOf(own: readonly Diagnostic[], others: readonly Pick<GrantChecker, 'diagnostics' | 'errorCode'>[]): ErrorCode {
  const codes = new Set(others.filter(({diagnostics}) => diagnostics.some(isError)).map(({errorCode}) => errorCode))
  const [only] = codes
  return only !== undefined && codes.size === 1 && !own.some(isError) ? only : 'WORKFLOW_INVALID'
}

async function open(from: string | {readonly text: string; readonly file: string}, {cwd, readStdin}: LoadOptions): Promise<SourceDocument> {
  if (typeof from !== 'string') return await parseDocument(from.text, from.file, {what})
  if (from === '-' && readStdin) return await parseDocument(await readStdin(), '-', {what})
  return await readDocument(from, {what, cwd})
}
