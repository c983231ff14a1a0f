// What a task asks to be approved, and what was answered, in words.

import type {RunEvent, TaskAnswered, TaskFinished, TaskRetrying, TaskWaiting} from '../../engine/events.ts'
import {sanitizeText} from '../terminal/sanitize.ts'
import {shellWord} from '../terminal/shell-word.ts'
import type {Style} from '../terminal/style.ts'

/** That a task waits for an approval, or does not any more. */
export type ApprovalEvent = (TaskWaiting | TaskAnswered | TaskFinished | TaskRetrying) & RunEvent

export type ShowApproval = (event: ApprovalEvent) => void

export function isApprovalEvent(event: RunEvent): event is ApprovalEvent {
  return ['task.waiting', 'task.answered', 'task.finished', 'task.retrying'].includes(event.type)
}

/** A longer text is cut; `runs show --json` has all of it. In UTF-16 units. */
const maxUnits = 300

/** Text of a person or of a workflow on one line, harmless and not long. */
export function shortLine(text: string): string {
  const line = sanitizeText(
    text
      .slice(0, 2 * maxUnits)
      .replaceAll(/\s+/g, ' ')
      .trim(),
  )
  return line.length > maxUnits || text.length > 2 * maxUnits ? `${line.slice(0, maxUnits).toWellFormed()}…` : line
}

/** `waiting for approval until 2024-05-01T08:00:00.000Z: Publish?` */
export function describeWaiting({message, deadlineAt}: Pick<TaskWaiting, 'message' | 'deadlineAt'>): string {
  return `waiting for approval${deadlineAt === undefined ? '' : ` until ${deadlineAt}`}: ${shortLine(message)}`
}

/** `approved by ann: looks good` */
export function describeAnswer({answer, by, comment}: Pick<TaskAnswered, 'answer' | 'by' | 'comment'>): string {
  return `${answer} by ${shortLine(by)}${comment === undefined ? '' : `: ${shortLine(comment)}`}`
}

/** The commands that answer, each line ended. */
export function renderCommands({run, task}: TaskWaiting & RunEvent, {program, dim}: Style): string {
  return ['approve', 'reject'].map((verb) => `  ${dim(`${program} runs ${verb} ${run} ${shellWord(task)}`)}\n`).join('')
}
