// How a task of a run is named: in events, in the journal, in the idempotency key of its attempts, in what seals its outputs.

export interface TaskKey {
  /** Id of the task in the workflow file. It has no brackets. */
  readonly task: string
  /** Which of the task's items, where it has several. */
  readonly item?: string
}

/** `score`, or `score[3]` for an item. */
export function writeTaskKey({task, item}: TaskKey): string {
  return item === undefined ? task : `${task}[${item}]`
}

/** The reverse of {@link writeTaskKey}. */
export function readTaskKey(text: string): TaskKey {
  const start = text.indexOf('[')
  return start < 0 || !text.endsWith(']') ? {task: text} : {task: text.slice(0, start), item: text.slice(start + 1, -1)}
}
