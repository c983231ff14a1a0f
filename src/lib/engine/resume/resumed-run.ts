// What is known of a run that goes on in another process than the one that began it.

import type {StateEvent, TaskInterrupted} from '../events.ts'

/** What becomes of a task whose process died. One that was being stopped with its run is always cancelled. */
export type AfterInterruption = Exclude<TaskInterrupted['next'], 'cancel'>

export interface ResumedRun {
  /** Counts the owners of the run so far. */
  readonly epoch: number
  /** All that the journal has of the run, in order, without its log. None: the process died before the first event. */
  readonly events: Iterable<StateEvent>
  /**
   * By key of the task, for each attempt that was open. One that is missing here began after the journal was read: its task runs again if it is
   * idempotent, and fails if it is not.
   */
  readonly interrupted: ReadonlyMap<string, AfterInterruption>
  /** Called when the run is ours, before anything of it starts: ends what its last process has left running. */
  readonly onClaimed?: () => Promise<void>
}
