// `until` of a task: whether the output of an attempt shows what is waited for, and what the condition has seen.

import {createHash} from 'node:crypto'
import type {TaskPolled} from '../../engine/events.ts'
import type {PlannedTask} from '../../engine/plan.ts'
import {writeTaskKey, type TaskKey} from '../../engine/task-key.ts'
import type {ActionResult} from '../../engine/task-result.ts'
import {maskVisible} from '../../masking/mask-visible.ts'
import type {Templates} from '../../templates/templates.ts'
import type {JsonValue} from '../../util/json.ts'
import {describeType, templateError} from './scope-errors.ts'
import type {RunScope} from './run-scope.ts'
import type {RunSecrets} from './run-secrets.ts'

/** UTF-16 units of one value, and of all that is said of a poll. */
const valueUnits = 120
const seenUnits = 400

export class UntilStep {
  readonly #scope: RunScope
  readonly #templates: Templates
  readonly #masker: RunSecrets['masker'] | undefined
  /** Digest of what the condition of each task read last. */
  readonly #seen = new Map<string, string>()
  /** The same in words, as the journal has it. */
  readonly #said = new Map<string, string>()

  constructor(scope: RunScope, templates: Templates, secrets?: RunSecrets) {
    this.#scope = scope
    this.#templates = templates
    this.#masker = secrets?.masker
  }

  /** Is given the polls of the run in order, those of an earlier process too. */
  hear({task, seen}: TaskPolled): void {
    if (seen !== undefined) this.#said.set(task, seen)
  }

  /** The result of an attempt as it is, unless the condition does not hold or cannot be evaluated. */
  judge(taskKey: TaskKey, task: PlannedTask, result: ActionResult): ActionResult {
    const {until} = task
    if (until === undefined || !result.ok) return result
    const key = writeTaskKey(taskKey)
    const answer = this.#scope.until(task, taskKey, until.if, result.output)
    const {metrics, warnings} = result
    if (!answer.ok) return {ok: false, error: answer.error, metrics, warnings}
    if (typeof answer.value !== 'boolean') {
      const message = `in until.if: the condition must be true or false, not ${describeType(answer.value)}`
      return {ok: false, error: templateError(message), metrics, warnings}
    }
    if (answer.value) {
      this.#seen.delete(key)
      this.#said.delete(key)
      return result
    }
    const values = this.#valuesRead(until.if, result.output)
    const digest = createHash('sha256').update(JSON.stringify(values)).digest('base64')
    const seen = this.#describe(values)
    // The digest that an earlier process had is not known.
    const last = this.#seen.get(key)
    const isChanged = last === undefined ? this.#said.get(key) !== seen : last !== digest
    this.#seen.set(key, digest)
    // Nobody reads the output of an attempt that is not the last.
    return {...result, output: null, unmet: {seen, isChanged}}
  }

  /** What the condition reads of the output, as JSON. */
  #valuesRead(condition: string, output: JsonValue): [path: string, json: string][] {
    const paths = this.#templates.parse(condition).references.flatMap(({root, path}) => (root === 'output' ? [path] : []))
    const unique = new Map(paths.map((path) => [['output', ...path].join('.'), path]))
    return [...unique].map(([name, path]) => [name, describeValue(valueAt(output, path))])
  }

  #describe(values: readonly (readonly [string, string])[]): string {
    const masker = this.#masker
    const mask = (text: string): string => (masker === undefined ? text : maskVisible(masker, text))
    // Masked before it is cut: half a secret would not be found.
    return cut(values.map(([name, json]) => `${mask(name)} is ${cut(mask(json), valueUnits)}`).join(', '), seenUnits)
  }
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let found = value
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined
    found = Reflect.get(found, step)
  }
  return found
}

function describeValue(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value)
}

function cut(text: string, units: number): string {
  return text.length <= units ? text : `${text.slice(0, units)}…`
}
