// What a run that was made for a task of another one shares with that.

import type {ParentTask} from '../../engine/events.ts'
import type {RunSecrets} from '../../execution/task/run-secrets.ts'
import type {ShowApproval} from '../../ui/reporters/approval-text.ts'
import type {RunTrace} from './run-trace.ts'

/** The run that this one is made for. */
export interface ParentLink {
  readonly task: ParentTask
  /** Ids of the runs that wait for this one: that of the task, and so on. */
  readonly ancestors: readonly string[]
  /** Real paths of the workflows that lead here, this one too. */
  readonly chain: readonly string[]
  readonly secrets: RunSecrets | undefined
  /** Shows what a task of this run asks where its parent shows its progress. */
  readonly ask: ShowApproval
  readonly trace: RunTrace
}
