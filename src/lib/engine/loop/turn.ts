// What the parts of a loop may do in its turn.

import type {StateEventBody, TaskLog} from '../events.ts'
import type {Awaitable} from '../ports.ts'
import type {DecideState} from '../run-state.ts'
import type {SealedValue} from '../sealed-output.ts'

export interface Turn {
  /** What has been decided; only the loop writes to it. */
  readonly state: DecideState
  /** The one way of every event. Log lines have nothing to decide, so they go to the recorder without it. */
  readonly apply: (body: StateEventBody, sealed?: SealedValue) => void
  readonly log: (line: TaskLog) => void
  /** An answer that is there belongs to this turn, any other to one of its own. */
  readonly whenAnswered: <T>(answer: Awaitable<T>, take: (answer: T) => void) => void
}
