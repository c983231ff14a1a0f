// Where the values of a plan stand in its workflow file, as far as the file still says what the plan does.

import {isDeepStrictEqual} from 'node:util'
import {fieldsOf} from '../documents/fields.ts'
import type {DocumentPath, SourceDocument} from '../documents/source-document.ts'
import type {PlannedTask} from '../engine/plan.ts'
import {readDraft, type DraftTask, type WorkflowDraft} from '../workflow/draft.ts'

export interface WrittenAt {
  /** Goes after "from": `the task`, `defaults`. */
  readonly place: 'task' | 'defaults'
  readonly line: number
}

export class PlanSource {
  readonly #draft: WorkflowDraft

  constructor(document: SourceDocument) {
    this.#draft = readDraft(document)
  }

  /** Where an entry of a map of the task is written. Undefined: the file says something else now. */
  find({id, action}: PlannedTask, key: 'inputs' | 'env', name: string, planned: unknown): WrittenAt | undefined {
    const task = this.#draft.tasks.find((one) => one.id === id)
    const inTask = task === undefined ? undefined : this.#lineOf([...task.at, key, name], fieldsOf(task.fields[key])[name], planned)
    if (inTask !== undefined) return {place: 'task', line: inTask}
    if (key === 'env' || task === undefined || Object.hasOwn(fieldsOf(task.fields[key]), name)) return undefined
    const inDefaults = fieldsOf(fieldsOf(this.#draft.fields['defaults'])[action.type])[name]
    const line = this.#lineOf(['defaults', action.type, name], inDefaults, planned)
    return line === undefined ? undefined : {place: 'defaults', line}
  }

  /** The line of an entry of a map of the workflow. Undefined: its value is another one. */
  lineOf(key: 'vars' | 'env', name: string, planned: unknown): number | undefined {
    return this.#lineOf([key, name], fieldsOf(this.#draft.fields[key])[name], planned)
  }

  task(id: string): DraftTask | undefined {
    return this.#draft.tasks.find((one) => one.id === id)
  }

  #lineOf(path: DocumentPath, written: unknown, planned: unknown): number | undefined {
    const text = typeof written === 'number' || typeof written === 'boolean' ? String(written) : written
    const isSame = isDeepStrictEqual(written, planned) || text === planned
    if (written === undefined || !isSame) return undefined
    return this.#draft.document.diagnostic(path, 'value', {severity: 'error', code: 'position', message: ''}).line
  }
}
