// The shape of a workflow file: what the schema finds, in words that fit a workflow.

import {fieldsOf} from '../../documents/fields.ts'
import {collectFindings, type CheckFinding, type Findings} from '../../documents/findings.ts'
import type {SchemaCheck, SchemaCompiler} from '../../documents/json-schema.ts'
import {placeSchemaFinding} from '../../documents/schema-diagnostics.ts'
import type {SchemaFinding} from '../../documents/schema-findings.ts'
import type {SourceDocument} from '../../documents/source-document.ts'
import {secretHint} from '../inputs/secret-input.ts'
import {loadWorkflowCheck} from '../schema/workflow-check.ts'
import {hintForKey, hintForType, valueAt} from './shape-hints.ts'
import {defined} from '../../util/defined.ts'

export async function checkShape(document: SourceDocument, schemas: SchemaCompiler): Promise<Findings> {
  const check = await loadWorkflowCheck(schemas)
  const all = checkInParts(check, document.value)
  const findings = collectFindings(document, describe(all, document.value))
  const uncounted = all.reduce((sum, {keyword, params}) => (keyword === 'more' ? sum + Number(params['count']) : sum), 0)
  return {...findings, omitted: {...findings.omitted, error: findings.omitted.error + uncounted}}
}

function* describe(all: readonly SchemaFinding[], workflow: unknown): Generator<CheckFinding> {
  for (const found of all) {
    if (found.keyword === 'more') continue
    const {path, target, finding} = placeSchemaFinding(found)
    yield {at: path, target, ...finding, ...inOurWords(found, workflow)}
  }
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

/** Where the schema's own sentence would show a regular expression or leave the task out. */
function inOurWords(
  {schema, path, keyword, message, params}: SchemaFinding,
  workflow: unknown,
): {code?: string; message?: string; hint?: string | undefined} {
  if (path[0] === 'inputs') return inWordsOfInputs(path, keyword, workflow)
  const id = taskIdAt(path, workflow)
  if (keyword === 'additionalProperties' || keyword === 'required')
    return {...hintOfKey(path, keyword), ...(id !== undefined && {message: `${message} in task "${id}"`})}
  if (keyword === 'type') return defined({hint: hintForType({path, params, keyword}, workflow)})
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
  if (keyword === 'propertyNames' && schema['title'] === 'matrix')
    return {
      code: 'bad-name',
      message: `"${String(path.at(-1))}" is not a valid name of an axis`,
      hint: 'letters, digits, _ and -, not starting with a digit',
    }
  if (keyword === 'propertyNames' && path.at(-3) === 'files')
    return {
      code: 'bad-name',
      message: `"${String(path.at(-1))}" is not a valid name for files`,
      hint: 'letters, digits, - and _, starting with a letter',
    }
  if (keyword === 'propertyNames')
    return {
      code: 'bad-name',
      message: `"${String(path.at(-1))}" is not a valid environment variable name`,
      hint: 'letters, digits and _, not starting with a digit',
    }
  if (keyword === 'anyOf' && schema['title'] === 'dotenv file')
    return {message: 'an entry of "dotenv" is a path, or {file: PATH, optional: true}'}
  if (keyword === 'anyOf' && path.at(-2) === 'require')
    return {message: 'an entry of "require" is {command: …, message: …} or {if: …, message: …}'}
  if (keyword === 'anyOf' && schema['title'] === 'secret') return {message: 'a secret is a name, or {name: NAME, optional: true}'}
  if (keyword === 'anyOf' && schema['title'] === 'backoff')
    return {message: '"backoff" must be constant, exponential, or a number of seconds'}
  return {}
}

function inWordsOfInputs(
  path: SchemaFinding['path'],
  keyword: string,
  workflow: unknown,
): {code?: string; message?: string; hint?: string} {
  const [, name, key] = path
  if (keyword === 'propertyNames')
    return {
      code: 'bad-name',
      message: `"${String(name)}" is not a valid name of an input`,
      hint: 'letters, digits and _, not starting with a digit',
    }
  const isPassword = key === 'format' && fieldsOf(fieldsOf(fieldsOf(workflow)['inputs'])[String(name)])['format'] === 'password'
  if ((keyword === 'additionalProperties' && key === 'secret') || isPassword)
    return {
      code: 'secret-input',
      message: 'inputs cannot be secret: their values are stored with the run, and shown',
      hint: secretHint(String(name)),
    }
  return {}
}

/** Only of keys of the workflow and its tasks themselves; those further down have known names. */
function hintOfKey(path: SchemaFinding['path'], keyword: string): {hint?: string} {
  const parent = path.slice(0, -1)
  const isOfTask = pathOfTask(parent)?.length === parent.length && parent.length > 0
  if (keyword !== 'additionalProperties' || (parent.length > 0 && !isOfTask)) return {}
  return defined({hint: hintForKey(String(path.at(-1)), isOfTask)})
}

function taskIdAt(path: SchemaFinding['path'], workflow: unknown): string | undefined {
  const task = pathOfTask(path)
  const {id} = fieldsOf(task === undefined ? undefined : valueAt(workflow, task))
  return typeof id === 'string' ? id : undefined
}

/** The beginning of a path that leads to a task. */
function pathOfTask(path: SchemaFinding['path']): SchemaFinding['path'] | undefined {
  const depth = path[0] === 'hooks' ? 3 : 2
  return (path[0] === 'tasks' || path[0] === 'hooks') && typeof path[depth - 1] === 'number' ? path.slice(0, depth) : undefined
}
