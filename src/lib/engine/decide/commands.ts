// What the loop is told to do.

import type {ConditionFacts} from '../run-state.ts'

export type Command =
  /** Ask the condition of a task. When it holds, the task waits for its turn. */
  | {readonly kind: 'ask'; readonly task: string; readonly facts: ConditionFacts}
  /** Start the task when it is its turn, as long as `mayStart` says so; a task with items is expanded at once. */
  | {readonly kind: 'queue'; readonly task: string}
  | {readonly kind: 'run'; readonly task: string; readonly attempt: number}
  /** Queue the task again after this time. `isFirst`: no other task is started before it. */
  | {readonly kind: 'wake'; readonly task: string; readonly delayMs: number; readonly isFirst: boolean}
  /** The system has no room for more tasks than run now: run fewer at a time. */
  | {readonly kind: 'narrow'}
  /** All items of the task are over: end it. */
  | {readonly kind: 'collect'; readonly task: string}
  | {readonly kind: 'skip'; readonly task: string; readonly reason: string}
  /** End a task that is tried no more: its process died, or the run was stopped while it waited. */
  | {readonly kind: 'end'; readonly task: string}
  /** Stop the attempts that run, give up the retries that wait. `isAtOnce`: do not wait for the attempts to end. */
  | {readonly kind: 'cancel'; readonly isAtOnce: boolean}
  /** Ask for the concurrency group of the run. */
  | {readonly kind: 'enter'}
  /** All tasks are over: end the run. One that succeeded for a reason did nothing, and has no outputs. */
  | {readonly kind: 'finish'; readonly status: 'succeeded' | 'failed' | 'cancelled'; readonly reason?: string}
  /** The run has ended or is parked, and nothing follows here. */
  | {readonly kind: 'close'}
