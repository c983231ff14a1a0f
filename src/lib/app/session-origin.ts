// Where the run of a session comes from: nothing is said of one that a user starts.

import type {RunFinished} from '../engine/events.ts'
import type {Plan} from '../engine/plan.ts'
import type {ResumedRun} from '../engine/resume/resumed-run.ts'
import type {RetryOf} from '../engine/retry-of.ts'
import type {DatedEvent} from '../engine/run-state.ts'
import type {RestoredValues} from '../execution/task/replay.ts'
import type {ResultKeeper} from '../execution/task/run-attempt.ts'
import type {RunSecrets} from '../execution/task/run-secrets.ts'
import type {PlannedRun} from '../planning/plan-workflow.ts'
import type {JsonObject} from '../util/json.ts'
import type {Project} from './project.ts'
import type {ParentLink} from './runs/parent-link.ts'

export interface SessionOrigin {
  /** Such a run shows nothing of itself. */
  readonly parent?: ParentLink
  /** The run retries another one. */
  readonly retry?: RetryParts | undefined
  /** Another process began the run. */
  readonly resume?: ResumedParts | undefined
}

/** What a session needs besides for a run that retries another. */
export interface RetryParts {
  readonly of: RetryOf
  /** What tells tasks which results they keep. */
  open(planned: PlannedRun, secrets: RunSecrets | undefined): Promise<ResultKeeper>
}

/** What a session needs besides for a run that goes on. */
export interface ResumedParts {
  readonly runId: string
  /** The run has a key of its own. */
  readonly hasKey: boolean
  /** The plan as secrets are looked for: those that nothing needs any more may be missing, if that was accepted. */
  withSecretsNeeded(plan: Plan): Plan
  /** Is given the events of the run in order, those of earlier processes too. */
  hear(event: DatedEvent): void
  /** Throws RUN_NOT_RESUMABLE when something that is still to be read was not kept. */
  restore(planned: PlannedRun, secrets: RunSecrets | undefined): Promise<RestoredRun>
  /** The run that an earlier process has made for a task. @param task text of its key */
  findChild(task: string): Promise<KnownChild | undefined>
}

export interface RestoredRun {
  readonly values: RestoredValues
  /** For the engine. */
  readonly run: ResumedRun
}

/** The run that a task has made: its result, when it has one, or what goes on with it. */
export type KnownChild =
  | {
      readonly kind: 'ended'
      readonly run: string
      readonly status: RunFinished['status']
      readonly reason?: string
      readonly outputs: JsonObject
    }
  | {readonly kind: 'open'; readonly project: Project; readonly planned: PlannedRun; readonly resume: ResumedParts}
