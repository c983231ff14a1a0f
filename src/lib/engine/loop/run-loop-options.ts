// What a loop is told about its run, beside the plan and the ports.

import type {ResumedRun} from '../resume/resumed-run.ts'
import type {RunView} from '../run-view.ts'
import type {ActionWarning} from '../task-result.ts'
import type {TextMasker} from './mask-event.ts'
import type {ParkOptions} from './parking.ts'
import type {RunOrigin} from './run-started.ts'

export interface RunLoopOptions extends RunOrigin {
  readonly runId: string
  readonly concurrency: number
  /** Hides secrets in what the engine itself writes. Absent: nothing is hidden. */
  readonly masker?: TextMasker | undefined
  /** Is given all events, for those who show the run and for its result. */
  readonly view?: RunView
  /** The run was begun by another process. */
  readonly resume?: ResumedRun | undefined
  /** The run is parked when nothing but waits is left. Absent: it waits. */
  readonly park?: ParkOptions | undefined
  /** About the run as a whole, known before it begins. */
  readonly warnings?: readonly ActionWarning[]
}
