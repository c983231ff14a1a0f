// Who starts a run, and how it changes from one process to the next.

export type StartedBy =
  | {
      readonly kind: 'person'
      /** Login name. */
      readonly user: string
      /** Whether a terminal showed the command. */
      readonly terminal: boolean
    }
  | {
      /** A coding agent, as that user. */
      readonly kind: 'agent'
      readonly user: string
      /** The variable by which it says so: `CLAUDECODE`. */
      readonly agent: string
    }
  | {
      readonly kind: 'run'
      /** Id of the run that this one was made for. */
      readonly run: string
      readonly task: string
    }

/** Another process goes on with the run: the one before it is gone, or has lost its lease. */
export interface RunResumed {
  readonly type: 'run.resumed'
  /** Which process of the run this is: 2 for the second. */
  readonly epoch: number
  readonly startedBy?: StartedBy
}
/** Nothing but waits is left, and the process of the run leaves: another one goes on with it. */
export interface RunParked {
  readonly type: 'run.parked'
  /** RFC 3339: when the first of its waits ends by itself. Absent: all that it waits for are answers. */
  readonly until?: string
  /** For how long its processes have driven it. */
  readonly durationMs: number
}
