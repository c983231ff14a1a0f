// What other processes ask of a run: they write it down, and the process that owns the run reads it.

export interface NewRequest {
  readonly kind: 'approve' | 'reject' | 'cancel'
  /** Key of the task that an approval or a rejection is for. */
  readonly task?: string
  /** Who asks, in words. */
  readonly by: string
  readonly comment?: string
  /** Of `cancel`: nothing is given time to end. */
  readonly isAtOnce?: boolean
}

export interface RunRequest extends NewRequest {
  /** Grows with every request of any run. */
  readonly number: number
  /** RFC 3339, by the clock of the process that asked. */
  readonly at: string
}

export interface RunRequests {
  /** Undefined: there is no such run, or it has finished. */
  add(runId: string, request: NewRequest): RunRequest | undefined | Promise<RunRequest | undefined>
  /** Those without an answer, in order. */
  listOpen(runId: string): readonly RunRequest[] | Promise<readonly RunRequest[]>
  /** To be called when what follows from the request is in the journal: until then another owner of the run would find it again. */
  markAnswered(number: number): void | Promise<void>
}
