// What a template reads: is it known where the template stands, and has it been computed by then?

import {fieldsOf, type Fields} from '../../documents/fields.ts'
import type {Remark} from '../../documents/findings.ts'
import type {Reference} from '../../templates/compiled-expression.ts'
import {scopeRoots} from '../../templates/scope.ts'
import {didYouMean} from '../../util/nearest.ts'
import type {KnownActions} from '../action-inputs.ts'
import type {DraftTask, WorkflowDraft} from '../draft.ts'
import type {Graph} from '../graph.ts'
import type {DraftTemplate} from '../list-templates.ts'
import {itemRootsOf, siteRules} from '../template-sites.ts'
import {isComputedVar} from '../vars/computed-var.ts'
import {checkOwnOutput, checkResultRead} from './proofs/outputs-read.ts'
import {checkAxis, itemOutside} from './item-references.ts'
import {checkSecret, readDeclaredSecrets, type DeclaredSecrets} from './secrets.ts'

const taskProperties = ['output', 'status', 'error', 'attempts', 'files']
/** Of a run whose tasks have ended. */
const hookProperties = ['status', 'failed']
const runProperties = ['id', 'workflow', 'startedAt', 'args', 'os', 'arch', 'dir']

/** What the templates of a workflow can refer to. */
export interface Declared {
  readonly inputs: Fields
  readonly vars: Fields
  /** Of the workflow; a task's own environment is for its process. */
  readonly env: Fields
  readonly secrets: DeclaredSecrets
  readonly tasks: ReadonlyMap<string, DraftTask>
  readonly graph: Graph
  readonly actions: KnownActions
}

export function readDeclared({fields, tasks}: WorkflowDraft, graph: Graph, actions: KnownActions): Declared {
  return {
    inputs: fieldsOf(fields['inputs']),
    vars: fieldsOf(fields['vars']),
    env: fieldsOf(fields['env']),
    secrets: readDeclaredSecrets(fields['secrets']),
    tasks: new Map(tasks.map((task) => [task.id, task])),
    graph,
    actions,
  }
}

const none: readonly Remark[] = []

export function checkReference(reference: Reference, template: DraftTemplate, declared: Declared): readonly Remark[] {
  const {root, path: steps, isOptional} = reference
  const {task, text} = template
  const reads = readsOf(template)
  const [name] = steps
  if (root === 'secrets') return checkSecret(reference, template, declared.secrets, declared.actions)
  if (!reads.includes(root)) return [itemOutside(root, template) ?? unknownRoot(reference, reads, text)]
  if (root === 'output') return task === undefined ? none : checkOwnOutput(reference, task, declared.actions)
  if (typeof name !== 'string') return none
  if (root === 'tasks') return checkTask(name, reference, task, declared)
  if (root === 'matrix') return isOptional ? none : checkAxis(name, task)
  if (root === 'run')
    return checkName('run', name, task?.hook === undefined ? runProperties : [...runProperties, ...hookProperties], 'unknown-name')
  if (root === 'inputs') return checkDeclared(root, name, declared.inputs, 'unknown-input')
  if (root === 'vars' && template.site.kind === 'workflowEnv' && isComputedVar(declared.vars[name])) return [computedLater(name)]
  if (isOptional) return none
  if (root === 'vars') return checkDeclared(root, name, declared.vars, 'unknown-var')
  return root === 'env' ? checkDeclared(root, name, declared.env, 'unknown-env') : none
}

/** Names that a template may start with. Hooks also read what the run returns, and items themselves. */
function readsOf({site, task}: DraftTemplate): readonly string[] {
  const {reads, readsItem} = siteRules[site.kind]
  if (task === undefined) return reads
  const {forEach, matrix} = task.fields
  const ofItem = readsItem === true && (forEach !== undefined || matrix !== undefined) ? itemRootsOf({forEach, matrix}) : []
  return task.hook === undefined && ofItem.length === 0 ? reads : [...reads, ...(task.hook === undefined ? [] : ['outputs']), ...ofItem]
}

