// Names and patterns of `files`: they stay in the directory of the task, and no file is in the way of another.

import {fieldsOf} from '../../documents/fields.ts'
import type {CheckFinding} from '../../documents/findings.ts'
import {refuseGlob} from '../../files/glob.ts'
import {isTemplate} from '../../templates/templates.ts'
import type {DraftTask} from '../draft.ts'

/** What file systems allow for one name. */
const maxNameBytes = 255
const maxPathBytes = 1000

/** Whatever has the wrong type is left to the schema. */
export function* checkFiles(tasks: readonly DraftTask[]): Generator<CheckFinding> {
  for (const {at, fields} of tasks) {
    if (fields['files'] === undefined) continue
    const files = fieldsOf(fields['files'])
    yield* checkFileNames(Object.keys(fieldsOf(files['in'])), [...at, 'files', 'in'])
    for (const [name, written] of Object.entries(fieldsOf(files['out']))) {
      const path = typeof written === 'string' ? written : fieldsOf(written)['path']
      const steps = typeof written === 'string' ? [name] : [name, 'path']
      if (typeof path === 'string') yield* checkPattern(path, [...at, 'files', 'out', ...steps])
    }
  }
}

export function* checkFileNames(names: readonly string[], at: CheckFinding['at']): Generator<CheckFinding> {
  const known = new Set(names)
  for (const name of names) {
    const problem = refuseName(name)
    const parent = parentsOf(name).find((one) => known.has(one))
    const place = {at: [...at, name], target: 'key', code: 'bad-file-name'} as const
    if (problem !== undefined)
      yield {
        ...place,
        message: `${JSON.stringify(name)} is not a name for a file: ${problem}`,
        hint: 'write a relative path, such as data/rows.json',
      }
    else if (parent !== undefined) yield {...place, message: `"${parent}" cannot be a file and the directory of "${name}"`}
  }
}

function refuseName(name: string): string | undefined {
  if (isTemplate(name)) return 'templates are not evaluated in names'
  if (name === '') return 'it is empty'
  if (name.includes('\0')) return 'it contains a NUL byte'
  if (name.startsWith('/')) return 'it is absolute'
  const parts = name.split('/')
  if (parts.includes('..')) return 'it contains ".."'
  if (parts.includes('') || parts.includes('.')) return 'it contains an empty name or "."'
  if (Buffer.byteLength(name) > maxPathBytes || parts.some((part) => Buffer.byteLength(part) > maxNameBytes)) return 'it is too long'
  return undefined
}

/** `a/b/c` is in `a` and `a/b`. */
function parentsOf(name: string): string[] {
  const parts = name.split('/')
  return parts.slice(1).map((_, nth) => parts.slice(0, nth + 1).join('/'))
}

function* checkPattern(path: string, at: CheckFinding['at']): Generator<CheckFinding> {
  if (isTemplate(path)) {
    const message = 'templates are not evaluated in the paths of "out"'
    yield {at, code: 'template-not-allowed', message, hint: 'use a pattern, such as out/*.csv'}
    return
  }
  const problem = refuseGlob(path)
  if (problem === undefined) return
  const hint = 'paths are relative to the directory of the files of the task, such as out/*.csv'
  yield {at, code: 'bad-file-pattern', message: `${JSON.stringify(path)} is not a path or a pattern: ${problem}`, hint}
}
