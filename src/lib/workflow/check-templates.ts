// Every template of a workflow: does it parse, and is everything it names there, and there in time?

import type {DocumentPath} from '../documents/source-document.ts'
import type {Reference} from '../templates/compiled-expression.ts'
import {scopeRoots} from '../templates/scope.ts'
import {TemplateError} from '../templates/template-error.ts'
import {isTemplate, type Templates} from '../templates/templates.ts'
import {didYouMean} from '../util/nearest.ts'
import {fieldsOf, isFields, type Fields, type Report, type WrittenTask} from '../documents/report.ts'
import type {Say, SecretChecker, SecretPlace} from './check-secrets.ts'
import type {Graph} from './graph.ts'

const later = new Set(['inputs', 'matrix', 'item', 'index'])
const taskRoots = [...scopeRoots, 'secrets']
const taskProperties = ['output', 'status', 'error', 'attempts']
const runProperties = ['id', 'workflow', 'startedAt']

/** What the templates of one place may read. */
interface Place {
  readonly roots: readonly string[]
  /** Of the workflow; a task's own environment is for its process. */
  readonly env: Fields
  /** The task the template belongs to; the outputs of the workflow have none. */
  readonly task?: WrittenTask
  readonly where: SecretPlace
}

const envHint = "only names declared under env: are known; the caller's environment is not passed on, use --var"

interface TemplateCheckerOptions {
  readonly templates: Templates
  readonly graph: Graph
  readonly report: Report
  readonly vars: Fields
  readonly tasks: readonly WrittenTask[]
  /** Inputs of a type in which no templates are evaluated. */
  readonly literalInputs: (type: string) => readonly string[]
  /** Inputs of a type that become arguments of a process. */
  readonly argumentInputs: (type: string) => readonly string[]
  readonly secrets: SecretChecker
}

/** Begins like one of our expressions. Other programs write `{{ }}` too (docker, helm, jinja), and their text must pass. */
const ourExpression = new RegExp(`\\{\\{\\s*(${[...taskRoots, ...later].join('|')})\\b`)

export class TemplateChecker {
  readonly #templates: Templates
  readonly #graph: Graph
  readonly #report: Report
  readonly #vars: Fields
  readonly #tasks: ReadonlySet<string>
  readonly #literalInputs: TemplateCheckerOptions['literalInputs']
  readonly #argumentInputs: TemplateCheckerOptions['argumentInputs']
  readonly #secrets: SecretChecker
  #hasInputs = false

  constructor(options: TemplateCheckerOptions) {
    this.#literalInputs = options.literalInputs
    this.#argumentInputs = options.argumentInputs
    this.#secrets = options.secrets
    this.#templates = options.templates
    this.#graph = options.graph
    this.#report = options.report
    this.#vars = options.vars
    this.#tasks = new Set(options.tasks.map(({id}) => id))
  }

  check(workflow: Fields, tasks: readonly WrittenTask[]): void {
    this.#hasInputs = workflow['inputs'] !== undefined
    const env = fieldsOf(workflow['env'])
    this.#checkDeep(env, ['env'], {roots: ['vars'], env: {}, where: {kind: 'workflow-env'}})
    if (typeof workflow['workingDir'] === 'string' && isTemplate(workflow['workingDir']))
      this.#report(['workingDir'], 'value', {code: 'template-not-allowed', message: 'templates are not evaluated in "workingDir"'})
    this.#checkVars(this.#vars, ['vars'])
    for (const task of tasks) {
      const at = ['tasks', task.index]
      const place: Place = {roots: taskRoots, env, task, where: {kind: 'task'}}
      this.#checkInputs(task, [...at, 'inputs'], place)
      this.#checkDeep(task.fields['env'], [...at, 'env'], place)
      this.#checkIf(task.fields['if'], [...at, 'if'], {...place, roots: scopeRoots, where: {kind: 'if'}})
    }
    this.#checkDeep(workflow['outputs'], ['outputs'], {roots: scopeRoots, env, where: {kind: 'outputs'}})
  }

