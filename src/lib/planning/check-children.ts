// The workflows that the tasks of a plan run: each is planned with its parent, so that what is wrong with it is known before anything starts.

import {realpathSync} from 'node:fs'
import path from 'node:path'
import {fieldsOf} from '../documents/fields.ts'
import type {Finding} from '../documents/source-document.ts'
import {allTasks, type Plan, type PlannedTask} from '../engine/plan.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {defined} from '../util/defined.ts'
import {VarError} from '../workflow/override-vars.ts'
import type {JsonObject} from '../util/json.ts'
import {visitTemplates} from '../workflow/template-sites.ts'
import type {PlannedRun} from './plan-workflow.ts'

/** The action that runs another workflow. */
export const workflowAction = 'core/workflow.run'

/** So many workflows run each other at most, the first one counted. */
export const maxDepth = 10

/** Why nobody is asked for the inputs of a child. */
export const noAnswers = 'the task does not give it'

/** What a task says of the workflow that it runs. */
export interface ChildRequest {
  readonly file: string
  /** Absent: they are not known yet. */
  readonly inputs?: JsonObject
  /** Absent: none, or they are not known yet. */
  readonly vars?: JsonObject
  /** Absent: all, or they are not known yet. */
  readonly tasks?: readonly string[]
}

/** Plans a workflow file. Throws WorkflowError with all findings */
export type PlanChild = (request: ChildRequest) => Promise<PlannedRun>

/** The warnings of all children. Throws WorkflowError with the findings of the parent's tasks, and those of the children in their own files. */
export async function checkChildren(planned: PlannedRun, planChild: PlanChild): Promise<readonly Diagnostic[]> {
  const {plan, source} = planned
  const own = plan.file === '-' ? [] : [realPathOf(plan.file) ?? plan.file]
  const findings: Diagnostic[] = []
  await collect(planned, planChild, own, findings)
  const errors = findings.filter(({severity}) => severity === 'error').length
  if (errors === 0) return findings
  const count = errors === 1 ? '1 error' : `${String(errors)} errors`
  throw new WorkflowError('WORKFLOW_INVALID', `The workflow file "${source.file}", with the workflows it runs, has ${count}.`, {
    diagnostics: findings,
  })
}

/** @param chain real paths of the workflows that lead here, this one too */
async function collect(planned: PlannedRun, planChild: PlanChild, chain: readonly string[], findings: Diagnostic[]): Promise<void> {
  for (const task of childTasks(planned.plan)) {
    const {file: written, inputs = {}, vars = {}, tasks = []} = task.inputs
    if (typeof written !== 'string' || holdsTemplate(written)) continue
    const report = (finding: Omit<Finding, 'severity'>, input = 'file'): void => {
      findings.push(planned.source.diagnostic([...placeOf(planned, task), 'inputs', input], 'value', {severity: 'error', ...finding}))
    }
    const file = childFile(planned.plan, written)
    const real = realPathOf(path.resolve(path.dirname(planned.plan.file), written))
    const refusal = real === undefined ? notFound(written) : refuseChain(chain, real)
    if (refusal !== undefined || real === undefined) {
      if (refusal !== undefined) report(refusal)
      continue
    }
    try {
      const child = await planChild({
        file,
        ...(!holdsTemplate(inputs) && typeof inputs === 'object' && {inputs: inputs as JsonObject}),
        ...(!holdsTemplate(vars) && {vars: vars as JsonObject}),
        ...(!holdsTemplate(tasks) && {tasks: tasks as string[]}),
      })
      findings.push(...child.warnings)
      const undeclared = undeclaredSecrets(planned.plan, child.plan)
      if (undeclared !== undefined) report(undeclared)
      await collect(child, planChild, [...chain, real], findings)
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw error
      const isInputMissing = error.diagnostics.some(({code}) => code === 'missing-input')
      if (error instanceof VarError) {
        report({code: 'child-var', message: `in ${written}, ${error.message}`, ...defined({hint: error.hint})}, 'vars')
        continue
      }
      // What else is wrong with the request is a task that is not there.
      if (error.code === 'USAGE' && !isInputMissing) {
        report({code: 'child-task', message: `in ${written}, ${error.message}`, ...defined({hint: error.hint})}, 'tasks')
        continue
      }
      const hint = isInputMissing ? 'write them under inputs, in the inputs of the task' : error.hint
      report({code: 'child-invalid', message: `the workflow that the task runs cannot be run: ${error.message}`, hint})
      // How a person gives an input on the command line is no help here.
      findings.push(
        ...error.diagnostics.map(({hint: ofInput, ...finding}) => (isInputMissing ? finding : {...finding, ...defined({hint: ofInput})})),
      )
    }
  }
}

