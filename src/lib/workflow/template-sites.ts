// Where templates are evaluated in a workflow file, and what they may read there. This is the only list: the checks, the plan and the run
// follow it, so a new key with templates is added here.

import {fieldsOf} from '../documents/fields.ts'
import {scopeRoots} from '../templates/scope.ts'
import {isTemplate} from '../templates/templates.ts'

/** What templates know, wherever they stand, and the words of their language: nothing else can have these names. */
export const reservedNames: ReadonlySet<string> = new Set([
  ...[...scopeRoots, 'secrets', 'inputs', 'matrix', 'index', 'output', 'cel'],
  ...['as', 'break', 'const', 'continue', 'else', 'false', 'for', 'function', 'if', 'import', 'in', 'let', 'loop', 'namespace', 'null'],
  ...['package', 'prototype', '__proto__', 'return', 'true', 'var', 'void', 'while'],
])

interface SiteRule {
  /** Names that a template may start with. */
  readonly reads: readonly string[]
  /** It is evaluated for each item of a task with items, and may read the item. */
  readonly readsItem?: boolean
  /** It may call `always()`, `success()`, `failure()` and `cancelled()`. */
  readonly callsStatus?: boolean
}

export type SiteKind =
  | 'workflowEnv'
  | 'concurrency'
  | 'outputs'
  | 'input'
  | 'env'
  | 'cache'
  | 'files'
  | 'require'
  | 'workingDir'
  | 'until'
  | 'if'
  | 'items'
  | 'itemKey'
  | 'image'
  | 'workflowImage'

export const siteRules: Readonly<Record<SiteKind, SiteRule>> = {
  /** The same for every task, so it is evaluated before the run. */
  workflowEnv: {reads: ['inputs', 'vars']},
  /** Evaluated when the run starts, before any task. */
  concurrency: {reads: scopeRoots.filter((root) => ['inputs', 'vars', 'env', 'run'].includes(root))},
  outputs: {reads: scopeRoots},
  input: {reads: [...scopeRoots, 'secrets'], readsItem: true},
  env: {reads: [...scopeRoots, 'secrets'], readsItem: true},
  cache: {reads: scopeRoots, readsItem: true},
  workingDir: {reads: scopeRoots, readsItem: true},
  /** Their values are shown. */
  require: {reads: scopeRoots, readsItem: true},
  /** What is written before the task. */
  files: {reads: [...scopeRoots, 'secrets'], readsItem: true},
  until: {reads: [...scopeRoots, 'output'], readsItem: true},
  /** Of a task with items it is asked once, before there are items. */
  if: {reads: scopeRoots, callsStatus: true},
  image: {reads: scopeRoots, readsItem: true},
  /** Evaluated for each task, none of which needs another one for it. */
  workflowImage: {reads: scopeRoots.filter((root) => root !== 'tasks')},
  /** Keys and numbers of items are shown to everyone, so no secret has a part in them. */
  items: {reads: scopeRoots},
  itemKey: {reads: scopeRoots, readsItem: true},
}

/** What the templates of an item read besides. @param task as it is written or planned */
export function itemRootsOf({forEach, matrix}: Pick<TaskTexts, 'forEach' | 'matrix'>): readonly string[] {
  const {as: name} = fieldsOf(forEach)
  const ofForEach = forEach === undefined ? [] : ['item', 'index', ...(typeof name === 'string' ? [name] : [])]
  return matrix === undefined ? ofForEach : [...ofForEach, 'matrix', 'index']
}

/** A value in which every string may be a template: `value` of the entry `name` of the map `key`, or of `key` itself. */
export interface TemplateSite {
  readonly kind: SiteKind
  readonly key: string
  readonly name?: string
  readonly value: unknown
}

/** What `if: false` stands for. */
export const neverCondition = '{{ false }}'

/** The keys of a workflow with templates, as they are written or as they are planned. */
export interface WorkflowTexts {
  readonly env?: unknown
  readonly concurrency?: unknown
  readonly outputs?: unknown
  readonly container?: unknown
}

/** The sites of a workflow outside of its tasks, of a file or of a plan. Values that hold no template may be left out. */
export function workflowSites({env, concurrency, outputs, container}: WorkflowTexts): TemplateSite[] {
  return [
    ...entrySites('workflowEnv', 'env', env),
    ...entrySites('concurrency', 'concurrency', concurrency),
    ...entrySites('outputs', 'outputs', outputs),
    ...imageSites('workflowImage', container),
  ]
}

/** The keys of a task with templates, as they are written or as they are planned. */
export interface TaskTexts {
  readonly inputs?: unknown
  readonly env?: unknown
  readonly cache?: unknown
  readonly workingDir?: unknown
  readonly files?: unknown
  readonly until?: unknown
  readonly require?: unknown
  readonly if?: unknown
  readonly forEach?: unknown
  readonly matrix?: unknown
  readonly container?: unknown
}

