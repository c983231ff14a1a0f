// What `runs approve` and `runs reject` have done.

import type {TaskAnswered} from '../../engine/events.ts'
import {shortLine} from '../reporters/approval-text.ts'

/** `approved: task ask of run 2024…: Publish?` */
export function renderAnswer({
  answer,
  task,
  run,
  message,
  isKept = false,
}: Pick<TaskAnswered, 'answer' | 'task'> & {readonly run: string; readonly message: string; readonly isKept?: boolean}): string {
  const next = isKept ? `the run is parked, and goes on with: workflow runs resume ${run}\n` : ''
  return `${answer}: task ${task} of run ${run}: ${shortLine(message)}\n${next}`
}
