// What the templates of a planned workflow read: which secrets each task is given, and which outputs are kept for later tasks.

import type {Reference} from '../templates/compiled-expression.ts'
import type {Templates} from '../templates/templates.ts'
import {tasksOfHooks, type Hooks} from './hooks.ts'
import {siteRules, taskSites, visitTemplates, workflowSites, type TaskTexts, type TemplateSite} from './template-sites.ts'

/** Names of the secrets that a task reads. The check of the workflow has made sure that they are all written literally. */
export function secretsRead(task: TaskTexts, literalInputs: readonly string[], templates: Templates): Set<string> {
  const names = new Set<string>()
  const sites = taskSites(task, literalInputs).filter(({kind}) => siteRules[kind].reads.includes('secrets'))
  visitReferences(sites, templates, ({root, path: [name]}) => {
    if (root === 'secrets' && typeof name === 'string') names.add(name)
  })
  return names
}

/** A plan, as far as its templates go. */
interface PlannedTexts {
  readonly workflow: {readonly outputs: unknown}
  readonly tasks: readonly PlannedTaskTexts[]
  readonly hooks?: Hooks<PlannedTaskTexts>
}
type PlannedTaskTexts = TaskTexts & {readonly action: {readonly literalInputs: readonly string[]}}

/** `tasks[name]`, or `tasks` as a whole: it could be any of them. Ids have no spaces. */
const anyTask = 'any task'

/** Ids of the tasks whose output some template may read. */
export function outputsRead({workflow, tasks, hooks}: PlannedTexts, templates: Templates): {has(taskId: string): boolean} {
  const read = new Set<string>()
  const collect = ({root, path: [id, property]}: Reference): void => {
    if (root !== 'tasks') return
    if (typeof id !== 'string') read.add(anyTask)
    else if (property === undefined || ['output', 'files', 'items'].includes(String(property))) read.add(id)
  }
  visitReferences(workflowSites({outputs: workflow.outputs}), templates, collect)
  for (const task of [...tasks, ...tasksOfHooks(hooks)]) visitReferences(taskSites(task, task.action.literalInputs), templates, collect)
  return read.has(anyTask) ? {has: () => true} : read
}

/** Whether some template names a file or a directory in the directory of the run: it, or the files that another task has left. */
export function readsRunDir(sites: readonly TemplateSite[], templates: Templates): boolean {
  let isRead = false
  visitReferences(sites, templates, ({root, path: [name, member]}) => {
    if (root === 'run' && (name === 'dir' || typeof name !== 'string')) isRead = true
    if (root === 'tasks' && (member === 'files' || member === 'items' || typeof member !== 'string')) isRead = true
  })
  return isRead
}

/** Whether some template names the directory of the run itself: what its task finds and leaves there is not known. */
export function namesRunDir(sites: readonly TemplateSite[], templates: Templates): boolean {
  let isNamed = false
  visitReferences(sites, templates, ({root, path: [name]}) => {
    if (root === 'run' && (name === 'dir' || typeof name !== 'string')) isNamed = true
  })
  return isNamed
}

/** Those of the named vars that some template reads. `vars[x]`, and `vars` as a whole, could be any of them. */
export function varsRead(sites: readonly TemplateSite[], templates: Templates, names: readonly string[]): string[] {
  const read = new Set<unknown>()
  visitReferences(sites, templates, ({root, path: [name]}) => {
    if (root === 'vars') read.add(typeof name === 'string' ? name : anyVar)
  })
  return read.has(anyVar) ? [...names] : names.filter((name) => read.has(name))
}

const anyVar = Symbol('any var')

/** Calls `visit` for all that the templates of the sites read. */
export function visitReferences(sites: readonly TemplateSite[], templates: Templates, visit: (reference: Reference) => void): void {
  for (const {value} of sites) visitTemplates(value, (text) => templates.parse(text).references.forEach(visit))
}
