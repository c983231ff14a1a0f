// The tasks of a workflow file, for people who choose some of them. Nothing is asked of plugins, so a file whose plugins are missing has tasks too.

import {collectFindings} from '../documents/findings.ts'
import type {SchemaCompiler} from '../documents/json-schema.ts'
import {defined} from '../util/defined.ts'
import {checkDefault} from '../workflow/check/entry-points.ts'
import {checkNeeds} from '../workflow/check/needs.ts'
import {checkShape} from '../workflow/check/shape.ts'
import {readDraft, type WorkflowDraft} from '../workflow/draft.ts'
import {refuseForeignFile} from '../workflow/foreign-file.ts'
import {Graph} from '../workflow/graph.ts'
import type {Written, WrittenTask} from '../workflow/written.ts'
import {readWorkflowFile, type WorkflowFileSources} from './read-workflow-file.ts'
import {requireValid} from './require-valid.ts'

export interface ListedTask {
  readonly id: string
  readonly type: string
  readonly name?: string
  readonly description?: string
  /** With those that follow from `order`. */
  readonly needs: readonly string[]
  /** `workflow run FILE` asks for it, without naming it. What the tasks it asks for need runs too. */
  readonly isDefault: boolean
}

export interface TaskList {
  readonly workflow: string
  /** As the user named it. */
  readonly file: string
  /** The file chooses some of its tasks. */
  readonly hasDefault: boolean
  /** In file order. */
  readonly tasks: readonly ListedTask[]
}

/** Throws DOCUMENT_UNREADABLE, or WORKFLOW_INVALID with the findings about the shape of the file and its needs. */
export async function listTasks(file: string, sources: WorkflowFileSources & {readonly schemas: SchemaCompiler}): Promise<TaskList> {
  const document = await readWorkflowFile(file, sources)
  refuseForeignFile(document)
  const draft = readDraft(document)
  const shape = await checkShape(document, sources.schemas)
  const needs = collectFindings(document, checkLinks(draft))
  requireValid(document, {shape: {value: draft, findings: shape}, needs: {value: draft, findings: needs}})
  // The border: the document was checked against the schema.
  const {id, default: wanted} = document.value as Written
  return {
    workflow: id,
    file: document.file,
    hasDefault: wanted !== undefined,
    tasks: draft.tasks.flatMap((task) => {
      if (task.hook !== undefined) return []
      const {type, name, description} = task.fields as unknown as WrittenTask
      return [{id: task.id, type, ...defined({name, description}), needs: task.needs, isDefault: wanted?.includes(task.id) ?? true}]
    }),
  }
}

function* checkLinks(draft: WorkflowDraft): ReturnType<typeof checkNeeds> {
  yield* checkNeeds(draft.tasks, new Graph(draft.tasks), () => undefined)
  yield* checkDefault(draft)
}