  /** Constants: nothing is evaluated in them, and the text of another program must pass. Who writes of secrets means ours. */
  #checkVars(value: unknown, path: DocumentPath): void {
    if (typeof value === 'string') {
      if (!/\{\{\s*secrets\s*[.[]/.test(value)) return
      this.#report(path, 'value', {
        code: 'secret-not-allowed',
        message: 'templates are not evaluated in vars: this would stay text',
        hint: 'read the secret in the inputs or the env of the tasks that need it',
      })
    } else if (Array.isArray(value)) value.forEach((item, index) => this.#checkVars(item, [...path, index]))
    else if (isFields(value)) for (const [key, item] of Object.entries(value)) this.#checkVars(item, [...path, key])
  }

  #checkInputs({fields}: WrittenTask, path: DocumentPath, place: Place): void {
    const type = String(fields['type'])
    const literal = this.#literalInputs(type)
    const shown = this.#argumentInputs(type)
    for (const [name, value] of Object.entries(fieldsOf(fields['inputs']))) {
      const where: SecretPlace = shown.includes(name) ? {kind: 'argument', input: name, type} : place.where
      if (!literal.includes(name)) this.#checkDeep(value, [...path, name], {...place, where})
      else if (ourExpression.test(JSON.stringify(value)))
        this.#report([...path, name], 'value', {
          code: 'template-not-allowed',
          message: `templates are not evaluated in the input "${name}" of ${type}, so that no value can become code`,
          hint: `pass the value through env, and use it there: env: {VALUE: '{{ … }}'}`,
        })
    }
  }

  #checkIf(value: unknown, path: DocumentPath, place: Place): void {
    if (typeof value !== 'string') return
    if (!isTemplate(value)) {
      this.#report(path, 'value', {code: 'bad-if', message: '"if" must be a template', hint: `write if: "{{ ${value.trim()} }}"`})
      return
    }
    const parsed = this.#checkText(value, path, place)
    if (parsed && !this.#templates.parse(value.trim()).isWhole)
      this.#report(path, 'value', {
        code: 'bad-if',
        message: '"if" must be one template, without text around it',
        hint: 'write if: "{{ … }}"',
      })
  }

  #checkDeep(value: unknown, path: DocumentPath, place: Place): void {
    if (typeof value === 'string') {
      if (isTemplate(value)) this.#checkText(value, path, place)
    } else if (Array.isArray(value)) value.forEach((item, index) => this.#checkDeep(item, [...path, index], place))
    else if (isFields(value)) for (const [key, item] of Object.entries(value)) this.#checkDeep(item, [...path, key], place)
  }

  /** Whether the text could be parsed. */
  #checkText(text: string, path: DocumentPath, place: Place): boolean {
    try {
      const {references, callsStatus} = this.#templates.parse(text)
      if (callsStatus && place.where.kind !== 'if')
        this.#report(path, 'value', {
          code: 'status-function',
          message: 'always(), failure() and cancelled() can only be used in the "if" of a task',
        })
      for (const reference of references) this.#checkReference(reference, path, place, text)
      return true
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      this.#report(path, 'value', {code: 'bad-template', message: error.message, hint: error.hint}, error.part)
      return false
    }
  }

  #checkReference(reference: Reference, path: DocumentPath, place: Place, text: string): void {
    const {root, path: steps, isOptional} = reference
    const say: Say = (code, message, hint) => this.#report(path, 'value', {code, message, hint}, reference)
    const [name] = steps
    if (root === 'secrets') this.#secrets.check(reference, place.where, say)
    else if (later.has(root)) {
      // What they come from is a finding already.
      const {forEach, matrix} = place.task?.fields ?? {}
      if (root === 'inputs' ? this.#hasInputs : forEach !== undefined || matrix !== undefined) return
      say('not-supported-yet', `"${root}" is not supported yet in this version`)
    } else if (!place.roots.includes(root)) {
      const isKnown = scopeRoots.some((known) => known === root)
      const isHyphenated = /[\w)\]]-$/.test(text.slice(0, reference.start))
      const hint = isHyphenated
        ? `a name with a hyphen is written in brackets: ['a-b']`
        : () => didYouMean(root, place.roots) ?? `known: ${place.roots.join(', ')}`
      say(
        'unknown-name',
        isKnown ? `"${root}" cannot be read here` : `unknown name "${root}"`,
        isKnown ? `known here: ${place.roots.join(', ')}` : hint,
      )
    } else if (typeof name !== 'string') return
    else if (root === 'tasks') this.#checkTask(name, steps[1], place, say)
    else if (root === 'run') checkDeclared('run', name, runProperties, 'unknown-name', say)
    else if (!isOptional) {
      const declared = root === 'vars' ? this.#vars : place.env
      if (Object.hasOwn(declared, name)) return
      checkDeclared(root, name, Object.keys(declared), root === 'vars' ? 'unknown-var' : 'unknown-env', say)
    }
  }

  #checkTask(id: string, property: string | number | undefined, {task}: Place, say: Say): void {
    if (!this.#tasks.has(id)) {
      say('unknown-task', `there is no task "${id}"`, () => didYouMean(id, this.#tasks))
    } else if (task?.id === id) {
      say('reads-itself', `the task "${id}" reads its own result`)
    } else if (task && !this.#graph.isUpstream(id, task.id)) {
      say('not-upstream', `the task "${id}" may not have finished when "${task.id}" starts`, `add "${id}" to the needs of "${task.id}"`)
    } else if (typeof property === 'string') {
      checkDeclared(`tasks.${id}`, property, taskProperties, 'unknown-name', say)
    }
  }
}

function checkDeclared(where: string, name: string, known: readonly string[], code: string, say: Say): void {
  if (known.includes(name)) return
  const list = code === 'unknown-env' ? envHint : known.length > 0 && known.length <= 20 ? `known: ${known.join(', ')}` : undefined
  say(code, `${where} has no "${name}"`, () => didYouMean(name, known) ?? list)
}
