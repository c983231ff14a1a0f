// What the caller of a run has chosen, so that a run that retries it can choose the same: all else is as the workflow file says.

export interface GivenChoices {
  /** Names of the inputs that have a value of the caller. */
  readonly inputs?: readonly string[]
  /** Names of the vars that were set. */
  readonly vars?: readonly string[]
  /** Absolute paths of files with variables. */
  readonly envFiles?: readonly string[]
  /** Ids of tasks: these and what they need. */
  readonly tasks?: readonly string[]
  /** These alone. */
  readonly only?: readonly string[]
  /** These and what needs them. */
  readonly from?: readonly string[]
  readonly keepGoing?: true
  /** Of the run, as it was written. */
  readonly timeout?: string
}
