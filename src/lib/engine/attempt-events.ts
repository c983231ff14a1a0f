// What an open attempt tells of itself, and how it ends when nobody drives it any more.

/** An open attempt has made a run of its own. */
export interface TaskChild {
  readonly type: 'task.child'
  readonly task: string
  readonly attempt: number
  /** Id of that run. */
  readonly child: string
}
/** An open attempt waits for a person. */
export interface TaskWaiting {
  readonly type: 'task.waiting'
  readonly task: string
  readonly attempt: number
  readonly for: 'approval'
  /** What is to be approved, in words. */
  readonly message: string
  /** RFC 3339. Without an answer by then, the attempt fails. Absent: it waits forever. */
  readonly deadlineAt?: string
}
/** What the attempt waited for. A run that is resumed does not ask again. */
export interface TaskAnswered {
  readonly type: 'task.answered'
  readonly task: string
  readonly attempt: number
  readonly answer: 'approved' | 'rejected'
  /** Login name of the user who answered. */
  readonly by: string
  /** RFC 3339, by the clock of the process that gave the answer. */
  readonly at: string
  readonly comment?: string
}
/** The end of an attempt that was open when the process of its run died. */
export interface TaskInterrupted {
  readonly type: 'task.interrupted'
  readonly task: string
  readonly attempt: number
  /** What becomes of the task: another attempt, which its policy of retries does not count, or its end. `cancel`: the run was being stopped. */
  readonly next: 'again' | 'skip' | 'fail' | 'cancel'
}
