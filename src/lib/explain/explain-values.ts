// Where each value of a task came from, and what it was, as far as the plan and the journal have it.

import type {Plan, PlannedTask} from '../engine/plan.ts'
import type {TaskView} from '../engine/task-view.ts'
import type {Reference} from '../templates/compiled-expression.ts'
import type {Scope} from '../templates/scope.ts'
import {TemplateError} from '../templates/template-error.ts'
import {loadTemplates, type Templates} from '../templates/templates.ts'
import {defined} from '../util/defined.ts'
import type {JsonObject, JsonValue} from '../util/json.ts'
import {visitTemplates} from '../workflow/template-sites.ts'
import type {ExplainedValue} from './explanation.ts'
import type {PlanSource} from './plan-source.ts'

export interface ValueParts {
  readonly plan: Plan
  readonly task: PlannedTask
  /** With outputs, masked. */
  readonly tasks: ReadonlyMap<string, TaskView>
  readonly run: {readonly id: string; readonly startedAt: string}
  /** Of vars that commands have computed, masked. */
  readonly computed?: JsonObject | undefined
  /** Absent: the workflow file cannot be read, or came from standard input. */
  readonly source?: PlanSource | undefined
}

export async function explainValues(parts: ValueParts): Promise<ExplainedValue[]> {
  const {plan, task} = parts
  const templates = await loadTemplates([task.inputs, task.env])
  const reader = new ValueReader(parts, templates)
  const own = (['inputs', 'env'] as const).flatMap((key) =>
    Object.entries<JsonValue>(task[key]).map(([name, value]) => reader.explain(key, name, value)),
  )
  const shared = Object.entries(plan.workflow.env).filter(([name]) => !Object.hasOwn(task.env, name))
  return [...own, ...shared.map(([name, value]) => ({name: `env ${name}`, from: 'env of the workflow', value, reads: []}))]
}

/** Functions whose values the plan does not determine. */
const changes = /\b(?:now|uuid|hashFiles)\s*\(/

class ValueReader {
  readonly #parts: ValueParts
  readonly #templates: Templates
  readonly #scope: Scope

  constructor(parts: ValueParts, templates: Templates) {
    this.#parts = parts
    this.#templates = templates
    this.#scope = scopeOf(parts)
  }

  explain(key: 'inputs' | 'env', name: string, value: JsonValue): ExplainedValue {
    const {task, source} = this.#parts
    const written = source?.find(task, key, name, value)
    const label = key === 'inputs' ? `input ${name}` : `env ${name}`
    const place = written?.place === 'defaults' ? `defaults of ${task.action.type}` : undefined
    const isLiteral = key === 'inputs' && task.action.literalInputs.includes(name)
    const references = isLiteral ? [] : this.#references(value)
    const line = defined({line: written?.line})
    if (references.length === 0 && (isLiteral || !this.#hasTemplate(value)))
      return {name: label, from: place ?? 'literal', ...line, value, reads: []}
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    const evaluated = this.#evaluate(value, references)
    const reads = references.map((reference) => this.#read(reference))
    return {name: label, from: place === undefined ? text : `${place}: ${text}`, ...line, ...defined({value: evaluated}), reads}
  }

  /** Each path once. */
  #references(value: JsonValue): Reference[] {
    const found = new Map<string, Reference>()
    visitTemplates(value, (text) => {
      for (const reference of this.#templates.parse(text).references) found.set(writePath(reference), reference)
    })
    return [...found.values()]
  }

  #hasTemplate(value: JsonValue): boolean {
    let hasTemplate = false
    visitTemplates(value, () => {
      hasTemplate = true
    })
    return hasTemplate
  }

  /** Undefined when something it reads is not in the journal. */
  #evaluate(value: JsonValue, references: readonly Reference[]): JsonValue | undefined {
    if (references.some(({root}) => !isKept(root)) || changes.test(JSON.stringify(value))) return undefined
    try {
      return this.#templates.evaluateDeep(value, this.#scope, []) as JsonValue
    } catch (error) {
      if (error instanceof TemplateError) return undefined
      throw error
    }
  }

  #read(reference: Reference): ExplainedValue['reads'][number] {
    const {root, path} = reference
    const value = isKept(root) ? valueAt(Reflect.get(this.#scope, root), path) : undefined
    return {path: writePath(reference), from: this.#originOf(reference), ...defined({value})}
  }

  #originOf({root, path: [name]}: Reference): string {
    const {plan, tasks, source} = this.#parts
    const text = String(name)
    switch (root) {
      case 'vars': {
        if (name === undefined) return 'vars'
        const written = plan.workflow.computedVars?.[text]
        if (written !== undefined) return `vars: what this command has printed: ${written.command.trim()}`
        if (source === undefined) return 'vars, or --var'
        const line = source.lineOf('vars', text, plan.workflow.vars[text])
        return line === undefined ? '--var, or the file has changed since' : `vars, line ${String(line)}`
      }
      case 'inputs':
        return 'inputs of the run'
      case 'env':
        return 'env of the workflow'
      case 'secrets':
        return 'a secret: its value is in no journal'
      case 'tasks': {
        const status = tasks.get(text)?.status
        return status === undefined
          ? 'a task that is not in this run'
          : `task ${text}, which ${status === 'skipped' || status === 'cancelled' ? `was ${status}` : status}`
      }
      case 'run':
        return 'the run'
      default:
        return 'the item'
    }
  }
}

/** What templates saw, without secrets. */
function scopeOf({plan, tasks, run, computed}: ValueParts): Scope {
  const {workflow} = plan
  const views = [...tasks.values()].map(({id, status, output, error, attempts}) => {
    return [
      id,
      {status, output: output ?? null, error: error === undefined ? null : {code: error.code, message: error.message}, attempts},
    ] as const
  })
  return {
    ...defined({inputs: workflow.inputs}),
    vars: {...workflow.vars, ...computed},
    env: workflow.env,
    tasks: Object.fromEntries(views),
    run: {id: run.id, workflow: workflow.id, startedAt: run.startedAt, args: plan.args ?? []},
  }
}

function isKept(root: string): boolean {
  return ['vars', 'inputs', 'env', 'tasks', 'run'].includes(root)
}

function valueAt(from: unknown, path: readonly (string | number)[]): JsonValue | undefined {
  let value = from
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = Reflect.get(value, step) as unknown
  }
  return value as JsonObject
}

function writePath({root, path}: Reference): string {
  return (
    root + path.map((step) => (typeof step === 'string' && /^[A-Za-z_]\w*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`)).join('')
  )
}
