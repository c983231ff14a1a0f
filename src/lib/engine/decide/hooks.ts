// Hooks: which list of them is next when all tasks are over, and how its tasks join the run.

import type {HookList} from '../../workflow/hooks.ts'
import type {HooksStarted, RunFinished} from '../events.ts'
import {addTasks, type DecideState} from '../run-state.ts'
import type {Command} from './commands.ts'
import {handOut} from './hand-out.ts'

const listOf = {succeeded: 'onSuccess', failed: 'onFailure', cancelled: 'onCancel'} as const satisfies Record<
  RunFinished['status'],
  HookList
>

/**
 * The list to start instead of ending the run now; undefined when none is left. A run that was stopped twice starts no more, and one that never
 * held its concurrency group has nothing to clean up.
 */
export function nextHooks({hooks, hooksBegun, isStoppedTwice, isGated}: DecideState, status: RunFinished['status']): HookList | undefined {
  if (isStoppedTwice || isGated || hooksBegun === 'finally') return undefined
  const fitting = listOf[status]
  if (hooksBegun === undefined && hooks[fitting] !== undefined) return fitting
  return hooks.finally === undefined ? undefined : 'finally'
}

/** The tasks of a list are tasks of the run from now on. */
export function beginHooks(state: DecideState, {status, reason, tasks}: HooksStarted): Command[] {
  const list = tasks[0]?.hook
  if (state.stage !== 'finishing' || list === undefined) throw new Error('hooks start once all tasks are over')
  state.stage = 'open'
  state.hooksBegun = list
  state.conclusion = reason === undefined ? {status} : {status, reason}
  return handOut(state, addTasks(state, state.hooks[list] ?? []))
}
