// All findings about a workflow file, in one pass: its shape, then its meaning as far as the shape allows.

import type {SchemaCheck, SchemaCompiler} from '../documents/json-schema.ts'
import type {SourceDocument} from '../documents/source-document.ts'
import {placeSchemaFinding} from '../documents/schema-diagnostics.ts'
import type {SchemaFinding} from '../documents/schema-findings.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import type {Templates} from '../templates/templates.ts'
import {isFields, fieldsOf, writtenTasks, type Fields} from '../documents/report.ts'
import {FindingCollector} from '../documents/collect-findings.ts'
import {defined} from '../util/defined.ts'
import {checkNeeds} from './check-needs.ts'
import {SecretChecker} from './check-secrets.ts'
import {TemplateChecker} from './check-templates.ts'
import {checkTrigger} from './check-trigger.ts'
import {checkValues} from './check-values.ts'
import {Graph} from './graph.ts'
import type {TaskActions} from './task-actions.ts'
import {workflowSchema} from './schema.ts'

type InputKinds = Pick<TaskActions, 'literalInputs' | 'argumentInputs'>

interface Findings {
  /** Sorted by place. Without an error when the workflow is valid. */
  readonly diagnostics: readonly Diagnostic[]
  /** Errors beyond the first. */
  readonly omitted: number
}

export async function validateWorkflow(
  document: SourceDocument,
  options: {schemas: SchemaCompiler; templates: Templates; actions?: InputKinds},
): Promise<Findings> {
  const {value} = document
  const collector = new FindingCollector(document)
  const report = collector.startCheck()

  const checkShape = await options.schemas.compile(workflowSchema)
  for (const found of checkInParts(checkShape, value)) {
    if (found.keyword === 'more') {
      collector.omitted += Number(found.params['count'])
      continue
    }
    const {path, target, finding} = placeSchemaFinding(found)
    report(path, target, {...finding, ...inOurWords(found, value)})
  }
  if (isFields(value)) await checkMeaning(value, collector, document, options)
  return {diagnostics: collector.diagnostics.sort(byPlace), omitted: collector.omitted}
}

const tasksPerPart = 1000

/** The generated check copies all findings so far for each task that has some; so a long list is checked in parts. */
function checkInParts(check: SchemaCheck, value: unknown): SchemaFinding[] {
  const {id, tasks, ...rest} = fieldsOf(value)
  if (!Array.isArray(tasks) || tasks.length <= tasksPerPart) return check(value)
  const findings = check({...rest, ...defined({id}), tasks: tasks.slice(0, tasksPerPart)})
  for (let from = tasksPerPart; from < tasks.length; from += tasksPerPart) {
    for (const found of check({id: 'part', tasks: tasks.slice(from, from + tasksPerPart)})) {
      const [list, index, ...deeper] = found.path
      findings.push(typeof index === 'number' ? {...found, path: [list ?? 'tasks', from + index, ...deeper]} : found)
    }
  }
  return findings
}

/** Sorts findings of one file. */
export function byPlace(a: Diagnostic, b: Diagnostic): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}

async function checkMeaning(
  workflow: Fields,
  collector: FindingCollector,
  document: SourceDocument,
  {templates, actions}: {templates: Templates; actions?: InputKinds},
): Promise<void> {
  const tasks = writtenTasks(workflow)
  const graph = new Graph(tasks)
  checkNeeds(
    tasks,
    graph,
    collector.startCheck(),
    ({index}) => document.diagnostic(['tasks', index, 'id'], 'value', {severity: 'error', code: 'place', message: ''}).line,
  )
  checkValues(workflow, tasks, collector.startCheck())
  await checkTrigger(workflow['trigger'], collector.startCheck())
  await templates.prepare(workflow)
  const literalInputs = (type: string): readonly string[] => actions?.literalInputs(type) ?? []
  const argumentInputs = (type: string): readonly string[] => actions?.argumentInputs(type) ?? []
  const report = collector.startCheck()
  const secrets = new SecretChecker(workflow['secrets'], report)
  const options = {templates, graph, report, vars: fieldsOf(workflow['vars']), tasks, literalInputs, argumentInputs, secrets}
  new TemplateChecker(options).check(workflow, tasks)
  secrets.reportUnused()
}

/** Where the schema's own sentence would show a regular expression or leave the task out. */
function inOurWords(
  {schema, path, keyword, message}: SchemaFinding,
  workflow: unknown,
): {code?: string; message?: string; hint?: string | undefined} {
  const property = keyword === 'additionalProperties' ? path.at(-1) : undefined
  if (typeof property === 'string' && isFuture(path, property))
    return {code: 'not-supported-yet', message: `"${property}" is not supported yet in this version`, hint: undefined}
  const id = taskIdAt(path, workflow)
  if (keyword === 'additionalProperties' || keyword === 'required') return id === undefined ? {} : {message: `${message} in task "${id}"`}
  if (keyword === 'type' && schema['title'] === 'retry') return {hint: 'for example retry: {max: 3}, which is at most three attempts'}
  if (keyword === 'pattern' && schema['title'] === 'id of a workflow')
    return {
      code: 'bad-id',
      message: 'this is not a valid workflow id',
      hint: 'lower-case letters, digits, - and _, starting with a letter or a digit',
    }
  if (keyword === 'pattern' && schema['title'] === 'id of a task')
    return {code: 'bad-id', message: 'this is not a valid task id', hint: 'letters, digits, - and _, starting with a letter or a digit'}
  if (keyword === 'pattern' && schema['title'] === 'name of a secret')
    return {code: 'bad-name', message: 'this is not a valid secret name', hint: 'letters, digits, _ and -, at most 255'}
  if (keyword === 'pattern' && schema['title'] === 'environment variable')
    return {
      code: 'bad-name',
      message: 'this is not a valid environment variable name',
      hint: 'letters, digits and _, not starting with a digit; a * at the end matches the rest: AWS_*',
    }
  if (keyword === 'propertyNames')
    return {
      code: 'bad-name',
      message: `"${String(path.at(-1))}" is not a valid environment variable name`,
      hint: 'letters, digits and _, not starting with a digit',
    }
  if (keyword === 'anyOf' && schema['title'] === 'backoff')
    return {message: '"backoff" must be constant, exponential, or a number of seconds'}
  return {}
}

/** Keys that the language will have. They are not in the schema, so no editor offers them. */
const future = {workflow: ['inputs', 'hooks'], task: ['forEach', 'matrix']} as const

function isFuture(path: SchemaFinding['path'], name: string): boolean {
  if (path.length === 1) return future.workflow.some((known) => known === name)
  return path.length === 3 && path[0] === 'tasks' && future.task.some((known) => known === name)
}

function taskIdAt(path: SchemaFinding['path'], workflow: unknown): string | undefined {
  const [first, index] = path
  if (first !== 'tasks' || typeof index !== 'number') return undefined
  const tasks = fieldsOf(workflow)['tasks']
  const id = Array.isArray(tasks) ? fieldsOf(tasks[index])['id'] : undefined
  return typeof id === 'string' ? id : undefined
}
