// One try of one action while it runs: its clock, its log, its warnings, and why it was stopped. The protocols report to it, failure-cause.ts reads it.

import {setMaxListeners} from 'node:events'
import type {RunContext} from '@autokestra/plugin-sdk/protocol'
import type {JsonObject} from '../../util/json.ts'
import type {TimeoutOrigin} from '../../engine/plan.ts'
import type {RunnerEvents} from '../../engine/ports.ts'
import type {PlannedContainer} from '../../engine/planned-container.ts'
import type {ActionWarning, LogEntry, TaskError} from '../../engine/task-result.ts'
import type {ExecutionLimits} from './limits.ts'
import type {ActionDef, Plugin} from '../../plugins/manifest.ts'
import type {NetworkLog} from './network-log.ts'
import type {Restrictions} from '../../permissions/permissions.ts'
import {TaskLog, type LogMasker} from './task-log.ts'

export interface Invocation {
  readonly plugin: Plugin
  readonly action: ActionDef
  readonly inputs: JsonObject
  /** The task's declared environment. */
  readonly env: Readonly<Record<string, string>>
  /** Absolute. */
  readonly workingDir: string
  /** The task has named it, so it runs nowhere else. */
  readonly isOwnDirectory?: boolean
  /** Of the files of the task, absolute: a program in a container gets it too. Absent: it declares none. */
  readonly filesDir?: string
  /** Of the run, absolute. Absent: the task does not use it. */
  readonly runDir?: string | undefined
  /** Of this attempt, from the moment in which its program has been started. Absent: there is none. */
  readonly timeoutMs?: number | undefined
  readonly timeoutFrom: TimeoutOrigin
  readonly context: RunContext
  /** Absent for a task of a trusted workflow. */
  readonly restrictions?: Restrictions | undefined
  /** Of a task whose program runs in a container of an image; nothing in it is a template. */
  readonly container?: PlannedContainer | undefined
}

export interface ExecuteOptions {
  /** Its abort cancels the attempt. */
  readonly signal: AbortSignal
  readonly onLog: (entry: LogEntry) => void
  /** Hides secrets in what is given to `onLog`. The result of the attempt is not masked: other tasks work with it. */
  readonly masker?: LogMasker | undefined
  /** Takes what a built-in action has to report before its result. */
  readonly emit?: RunnerEvents | undefined
  /** Errors come with their stacks, whatever they are. Default: only bugs of plugins do. */
  readonly isDebug?: boolean
}

// The longest delay a timer of Node can have (2^31 - 1 ms, 24.8 days); more would fire at once.
const longestTimerMs = 2_147_483_647

/** A failure found before or beside the process, thrown inside of plugins/ and turned into a result by the executor. */
export class TaskFault extends Error {
  readonly error: TaskError

  constructor(error: TaskError) {
    super(error.message)
    this.name = 'TaskFault'
    this.error = error
  }
}

export class Attempt {
  readonly invocation: Invocation
  /** Unique in this program. */
  readonly tag: string
  readonly limits: ExecutionLimits
  readonly log: TaskLog
  readonly masker: LogMasker | undefined
  readonly isDebug: boolean
  readonly warnings: ActionWarning[] = []
  readonly startedAt = performance.now()
  readonly emit: RunnerEvents
  isCancelled = false
  isTimedOut = false
  /** Set when the process has started. */
  network: NetworkLog | undefined
  /** Why the process was ended by us, other than cancel and timeout. */
  fault: TaskError | undefined
  readonly #signal: AbortSignal
  #timer: NodeJS.Timeout | undefined
  #stop: (() => void) | undefined
  readonly #onAbort = (): void => {
    this.isCancelled = true
    this.#stop?.()
  }

  constructor(invocation: Invocation, tag: string, options: ExecuteOptions, limits: ExecutionLimits) {
    this.tag = tag
    this.invocation = invocation
    this.limits = limits
    this.masker = options.masker
    this.emit = options.emit ?? (() => undefined)
    this.isDebug = options.isDebug ?? false
    this.log = new TaskLog(limits, options.onLog, options.masker)
    this.#signal = options.signal
    this.isCancelled = options.signal.aborted
    // One signal stops all tasks of a run: one listener per task is not a leak.
    setMaxListeners(0, options.signal)
    options.signal.addEventListener('abort', this.#onAbort)
  }

  /** The task is in the hands of its program: from now on the timeout counts. How long a machine takes to start a program is not the task's fault. */
  startClock(): void {
    const {timeoutMs} = this.invocation
    if (timeoutMs === undefined) return
    this.#timer ??= setTimeout(
      () => {
        this.isTimedOut = true
        this.#stop?.()
      },
      Math.min(timeoutMs, longestTimerMs),
    )
  }

  get isStopped(): boolean {
    return this.isCancelled || this.isTimedOut || this.fault !== undefined
  }

  /** Says how to end the process; called at once when the attempt has been stopped already. May be called more than once. */
  onStop(stop: () => void): void {
    this.#stop = stop
    if (this.isStopped) stop()
  }

  /** Ends the attempt for a fault of the plugin's. The first one counts. */
  fail(error: TaskError): void {
    if (this.isStopped) return
    this.fault = error
    this.#stop?.()
  }

  warn(code: string, message: string): void {
    this.warnings.push({code, message})
  }

  /** The result is there: from here on neither clock nor signal change anything. */
  settle(): void {
    clearTimeout(this.#timer)
    this.#signal.removeEventListener('abort', this.#onAbort)
  }

  /** Nothing of the attempt is left running. */
  close(): void {
    this.settle()
    this.#stop = undefined
    const warning = this.log.finish()
    if (warning !== undefined) this.warnings.push(warning)
  }
}