export function runsChildren(plan: Plan): boolean {
  return childTasks(plan).length > 0
}

/** The tasks that run another workflow, hooks too. */
function childTasks(plan: Plan): PlannedTask[] {
  return allTasks(plan).filter(({action, usesSlot}) => action.type === workflowAction && usesSlot === false)
}

/** As messages name it: relative to the current directory when the parent was named so. */
export function childFile({workflow}: Pick<Plan, 'workflow'>, written: string): string {
  return path.isAbsolute(written) || workflow.file === '-' ? written : path.join(path.dirname(workflow.file), written)
}

/** Undefined: there is no such file. */
export function realPathOf(file: string): string | undefined {
  try {
    return realpathSync(file)
  } catch {
    // Reading it says why.
    return undefined
  }
}

function notFound(written: string): Omit<Finding, 'severity'> {
  return {
    code: 'child-not-found',
    message: `there is no workflow file "${written}"`,
    hint: 'the path is relative to the file of this workflow',
  }
}

/** What is wrong with a workflow that is run at the end of such a chain. */
export function refuseChain(chain: readonly string[], real: string): Omit<Finding, 'severity'> | undefined {
  const names = (files: readonly string[]): string => files.map((file) => path.basename(file)).join(' → ')
  const start = chain.indexOf(real)
  if (start >= 0) {
    return {code: 'workflow-cycle', message: `the workflows run each other without end: ${names([...chain.slice(start), real])}`}
  }
  if (chain.length < maxDepth) return undefined
  return {code: 'workflow-depth', message: `more than ${String(maxDepth)} workflows run each other: ${names([...chain, real])}`}
}

/** A workflow gets no secret from another one that does not declare it too. */
export function undeclaredSecrets(parent: Pick<Plan, 'workflow'>, child: Pick<Plan, 'workflow'>): Omit<Finding, 'severity'> | undefined {
  const declared = new Set(parent.workflow.secrets)
  const missing = child.workflow.secrets.filter((name) => !declared.has(name))
  if (missing.length === 0) return undefined
  const names = missing.map((name) => `"${name}"`).join(', ')
  const message = `the workflow that the task runs reads the ${missing.length === 1 ? 'secret' : 'secrets'} ${names}, which this workflow does not declare`
  return {code: 'child-secret', message, hint: `secrets: [${[...declared, ...missing].join(', ')}]`}
}

function holdsTemplate(value: unknown): boolean {
  let found = false
  visitTemplates(value, () => (found = true))
  return found
}

/** Where the task stands in its file. */
function placeOf({source}: PlannedRun, {id}: PlannedTask): (string | number)[] {
  const root = fieldsOf(source.value)
  const lists: [string[], unknown][] = [
    [['tasks'], root['tasks']],
    ...Object.entries(fieldsOf(root['hooks'])).map(([name, list]): [string[], unknown] => [['hooks', name], list]),
  ]
  for (const [at, list] of lists) {
    const index = Array.isArray(list) ? list.findIndex((task: unknown) => fieldsOf(task)['id'] === id) : -1
    if (index >= 0) return [...at, index]
  }
  return []
}
