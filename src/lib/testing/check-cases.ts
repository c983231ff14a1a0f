// What a test file names must be in its workflow: tasks, items, inputs, vars, secrets, outputs.

import type {CheckFinding} from '../documents/findings.ts'
import type {DocumentPath} from '../documents/source-document.ts'
import {readTaskKey} from '../engine/task-key.ts'
import {didYouMean} from '../util/nearest.ts'
import type {JsonObject} from '../util/json.ts'
import {checkFileNames} from '../workflow/check/files.ts'
import type {DraftTask} from '../workflow/draft.ts'
import type {MockedResult, TestCase, TestFile} from './test-file.ts'

/** What a test may name. */
export interface NamesOfWorkflow {
  /** Hooks too. */
  readonly tasks: readonly DraftTask[]
  readonly inputs: readonly string[]
  readonly vars: readonly string[]
  readonly secrets: readonly string[]
  readonly outputs: readonly string[]
}

/** In the order of the file. */
export function* checkCases({cases}: Pick<TestFile, 'cases'>, names: NamesOfWorkflow): Generator<CheckFinding> {
  const seen = new Set<string>()
  for (const [index, each] of cases.entries()) {
    const at = ['cases', index] as const
    if (seen.has(each.name)) yield {at: [...at, 'name'], code: 'duplicate-case', message: `there are two cases named "${each.name}"`}
    seen.add(each.name)
    yield* checkCase(each, at, names)
  }
}

function* checkCase(each: TestCase, at: DocumentPath, {tasks, inputs, vars, secrets, outputs}: NamesOfWorkflow): Generator<CheckFinding> {
  const ids = tasks.map(({id}) => id)
  yield* checkNames(each.inputs, [...at, 'inputs'], 'input', inputs)
  yield* checkNames(each.vars, [...at, 'vars'], 'var', vars)
  yield* checkNames(each.secrets, [...at, 'secrets'], 'secret', secrets)
  const regular = tasks.flatMap(({id, hook}) => (hook === undefined ? [id] : []))
  for (const [how, list] of Object.entries(each.select ?? {})) {
    for (const [index, id] of list.entries())
      if (!regular.includes(id)) yield unknown([...at, 'select', how, index], 'value', 'task', id, regular)
  }
  yield* checkKeys(each.tasks, [...at, 'tasks'], tasks)
  for (const [key, mocked] of Object.entries(each.tasks ?? {})) yield* checkResults(mocked, [...at, 'tasks', key])
  yield* checkKeys(each.expect?.tasks, [...at, 'expect', 'tasks'], tasks)
  yield* checkNames(each.expect?.outputs, [...at, 'expect', 'outputs'], 'output', outputs)
  for (const [index, id] of (each.expect?.failed ?? []).entries())
    if (!ids.includes(id)) yield unknown([...at, 'expect', 'failed', index], 'value', 'task', id, ids)
}

function* checkNames(map: JsonObject | undefined, at: DocumentPath, what: string, known: readonly string[]): Generator<CheckFinding> {
  for (const name of Object.keys(map ?? {})) if (!known.includes(name)) yield unknown([...at, name], 'key', what, name, known)
}

function* checkKeys(map: object | undefined, at: DocumentPath, tasks: readonly DraftTask[]): Generator<CheckFinding> {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  for (const key of Object.keys(map ?? {})) {
    const {task: id, item} = readTaskKey(key)
    const task = byId.get(id)
    if (task === undefined) yield unknown([...at, key], 'key', 'task', id, [...byId.keys()])
    else if (item !== undefined && task.fields['forEach'] === undefined && task.fields['matrix'] === undefined) {
      const message = `the task "${id}" has no items: it has neither forEach nor matrix`
      yield {at: [...at, key], target: 'key', code: 'no-items', message, hint: `write ${id}`}
    }
  }
}

function unknown(at: DocumentPath, target: 'key' | 'value', what: string, name: string, known: readonly string[]): CheckFinding {
  return {
    at,
    target,
    code: `unknown-${what}`,
    message: `the workflow has no ${what} "${name}"`,
    hint: () => didYouMean(name, known) ?? (known.length === 0 ? 'it has none' : `it has: ${known.slice(0, 20).join(', ')}`),
  }
}

function* checkResults(mocked: MockedResult | readonly MockedResult[], at: DocumentPath): Generator<CheckFinding> {
  const isList = isResults(mocked)
  for (const [index, {output, error, files}] of (isList ? mocked : [mocked]).entries()) {
    const place = isList ? [...at, index] : at
    if (error !== undefined && output !== undefined)
      yield {at: [...place, 'error'], target: 'key', code: 'two-results', message: 'an attempt has an output or an error, not both'}
    yield* checkFileNames(Object.keys(files ?? {}), [...place, 'files'])
  }
}

export function isResults(mocked: MockedResult | readonly MockedResult[]): mocked is readonly MockedResult[] {
  return Array.isArray(mocked)
}
