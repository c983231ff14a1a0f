// Keeps quiet about attempts of a task that waits for something (`until`): a line when what it sees has changed, and the end of the log of an
// attempt that is the last one, or fails.

import type {LogEvent, RunEvent} from '../../engine/events.ts'
import type {RunView} from '../../engine/run-view.ts'
import {LogTail, type Tail} from './log-tail.ts'

export class PollLog {
  readonly #tail = new LogTail()

  /** True: the event is not shown. Lines of the log are kept until the attempt has ended. @param describe the text of a line */
  hides(event: RunEvent, view: RunView, describe: (line: LogEvent) => string): boolean {
    if (event.type === 'task.polled') {
      this.#tail.take(event.task)
      return event.seen === undefined
    }
    if (event.type !== 'task.started' && event.type !== 'task.log') return false
    if ((view.tasks.get(event.task)?.polls ?? 0) === 0) return false
    if (event.type === 'task.log') this.#tail.add(event.task, describe(event))
    return true
  }

  /** What was kept of an attempt that has ended. Forgets it. */
  take(event: RunEvent): Tail {
    return event.type === 'task.finished' || event.type === 'task.retrying' ? this.#tail.take(event.task) : {lines: [], earlier: 0}
  }
}
