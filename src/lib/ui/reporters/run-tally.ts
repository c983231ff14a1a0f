// What a run came to so far: as much as a summary needs, however many tasks there are.

import type {RunDiagnostic, RunEvent, RunFinished, TaskError} from '../../engine/events.ts'

export interface FailedTask {
  readonly task: string
  readonly attempts: number
  readonly error: TaskError | undefined
  /** It printed something, in any of its attempts. */
  readonly hasLog: boolean
}

/** So many of each kind are named; the others are only counted. */
const named = 10

export class RunTally {
  runId = ''
  workflow = ''
  taskCount = 0
  endedCount = 0
  failedCount = 0
  toleratedCount = 0
  warningCount = 0
  finished: RunFinished | undefined
  readonly failed: FailedTask[] = []
  readonly tolerated: FailedTask[] = []
  readonly warnings: RunDiagnostic[] = []

  /** Tasks that have printed and not ended. */
  readonly #printed = new Set<string>()

  record(event: RunEvent): void {
    switch (event.type) {
      case 'run.started':
        this.runId = event.run
        this.workflow = event.workflow
        this.taskCount = event.tasks.length
        return
      case 'task.log':
        this.#printed.add(event.task)
        return
      case 'task.skipped':
        this.endedCount += 1
        return
      case 'task.finished': {
        this.endedCount += 1
        const hasLog = this.#printed.delete(event.task)
        if (event.status !== 'failed') return
        const list = event.isTolerated ? this.tolerated : this.failed
        if (event.isTolerated) this.toleratedCount += 1
        else this.failedCount += 1
        if (list.length < named) list.push({task: event.task, attempts: event.attempt, error: event.error, hasLog})
        return
      }
      case 'diagnostic':
        this.warningCount += 1
        if (this.warnings.length < named) this.warnings.push(event)
        return
      case 'run.finished':
        this.runId = event.run
        this.finished = event
        return
      default:
    }
  }
}
