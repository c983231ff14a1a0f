// The runs that tasks of a run have made, as its journal says. A task whose process died goes on with the run it has made; one that failed makes another.

import type {RunFinished} from '../../engine/events.ts'
import type {DatedEvent} from '../../engine/run-state.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {RunRows, RunSummary} from '../../storage/run-rows.ts'

export class KnownChildren {
  readonly #ids = new Map<string, string>()

  /** Is given the events of the run in order, those of an earlier process too. */
  readonly hear = (event: DatedEvent): void => {
    if (event.type === 'task.child') this.#ids.set(event.task, event.child)
    else if (event.type === 'task.retrying' || event.type === 'task.polled' || event.type === 'task.finished') this.#ids.delete(event.task)
  }

  /** Id of the run that the open attempt of the task goes on with. @param task text of its key */
  find(task: string): string | undefined {
    return this.#ids.get(task)
  }
}

/** Undefined: the process died before the journal knew of the run. @param id of a run that a task has made */
export function findMade(rows: Pick<RunRows, 'get'>, id: string): RunSummary | undefined {
  try {
    return rows.get(id)
  } catch (error) {
    if (error instanceof WorkflowError && error.code === 'RUN_NOT_FOUND') return undefined
    throw error
  }
}

type Ended = RunSummary & {readonly status: RunFinished['status']}

export function hasEnded(run: RunSummary): run is Ended {
  return run.status === 'succeeded' || run.status === 'failed' || run.status === 'cancelled'
}
