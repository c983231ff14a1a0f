// What a task requires, asked in order before its first attempt: the first thing that does not hold fails the task.

import type {PlannedTask} from '../../engine/plan.ts'
import type {TaskKey} from '../../engine/task-key.ts'
import type {ActionResult, LogEntry, TaskError} from '../../engine/task-result.ts'
import {toText} from '../../templates/templates.ts'
import {writeDuration} from '../../util/duration.ts'
import {commandAction, type Requirement} from '../../workflow/task/requirement.ts'
import type {Invocation} from '../attempt/attempt.ts'
import type {RunScope} from './run-scope.ts'
import {describeType, templateError} from './scope-errors.ts'

/** Lines of a command that are shown when it fails. */
const shownLines = 10

export interface AskedTask {
  readonly key: TaskKey
  readonly task: PlannedTask
  readonly scope: RunScope
  /** Runs a command as the task runs: in its directory, with its environment. */
  readonly run: (command: string, timeoutMs: number, onLog: (entry: LogEntry) => void) => Promise<ActionResult>
}

export interface RequirementsOfTask extends AskedTask {
  readonly requirements: readonly Requirement[]
}

/** Undefined when all of it holds. */
export async function askRequirements(asked: RequirementsOfTask): Promise<TaskError | undefined> {
  for (const [nth, requirement] of asked.requirements.entries()) {
    const error = await askRequirement(asked, requirement, nth)
    if (error !== undefined) return error
  }
  return undefined
}

/** @param nth of those of the task. Undefined when it holds. */
export async function askRequirement(asked: AskedTask, requirement: Requirement, nth: number): Promise<TaskError | undefined> {
  const error = 'if' in requirement ? askCondition(asked, requirement.if, nth) : await askCommand(asked, requirement)
  return error?.code === 'REQUIREMENT_FAILED' ? withMessage(asked, error, requirement.message, nth) : error
}

/** The invocation of a command that is asked for by `base`, the task's own. */
export function commandInvocation(
  base: Invocation,
  shell: Pick<Invocation, 'plugin' | 'action'> | undefined,
  command: string,
  timeoutMs: number,
): Invocation {
  if (shell === undefined) throw new Error(`the action ${commandAction} was not looked up`)
  return {...base, ...shell, inputs: {command, parse: 'none'}, timeoutMs, timeoutFrom: 'task'}
}

const failed: TaskError = {code: 'REQUIREMENT_FAILED', message: '', retryable: false}

function askCondition({scope, task, key}: AskedTask, condition: string, nth: number): TaskError | undefined {
  const evaluated = scope.evaluateRequired(task, key, condition, [nth, 'if'])
  if (!evaluated.ok) return evaluated.error
  if (evaluated.value === true) return undefined
  if (evaluated.value === false) return failed
  return templateError(`in require.${String(nth)}.if: the condition must be true or false, not ${describeType(evaluated.value)}`)
}

async function askCommand({run}: AskedTask, {command, timeoutMs}: Extract<Requirement, {command: string}>): Promise<TaskError | undefined> {
  const lines: string[] = []
  const result = await run(command, timeoutMs, ({message}) => {
    lines.push(message)
    if (lines.length > shownLines) lines.shift()
  })
  if (result.ok) return undefined
  const {code, retryable} = result.error
  // Nothing was found out: the run is stopped, or the system has no room for a process.
  if (code === 'CANCELLED' || (code === 'SPAWN_FAILED' && retryable)) return result.error
  const why = code === 'TIMEOUT' ? `the command took longer than ${writeDuration(timeoutMs)}` : result.error.message
  return {...failed, details: [`${command.trim()}: ${why}`, ...lines]}
}

function withMessage({scope, task, key}: AskedTask, error: TaskError, text: string, nth: number): TaskError {
  const evaluated = scope.evaluateRequired(task, key, text, [nth, 'message'])
  return evaluated.ok ? {...error, message: toText(evaluated.value)} : evaluated.error
}