/** The sites of a task. Values that hold no template may be left out. @param literalInputs inputs of its action in which no templates are evaluated */
export function taskSites(
  {inputs, env, cache, files, require: requirements, workingDir, until, if: condition, forEach, matrix, container}: TaskTexts,
  literalInputs: readonly string[] = [],
): TemplateSite[] {
  const sites = entrySites('input', 'inputs', inputs, literalInputs)
  if (forEach !== undefined) sites.push(...forEachSites(forEach))
  if (matrix !== undefined) sites.push(...entrySites('items', 'matrix', matrix))
  sites.push(...entrySites('env', 'env', env), ...entrySites('cache', 'cache', cache))
  if (typeof workingDir === 'string' && isTemplate(workingDir)) sites.push({kind: 'workingDir', key: 'workingDir', value: workingDir})
  if (files !== undefined) sites.push({kind: 'files', key: 'files', name: 'in', value: fieldsOf(files)['in']})
  if (typeof fieldsOf(until)['if'] === 'string') sites.push(...entrySites('until', 'until', {if: fieldsOf(until)['if']}))
  if (Array.isArray(requirements)) sites.push({kind: 'require', key: 'require', value: requirements.map(withoutCommand)})
  if (container !== undefined) sites.push(...imageSites('image', container))
  if (typeof condition === 'string') sites.push({kind: 'if', key: 'if', value: condition})
  else if (condition === false) sites.push({kind: 'if', key: 'if', value: neverCondition})
  return sites
}

/** No value becomes a part of a command. */
function withoutCommand(requirement: unknown): unknown {
  const {if: condition, message} = fieldsOf(requirement)
  return {if: condition, message}
}

function forEachSites(forEach: unknown): TemplateSite[] {
  const {items, key} = fieldsOf(forEach)
  return [...entrySites('items', 'forEach', {items}), ...entrySites('itemKey', 'forEach', {key})]
}

function entrySites(kind: SiteKind, key: string, map: unknown, except: readonly string[] = []): TemplateSite[] {
  const sites: TemplateSite[] = []
  const fields = fieldsOf(map)
  for (const name of Object.keys(fields)) {
    const value = fields[name]
    const mayHoldTemplate = typeof value === 'string' ? isTemplate(value) : typeof value === 'object'
    if (mayHoldTemplate && !except.includes(name)) sites.push({kind, key, name, value})
  }
  return sites
}

/** The short form of a container is its image. */
function imageSites(kind: SiteKind, container: unknown): TemplateSite[] {
  if (typeof container === 'string') return isTemplate(container) ? [{kind, key: 'container', value: container}] : []
  const {image} = fieldsOf(container)
  return typeof image === 'string' && isTemplate(image) ? [{kind, key: 'container', name: 'image', value: image}] : []
}

/** From the task, or from the workflow. */
export function pathOf({key, name}: TemplateSite): string[] {
  return name === undefined ? [key] : [key, name]
}

/** Calls `visit` for every text with a template in a value, in the order of the value. @param steps lead to the text; they change behind the call */
export function visitTemplates(
  value: unknown,
  visit: (text: string, steps: readonly (string | number)[]) => void,
  steps: (string | number)[] = [],
): void {
  if (typeof value === 'string') {
    if (isTemplate(value)) visit(value, steps)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const enter = (step: string | number, inner: unknown): void => {
    steps.push(step)
    visitTemplates(inner, visit, steps)
    steps.pop()
  }
  if (Array.isArray(value)) value.forEach((item, index) => enter(index, item))
  else for (const [key, item] of Object.entries(value)) enter(key, item)
}

/** The maps of a task or a workflow by their keys, each site replaced by what `evaluate` makes of it; all other values stay as they are. */
export function evaluateSites<Key extends string>(
  maps: Readonly<Record<Key, object>>,
  sites: readonly TemplateSite[],
  evaluate: (site: TemplateSite) => unknown,
): Record<Key, Record<string, unknown>> {
  // Most tasks have no templates.
  if (sites.length === 0) return {...maps} as Record<Key, Record<string, unknown>>
  const fill = ([key, map]: [string, object]): [string, Record<string, unknown>] => {
    const bySite = new Map(sites.filter((site) => site.key === key).map((site) => [site.name, site]))
    const values = Object.entries(map).map(([name, value]: [string, unknown]) => {
      const site = bySite.get(name)
      return [name, site === undefined ? value : evaluate(site)] as const
    })
    return [key, Object.fromEntries(values)]
  }
  return Object.fromEntries(Object.entries<object>(maps).map(fill)) as Record<Key, Record<string, unknown>>
}
