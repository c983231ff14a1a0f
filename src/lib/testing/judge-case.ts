// What came of the run of a case against what is expected of it: a finding, with its position in the test file, for each difference.

import type {CheckFinding} from '../documents/findings.ts'
import type {DocumentPath} from '../documents/source-document.ts'
import type {ItemResult, RunResult, TaskResult} from '../engine/run-result.ts'
import {readTaskKey} from '../engine/task-key.ts'
import {didYouMean} from '../util/nearest.ts'
import {matchValue, show} from './match-value.ts'
import type {GivenValues, MissingMock} from './mocked-executor.ts'
import type {ExpectedTask, TestCase} from './test-file.ts'

/** What came of the run of a case. */
export interface TestedRun {
  readonly result: RunResult
  /** What the last attempts were given, by key of the task. */
  readonly given: ReadonlyMap<string, GivenValues>
  /** What the case lacks. */
  readonly missing: Iterable<MissingMock>
}

type AnyResult = TaskResult | ItemResult

/** No finding: the case has passed. @param at of the case in its file */
export function* judgeCase(each: TestCase, at: DocumentPath, {result, given, missing}: TestedRun): Generator<CheckFinding> {
  const hooks = new Set(result.tasks.flatMap(({id, hook}) => (hook === undefined ? [] : [id])))
  const isHook = (key: string): boolean => hooks.has(readTaskKey(key).task)
  const all = [...missing]
  const ofTasks = all.filter(({task}) => !isHook(task))
  // A task without a result fails, so hooks run that the case does not mean.
  const lacks = ofTasks.length > 0 ? ofTasks : all
  for (const {under, message, hint} of lacks) yield {at: [...at, under], target: 'key', code: 'no-mock', message, hint}
  const results = resultsByKey(result)
  for (const key of Object.keys(each.tasks ?? {})) yield* checkItem(key, [...at, 'tasks', key], result)
  // What follows from a missing result says nothing; that of a hook may follow from a failure.
  if (ofTasks.length > 0 || (lacks.length > 0 && whyFailed(results, (key) => !isHook(key)) === undefined)) return
  const {status = 'succeeded', tasks = {}, outputs, failed} = each.expect ?? {}
  if (result.status !== status)
    yield {
      at: each.expect?.status === undefined ? [...at, 'name'] : [...at, 'expect', 'status'],
      code: 'unexpected-status',
      message: `the run has ${result.status}, expected ${status}`,
      hint: whyFailed(results, (key) => lacks.length === 0 || !isHook(key)),
    }
  if (lacks.length > 0) return
  for (const [key, expected] of Object.entries(tasks)) {
    const place = [...at, 'expect', 'tasks', key]
    const found = results.get(key)
    if (found !== undefined) yield* judgeTask(key, expected, place, found, given.get(key))
    else if (readTaskKey(key).item === undefined)
      yield {at: place, target: 'key', code: 'not-in-run', message: `the task "${key}" is not part of the run`, hint: whyNotInRun(each)}
    else yield* checkItem(key, place, result)
  }
  for (const {path, text} of outputs === undefined ? [] : matchValue(outputs, result.outputs ?? {}))
    yield unexpected([...at, 'expect', 'outputs', ...path], `outputs${write(path)} ${text}`)
  if (failed === undefined) return
  const ids = result.tasks.flatMap((task) => (task.status === 'failed' && task.isTolerated !== true ? [task.id] : []))
  if (show([...failed].sort()) === show([...ids].sort())) return
  const surprise = ids.find((id) => !failed.includes(id))
  yield {
    ...unexpected([...at, 'expect', 'failed'], `the tasks that failed are ${show(ids)}, expected ${show(failed)}`),
    hint: whyFailed(results, (key) => key === surprise),
  }
}

function* judgeTask(
  key: string,
  written: string | ExpectedTask,
  at: DocumentPath,
  found: AnyResult,
  given: GivenValues | undefined,
): Generator<CheckFinding> {
  const isShort = typeof written === 'string'
  const {status, attempts, reason, output, error, inputs, env}: ExpectedTask = isShort ? {status: written} : written
  if (status !== undefined && status !== found.status) {
    const message = `the task "${key}" has ${describe(found.status)}, expected ${status}`
    yield {at: isShort ? at : [...at, 'status'], code: 'unexpected-status', message, hint: whyOf(found)}
  }
  if (attempts !== undefined && attempts !== found.attempts)
    yield unexpected(
      [...at, 'attempts'],
      `the task "${key}" made ${found.attempts === 1 ? '1 attempt' : `${String(found.attempts)} attempts`}, expected ${String(attempts)}`,
    )
  const parts = {inputs, env: env && asTexts(env), output, error, reason}
  const actual = {inputs: given?.inputs, env: given?.env, output: found.output, error: found.error, reason: found.reason}
  for (const name of Object.keys(parts) as (keyof typeof parts)[]) {
    if (parts[name] === undefined) continue
    for (const {path, text} of matchValue(parts[name], actual[name]))
      yield unexpected([...at, name, ...path], `${name}${write(path)} of the task "${key}" ${text}`)
  }
}

function unexpected(at: DocumentPath, message: string): CheckFinding {
  return {at, code: 'unexpected-value', message}
}

/** An item that the task does not have is mistyped, unless the task had no items at all. */
function* checkItem(key: string, at: DocumentPath, {tasks}: RunResult): Generator<CheckFinding> {
  const {task: id, item} = readTaskKey(key)
  const items = tasks.find((task) => task.id === id)?.items
  if (item === undefined || items?.some((each) => each.id === key) === true) return
  const keys = items?.map((each) => each.id) ?? []
  const hint = didYouMean(key, keys) ?? (keys.length === 0 ? 'it has none in this case' : `it has: ${keys.slice(0, 10).join(', ')}`)
  yield {at, target: 'key', code: 'unknown-item', message: `the task "${id}" has no item "${item}"`, hint}
}

function resultsByKey({tasks}: RunResult): ReadonlyMap<string, AnyResult> {
  return new Map(
    tasks.flatMap((task): [string, AnyResult][] => [
      [task.id, task],
      ...(task.items ?? []).map((item): [string, AnyResult] => [item.id, item]),
    ]),
  )
}

/** The first task that has failed, and how. @param isMeant says which tasks count */
function whyFailed(results: ReadonlyMap<string, AnyResult>, isMeant: (key: string) => boolean): string | undefined {
  const failed = [...results].find(([key, {status}]) => status === 'failed' && isMeant(key))
  return failed === undefined ? undefined : `${failed[0]}: ${whyOf(failed[1]) ?? 'it failed'}`
}

function whyOf({error, reason}: AnyResult): string | undefined {
  return error === undefined ? reason : `${error.code}: ${error.message}`
}

function whyNotInRun({select}: TestCase): string {
  return select === undefined
    ? 'it is not among the default tasks, or it is a hook that did not run'
    : '"select" leaves it out, or it is a hook that did not run'
}

function describe(status: AnyResult['status']): string {
  return status === 'skipped' || status === 'cancelled' ? `been ${status}` : status
}

function asTexts(env: NonNullable<ExpectedTask['env']>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]))
}

function write(path: readonly (string | number)[]): string {
  return path.map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${step}`)).join('')
}
