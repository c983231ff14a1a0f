// A workflow file as it is written: what the checks look at before anything is known of the types of its values.

import {dirname, resolve} from 'node:path'
import {fieldsOf, isFields, type Fields} from '../documents/fields.ts'
import type {DocumentPath, SourceDocument} from '../documents/source-document.ts'

export interface WorkflowDraft {
  readonly document: SourceDocument
  /** Empty when the document is not a map. */
  readonly fields: Fields
  /** Tasks that have an id, in the order of the file. */
  readonly tasks: readonly DraftTask[]
}

/** Anything but its id may have the wrong type. */
export interface DraftTask {
  /** Where it stands in the document. */
  readonly at: DocumentPath
  readonly id: string
  readonly needs: readonly string[]
  readonly fields: Fields
}

export function readDraft(document: SourceDocument): WorkflowDraft {
  const fields = fieldsOf(document.value)
  return {document, fields, tasks: readTasks(fields['tasks'], ['tasks'])}
}

/** The directory that paths of the file are relative to, absolute: `cwd` for a workflow from standard input. @param cwd absolute */
export function workflowDir(file: string, cwd: string): string {
  return file === '-' ? cwd : dirname(resolve(cwd, file))
}

function readTasks(list: unknown, at: DocumentPath): DraftTask[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((fields: unknown, index) => {
    if (!isFields(fields) || typeof fields['id'] !== 'string') return []
    const needs = Array.isArray(fields['needs']) ? fields['needs'].filter((need) => typeof need === 'string') : []
    return [{at: [...at, index], id: fields['id'], needs, fields}]
  })
}
