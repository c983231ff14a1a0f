// The items of a task: tasks of the run that its `task.expanded` makes, and whose ends make the end of the task.

import {defined} from '../../util/defined.ts'
import {itemRulesOf} from '../../workflow/items/model.ts'
import type {TaskExpanded, TaskFinished, TaskSkipped} from '../events.ts'
import {isEnd, mayStart, newRecord, type DecideState, type TaskRecord} from '../run-state.ts'
import {writeTaskKey} from '../task-key.ts'
import type {Command} from './commands.ts'
import {giveUpItems} from './hand-out.ts'

/** Lets all items wait for their turn, in their order. */
export function expand(state: DecideState, record: TaskRecord, {items}: TaskExpanded): Command[] {
  const {id, condition, usesSlot, hook} = record.shape
  if (!mayStart(state, id) || record.parent !== undefined) throw new Error(`task '${id}' was expanded out of turn`)
  const records = items.map((item): TaskRecord => {
    // A clean-up task goes on after a stop, and so do its items.
    const shape = {id: writeTaskKey({task: id, item}), needs: [], condition, ...defined({usesSlot, hook})}
    return {...newRecord(shape), parent: record, progress: 'ready'}
  })
  for (const made of records) state.tasks.set(made.shape.id, made)
  record.progress = 'expanded'
  record.items = {records, open: records.length, counts: {succeeded: 0, failed: 0, skipped: 0, cancelled: 0}}
  state.unfinished += records.length
  if (records.length === 0) return [{kind: 'collect', task: id}]
  return records.map(({shape}) => ({kind: 'queue', task: shape.id}))
}

export interface ItemEnd {
  readonly commands: Command[]
  /** The task that has the item will fail, whatever becomes of the other items, and none of these starts. */
  readonly hasFailedTask: boolean
}

/** What an item's end means to its task; the end itself is in the state already. */
export function afterItem(item: TaskRecord, parent: TaskRecord, event: TaskFinished | TaskSkipped): ItemEnd {
  const {items} = parent
  if (items === undefined || !isEnd(item.progress)) throw new Error(`task '${item.shape.id}' is no item that has ended`)
  items.open -= 1
  items.counts[item.progress] += 1
  if (event.type === 'task.skipped') items.skipReason ??= event.reason
  else if (event.error !== undefined && item.progress === 'failed') items.failure ??= {task: item.shape.id, error: event.error}
  const isFailure = item.progress === 'failed' && !item.isTolerated
  const hasFailedTask = isFailure && itemRulesOf(parent.shape)?.failFast === true
  if (items.open === 0) return {commands: [{kind: 'collect', task: parent.shape.id}], hasFailedTask}
  const reason = `item '${item.shape.id}' failed and failFast is on`
  return {commands: hasFailedTask ? giveUpItems(items.records, reason) : [], hasFailedTask}
}
