// Executes tasks without starting anything: an attempt comes to the result that the case has for it. Inputs and outputs are checked as in a run.

import {readTaskKey} from '../engine/task-key.ts'
import type {ActionResult, TaskError} from '../engine/task-result.ts'
import type {Invocation, ExecuteOptions} from '../execution/attempt/attempt.ts'
import type {ValueCheck} from '../execution/attempt/schema-misfit.ts'
import {PluginExecutor} from '../execution/execute.ts'
import type {BuiltInResult} from '../execution/protocols/built-in.ts'
import {writeFiles} from '../execution/files/write-files.ts'
import {compileGlob} from '../files/glob.ts'
import {fieldsOf} from '../documents/fields.ts'
import {allTasks, type Plan, type PlannedTask} from '../engine/plan.ts'
import type {JsonObject} from '../util/json.ts'
import {isResults} from './check-cases.ts'
import type {MockedResult, TestCase} from './test-file.ts'

/** What the last attempt of a task was given. */
export interface GivenValues {
  readonly inputs: JsonObject
  readonly env: Readonly<Record<string, string>>
}

/** A task that ran, or a var that was to be computed, and what the case lacks for it. */
export interface MissingMock {
  /** The key of the case that it belongs to. */
  readonly under: 'tasks' | 'vars'
  /** Key of the task. */
  readonly task: string
  readonly message: string
  readonly hint: string
}

export interface MockedExecutorOptions {
  readonly plan: Plan
  readonly results: TestCase['tasks']
  readonly compileSchema: (schema: JsonObject) => Promise<ValueCheck>
}

export class MockedExecutor {
  /** By key of the task. */
  readonly given = new Map<string, GivenValues>()
  /** By key of the task. */
  readonly missing = new Map<string, MissingMock>()
  readonly #results: ReadonlyMap<string, MockedResult | readonly MockedResult[]>
  readonly #tasks: ReadonlyMap<string, PlannedTask>
  readonly #compileSchema: MockedExecutorOptions['compileSchema']
  readonly #outputs = new Map<JsonObject, JsonObject>()

  constructor({plan, results = {}, compileSchema}: MockedExecutorOptions) {
    this.#results = new Map(Object.entries(results))
    this.#tasks = new Map(allTasks(plan).map((task) => [task.id, task]))
    this.#compileSchema = compileSchema
  }

  expect(): void {
    // Nothing is started, so nothing is prepared.
  }

  async execute(invocation: Invocation, options: ExecuteOptions): Promise<ActionResult> {
    const {plugin, action, inputs, env, context, filesDir} = invocation
    this.given.set(context.task, {inputs, env})
    const result = this.#find(invocation)
    const mocked = {
      ...invocation,
      plugin: {...plugin, manifest: {...plugin.manifest, protocol: 'builtin'}},
      action: action.output === undefined ? action : {...action, output: this.#partial(action.output)},
    } as const
    const executor = new PluginExecutor({
      taskRuntimes: nowhere,
      builtInActions: new Map([[`${plugin.id}.${action.name}`, () => Promise.resolve(outcomeOf(result, action.output))]]),
      compileSchema: this.#compileSchema,
    })
    const executed = await executor.execute(mocked, options)
    if (executed.ok && filesDir !== undefined) await this.#leaveFiles(context.task, filesDir, result.files ?? {})
    return executed
  }

  #find({context: {task: key, attempt}, action}: Invocation): MockedResult {
    const {task: id} = readTaskKey(key)
    // No id of a task has a dot.
    const [, computed] = /^vars\.(.*)$/s.exec(key) ?? []
    if (computed !== undefined) return this.#lacksVar(key, computed)
    const mocked = this.#results.get(key) ?? this.#results.get(id)
    if (mocked === undefined)
      return this.#misses(key, `the task "${key}" runs, and the case has no result for it`, exampleOf(key, action.output))
    if (!isResults(mocked)) {
      const isPolled = this.#tasks.get(id)?.until !== undefined && mocked.error === undefined && attempt > 1
      if (!isPolled) return mocked
      const message = `the condition of "until" of the task "${key}" does not hold for its mocked output`
      return this.#misses(key, message, `write a list with a result for each attempt: ${id}: [{output: …}, {output: …}]`)
    }
    const has = mocked.length === 1 ? '1 result' : `${String(mocked.length)} results`
    const message = `the task "${key}" makes attempt ${String(attempt)}, and the case has ${has} for it`
    return mocked[attempt - 1] ?? this.#misses(key, message, `add a result to the list of ${id}`)
  }

  #lacksVar(key: string, name: string): MockedResult {
    const message = `a command computes the var "${name}", and the case has no value for it`
    return this.#misses(key, message, `add vars: {${name}: …}`, 'vars')
  }

  #misses(task: string, message: string, hint: string, under: MissingMock['under'] = 'tasks'): MockedResult {
    this.missing.set(task, {under, task, message, hint})
    return {error: {code: 'NOT_MOCKED', message, retryable: false}}
  }

  /** A mock has what the case is about: properties of an output may be missing, but none may have another type. */
  #partial(schema: JsonObject): JsonObject {
    const {required: _required, ...partial} = schema
    const known = this.#outputs.get(schema) ?? partial
    this.#outputs.set(schema, known)
    return known
  }

  /** An expected file that the case says nothing about is empty. */
  async #leaveFiles(key: string, directory: string, files: Readonly<Record<string, string>>): Promise<void> {
    const out = this.#tasks.get(readTaskKey(key).task)?.files?.out ?? {}
    const untold = Object.values(out).flatMap(({path: pattern, optional}) => {
      const glob = compileGlob(pattern)
      return optional || !glob.isLiteral || Object.keys(files).some((name) => glob.test(name)) ? [] : [[pattern, ''] as const]
    })
    await writeFiles(directory, {...Object.fromEntries(untold), ...files}, {give: () => undefined})
  }
}

const nowhere = {
  expect: () => undefined,
  find: () => Promise.reject(new Error('a test starts no program')),
}

function outcomeOf({output, error}: MockedResult, schema: JsonObject | undefined): BuiltInResult {
  if (error === undefined) return {ok: true, output: output ?? (schema?.['type'] === 'object' || schema === undefined ? {} : null)}
  const {code, message = `the mocked error ${code}`, retryable = true, exitCode} = error
  const failed: TaskError = {code, message, retryable, ...(exitCode !== undefined && {exitCode})}
  return {ok: false, error: failed}
}

/** What to write for a task, with the properties of its output. */
function exampleOf(key: string, schema: JsonObject | undefined): string {
  const names = Object.keys(fieldsOf(schema?.['properties'])).slice(0, 3)
  const id = /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key)
  if (names.length === 0) return `add ${id}: {output: {}}`
  return `add ${id}: {output: {${names.map((name) => `${name}: …`).join(', ')}}}, with the properties that matter here`
}
