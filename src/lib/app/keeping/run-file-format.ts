// One run as lines of JSON: a head, its plan, its events and log lines as the journal has them, and an end that vouches for what is before it.

import type {ParentTask} from '../../engine/events.ts'
import type {Plan} from '../../engine/plan.ts'

export const runFormat = 'autokestra-run'
export const runFormatVersion = 1

export interface FileHead {
  readonly type: 'version'
  readonly format: typeof runFormat
  readonly version: typeof runFormatVersion
  /** Of the events. */
  readonly eventsVersion: number
}

export interface FileRun {
  readonly type: 'run'
  readonly id: string
  readonly workflow: string
  /** Absolute path on the machine of the run, or `-`. */
  readonly file: string
  readonly startedAt: string
  readonly parent?: ParentTask
}

/** Absent when the journal has none. */
export interface FilePlan {
  readonly type: 'plan'
  readonly isMasked: boolean
  readonly plan: Plan
}

export interface FileEnd {
  readonly type: 'end'
  /** Those before this one. */
  readonly lines: number
  /** `sha256:` and hex, of all bytes before this line. */
  readonly digest: string
}
