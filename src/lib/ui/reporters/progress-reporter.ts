// Shows the progress of one run, and what the runs ask that its tasks have made.

import type {Reporter} from '../../engine/ports.ts'
import type {ShowApproval} from './approval-text.ts'

export interface ProgressReporter extends Reporter {
  /** Shows that a task waits for an approval, of this run or of another one, with the commands that answer. */
  readonly ask: ShowApproval
}
