// `core/approval.wait`: the tasks of one run that wait for people. The first answer counts; once it is in the journal, nobody is asked again.

import type {RunEvent, TaskAnswered} from '../../engine/events.ts'
import type {Reporter} from '../../engine/ports.ts'
import type {RequestWatch} from '../../engine/requests/request-watch.ts'
import type {RunRequest} from '../../engine/requests/run-requests.ts'
import type {DatedEvent} from '../../engine/run-state.ts'
import type {BuiltInAction, BuiltInCall, BuiltInResult} from '../../execution/protocols/built-in.ts'
import {defined} from '../../util/defined.ts'
import {longestTimerMs, parseDuration} from '../../util/duration.ts'

/** A year, also when it has a day more. */
const longestMs = 366 * 24 * 3600 * 1000

type Answer = Pick<TaskAnswered, 'answer' | 'by' | 'at' | 'comment'>

export class Approvals {
  readonly #requests: Pick<RequestWatch, 'listen' | 'look' | 'markAnswered'>
  /** By task: what the journal says of attempts that have no end. */
  readonly #answers = new Map<string, Answer>()
  readonly #deadlines = new Map<string, string>()
  /** By task: what was taken, until the journal has it. */
  readonly #taken = new Map<string, RunRequest>()

  constructor(requests: Pick<RequestWatch, 'listen' | 'look' | 'markAnswered'>) {
    this.#requests = requests
  }

  /** Is given the events of the run in order, those of an earlier process too. */
  readonly hear = (event: DatedEvent): void => {
    switch (event.type) {
      case 'task.waiting':
        if (event.deadlineAt !== undefined) this.#deadlines.set(event.task, event.deadlineAt)
        return
      case 'task.answered':
        this.#answers.set(event.task, event)
        return
      case 'task.retrying':
        this.#deadlines.delete(event.task)
        return
      case 'task.polled':
      case 'task.finished':
        this.#deadlines.delete(event.task)
        this.#answers.delete(event.task)
        return
      default:
    }
  }

  /** Reporters see what the journal has: now no other process needs to find the request. */
  readonly reporter: Reporter = {
    report: (event: RunEvent) => {
      if (event.type !== 'task.answered') return
      const request = this.#taken.get(event.task)
      this.#taken.delete(event.task)
      // The journal has the answer already; an open request only makes others look at it again.
      if (request !== undefined) void this.#requests.markAnswered(request).catch(() => undefined)
    },
    close: () => Promise.resolve(),
  }

  readonly action: BuiltInAction = async (call) => {
    const {task, attempt, inputs} = call
    const {message, timeout} = inputs as {message: string; timeout?: string | number}
    const known = this.#answers.get(task)
    if (known !== undefined) return resultOf(known)
    const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout, longestMs)
    if (timeout !== undefined && timeoutMs === undefined) {
      const text = 'the input "timeout" is not a duration above zero and up to 366d; write 30m, 2d or a number of seconds'
      return {ok: false, error: {code: 'INPUT_INVALID', message: text, retryable: false}}
    }
    const kept = this.#deadlines.get(task)
    const deadlineAt = kept ?? (timeoutMs === undefined ? undefined : new Date(Date.now() + timeoutMs).toISOString())
    const leftMs = kept === undefined ? timeoutMs : Math.max(0, Date.parse(kept) - Date.now())
    call.emit({type: 'task.waiting', task, attempt, for: 'approval', message, ...defined({deadlineAt})})
    const request = await this.#wait(call, {deadlineAt, leftMs})
    // A stop of the attempt has its own error.
    if (request === undefined) {
      const text = `nobody has answered within ${String(timeout)}${typeof timeout === 'number' ? ' seconds' : ''}, the input "timeout"`
      return {ok: false, error: {code: 'TIMEOUT', message: text, retryable: true}}
    }
    const {by, at, comment} = request
    const answer: Answer = {answer: request.kind === 'approve' ? 'approved' : 'rejected', by, at, ...defined({comment})}
    this.#taken.set(task, request)
    call.emit({type: 'task.answered', task, attempt, ...answer})
    return resultOf(answer)
  }

  /** The first answer; undefined when the deadline has passed or the attempt was stopped. */
  #wait(
    {task, signal}: BuiltInCall,
    {deadlineAt, leftMs}: {readonly deadlineAt: string | undefined; readonly leftMs: number | undefined},
  ): Promise<RunRequest | undefined> {
    return new Promise((resolve) => {
      let isOver = false
      let timer: NodeJS.Timeout | undefined
      const end = (request?: RunRequest): void => {
        if (isOver) return
        isOver = true
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        endListening()
        resolve(request)
      }
      const onAbort = (): void => {
        end()
      }
      const accepts = (request: RunRequest): boolean =>
        !isOver && request.kind !== 'cancel' && request.task === task && (deadlineAt === undefined || request.at <= deadlineAt)
      const endListening = this.#requests.listen(accepts, end)
      const wait = (ms: number): void => {
        const step = Math.min(ms, longestTimerMs)
        timer = setTimeout(() => {
          if (ms > step) wait(ms - step)
          // Whoever has answered in time is heard.
          else void this.#requests.look().then(onAbort)
        }, step)
      }
      if (leftMs !== undefined) wait(leftMs)
      signal.addEventListener('abort', onAbort)
      if (signal.aborted) onAbort()
    })
  }
}

function resultOf({answer, by, at, comment}: Answer): BuiltInResult {
  if (answer === 'approved') return {ok: true, output: {approved: true, by, at, comment: comment ?? null}}
  const message = `rejected by ${by}${comment === undefined ? '' : `: ${comment}`}`
  return {ok: false, error: {code: 'REJECTED', message, retryable: false}}
}
