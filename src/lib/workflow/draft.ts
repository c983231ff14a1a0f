// A workflow file as it is written: what the checks look at before anything is known of the types of its values.

import {dirname, resolve} from 'node:path'
import {hookLists, type HookList} from './hooks.ts'
import {fieldsOf, isFields, type Fields} from '../documents/fields.ts'
import type {DocumentPath, SourceDocument} from '../documents/source-document.ts'
import {needsInOrder} from './order.ts'

export interface WorkflowDraft {
  readonly document: SourceDocument
  /** Empty when the document is not a map. */
  readonly fields: Fields
  /** Tasks that have an id, in the order of the file; then those of the hooks. */
  readonly tasks: readonly DraftTask[]
}

/** Anything but its id may have the wrong type. */
export interface DraftTask {
  /** Where it stands in the document. */
  readonly at: DocumentPath
  readonly id: string
  /** The list of hooks that it is in. */
  readonly hook?: HookList
  /** With those that the order of the list implies. */
  readonly needs: readonly string[]
  readonly fields: Fields
}

export function readDraft(document: SourceDocument): WorkflowDraft {
  const fields = fieldsOf(document.value)
  const hooks = fieldsOf(fields['hooks'])
  const inHooks = hookLists.flatMap((hook) => readTasks(hooks[hook], ['hooks', hook], 'listed').map((task) => ({...task, hook})))
  return {document, fields, tasks: [...readTasks(fields['tasks'], ['tasks'], fields['order']), ...inHooks]}
}

/** The directory that paths of the file are relative to, absolute: `cwd` for a workflow from standard input. @param cwd absolute */
export function workflowDir(file: string, cwd: string): string {
  return file === '-' ? cwd : dirname(resolve(cwd, file))
}

/** @param order as written; of a list whose tasks never follow from their order: undefined */
function readTasks(list: unknown, at: DocumentPath, order: unknown): DraftTask[] {
  if (!Array.isArray(list)) return []
  const tasks: DraftTask[] = []
  for (const [index, fields] of list.entries() as IterableIterator<[number, unknown]>) {
    if (!isFields(fields) || typeof fields['id'] !== 'string') continue
    tasks.push({at: [...at, index], id: fields['id'], needs: needsInOrder(fields['needs'], order, tasks.at(-1)?.id), fields})
  }
  return tasks
}
