// What the check-*.ts files share: the document as far as it has the right shape, and how they report.

import type {DocumentPath, Finding} from './source-document.ts'

/** Reports an error, unless the finding says that it is a warning; `offset` narrows it to a part of a string value. */
export type Report = (
  path: DocumentPath,
  target: 'key' | 'value',
  finding: Pick<Finding, 'code' | 'message'> &
    Partial<Pick<Finding, 'severity'>> & {
      /** A function for hints that take time to find: of many findings only the first are made. */
      readonly hint?: string | undefined | (() => string | undefined)
    },
  offset?: {readonly start: number; readonly length: number},
) => void

export type Fields = Readonly<Record<string, unknown>>

/** A task as it is written. Anything but its id may have the wrong type. */
export interface WrittenTask {
  readonly index: number
  readonly id: string
  readonly needs: readonly string[]
  readonly fields: Fields
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

/** Tasks that have an id, in file order. */
export function writtenTasks(workflow: Fields): WrittenTask[] {
  const list = Array.isArray(workflow['tasks']) ? workflow['tasks'] : []
  return list.flatMap((fields: unknown, index) => {
    if (!isFields(fields) || typeof fields['id'] !== 'string') return []
    const needs = Array.isArray(fields['needs']) ? fields['needs'].filter((need) => typeof need === 'string') : []
    return [{index, id: fields['id'], needs, fields}]
  })
}
