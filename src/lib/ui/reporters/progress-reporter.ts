// Shows the progress of one run, and what the runs ask that its tasks have made.

import type {RunEvent, TaskWaiting} from '../../engine/events.ts'
import type {Reporter} from '../../engine/ports.ts'
import type {LiveRow} from '../terminal/live-region.ts'

export interface Below {
  readonly columns: () => number
  /** Undefined: none. */
  show(rows: (() => readonly LiveRow[]) | undefined): void
  changed(): void
}

export interface ProgressReporter extends Reporter {
  /** Shows that a task of another run waits for an approval, with the commands that answer. */
  readonly ask: (event: TaskWaiting & RunEvent) => void
  /** Shows rows at the very end, below everything. Absent: nothing is redrawn. */
  readonly below?: Below
}
