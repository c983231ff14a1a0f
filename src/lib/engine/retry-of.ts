// The run that another one retries, and what was said of it.

export interface RetryOf {
  /** Id of a run. */
  readonly run: string
  /** Tasks that run in any case. Absent: none. */
  readonly from?: readonly string[]
  /** Nothing but these tasks runs. Absent: whatever has to. */
  readonly only?: readonly string[]
}