function computedLater(name: string): Remark {
  const message = `the var "${name}" is computed during the run, and the env of the workflow is evaluated before it`
  return {code: 'computed-var', message, hint: `read it in the env of the tasks that need it`}
}

function unknownRoot({root, start}: Reference, reads: readonly string[], text: string): Remark {
  const known = reads.join(', ')
  if (scopeRoots.some((one) => one === root))
    return {code: 'unknown-name', message: `"${root}" cannot be read here`, hint: `known here: ${known}`}
  const isHyphenated = /[\w)\]]-$/.test(text.slice(0, start))
  const hint = isHyphenated ? `a name with a hyphen is written in brackets: ['a-b']` : () => didYouMean(root, reads) ?? `known: ${known}`
  return {code: 'unknown-name', message: `unknown name "${root}"`, hint}
}

function checkTask(id: string, reference: Reference, reader: DraftTask | undefined, {tasks, graph, actions}: Declared): readonly Remark[] {
  const read = tasks.get(id)
  if (read === undefined) return [{code: 'unknown-task', message: `there is no task "${id}"`, hint: () => didYouMean(id, tasks.keys())}]
  if (reader?.id === id) return [{code: 'reads-itself', message: `the task "${id}" reads its own result`}]
  if (read.hook !== reader?.hook) {
    if (read.hook === undefined) return checkTaskProperty(read, reference, actions)
    const message =
      reader?.hook === undefined
        ? `"${id}" is a hook, and hooks run after this is evaluated`
        : `"${id}" is in hooks.${read.hook}: a hook only reads hooks of its own list`
    return [{code: 'not-upstream', message}]
  }
  if (reader && !graph.isUpstream(id, reader.id)) {
    const message = `the task "${id}" may not have finished when "${reader.id}" starts`
    return [{code: 'not-upstream', message, hint: hintForNeed(id, reader)}]
  }
  return checkTaskProperty(read, reference, actions)
}

function checkTaskProperty(read: DraftTask, {path, isOptional}: Reference, actions: KnownActions): readonly Remark[] {
  const {id, fields} = read
  const [, property, name] = path
  const hasItems = fields['forEach'] !== undefined || fields['matrix'] !== undefined
  if (property === 'files' && typeof name === 'string' && !hasItems)
    return checkName(`tasks.${id}.files`, name, Object.keys(fieldsOf(fieldsOf(fields['files'])['out'])), 'unknown-file')
  if (typeof property !== 'string') return none
  const known = hasItems ? [...taskProperties, 'items'] : taskProperties
  const remarks = checkName(`tasks.${id}`, property, known, 'unknown-name')
  return remarks.length > 0 ? remarks : checkResultRead(read, path.slice(1), isOptional, actions)
}

function hintForNeed(id: string, {id: reader, needs, fields}: DraftTask): string {
  if (fields['needs'] !== undefined || needs.length === 0) return `add "${id}" to the needs of "${reader}"`
  return `write needs: [${[...needs, id].join(', ')}] in "${reader}"`
}

function checkDeclared(
  root: string,
  name: string,
  declared: Fields,
  code: 'unknown-input' | 'unknown-var' | 'unknown-env',
): readonly Remark[] {
  return Object.hasOwn(declared, name) ? none : checkName(root, name, Object.keys(declared), code)
}

const envHint = "only names declared under env: are known; the caller's environment is not passed on, use --var"

function checkName(of: string, name: string, known: readonly string[], code: string): readonly Remark[] {
  if (known.includes(name)) return none
  const list = code === 'unknown-env' ? envHint : known.length > 0 && known.length <= 20 ? `known: ${known.join(', ')}` : undefined
  return [{code, message: `${of} has no "${name}"`, hint: () => didYouMean(name, known) ?? list}]
}
