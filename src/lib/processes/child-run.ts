// One child process from its start until nothing of it is left: exit, drain of the pipes, end of its group, kill.

import type {Readable, Writable} from 'node:stream'
import {setTimeout as sleep} from 'node:timers/promises'
import {defined} from '../util/defined.ts'
import {hasProcFs} from '../util/proc-stat.ts'
import {hasLiveMember} from '../util/proc-fs.ts'
import type {ExitStatus, ProcessMetrics, RunningProcess} from '../runtimes/runtime.ts'

/** A started program: a ChildProcess, or what a launcher has started. */
export interface StartedChild {
  readonly stdin: Writable | null
  readonly stdout: Readable
  readonly stderr: Readable
  on(event: 'exit', listener: (code: number | null, signal: NodeJS.Signals | null) => void): unknown
  on(event: 'close', listener: () => void): unknown
}

interface ChildRunOptions {
  readonly pid: number
  readonly tag: string
  readonly graceMs: number
  /** How long pipes that others hold open are read after the exit. */
  readonly drainMs: number
  /** Called once, right before `exited` settles. */
  readonly onSettled: () => ProcessMetrics & Pick<ExitStatus, 'isOutOfMemory' | 'startError'>
  readonly sweep: () => Promise<void>
  /** Whether the group is this program's alone. Otherwise its leader lives on, and what the program left behind is the sweep's. */
  readonly ownsGroup: () => boolean
  /** The program is about to be ended. */
  readonly onStopping?: () => void
  /** From now on a sweep may end what carries this run's tag. */
  readonly onKilling: () => void
}

// SIGKILL works at once, but for a process in an uninterruptible system call (a hanging network disk).
const killLimitMs = 2000
const pollMs = 10
const longestDrainMs = 10_000
// Likewise for the rest of a group that got SIGKILL.
const groupEndLimitMs = 50

export class ChildRun implements RunningProcess {
  readonly pid: number
  readonly tag: string
  readonly stdin: Writable | null
  readonly stdout: Readable
  readonly stderr: Readable
  readonly exited: Promise<ExitStatus>
  readonly #options: ChildRunOptions
  #resolveExited: ((status: ExitStatus) => void) | undefined
  #exit: {code: number | null; signal: NodeJS.Signals | null} | undefined
  #onExit: (() => void) | undefined
  #arePipesClosed = false
  #onPipesClosed: (() => void) | undefined
  #drainTimer: NodeJS.Timeout | undefined
  #killing: Promise<void> | undefined

  constructor(child: StartedChild, options: ChildRunOptions) {
    this.#options = options
    this.pid = options.pid
    this.tag = options.tag
    this.stdin = child.stdin
    this.stdout = child.stdout
    this.stderr = child.stderr
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve
    })
    // A process that does not read its input is not our error: what it does next shows (EPIPE, ECONNRESET).
    child.stdin?.on('error', ignore)
    child.stdout.on('error', ignore)
    child.stderr.on('error', ignore)
    child.on('exit', (code, signal) => {
      this.#exit = {code, signal}
      this.#onExit?.()
      if (this.#killing === undefined && !this.#arePipesClosed) this.#drain(options.drainMs)
    })
    child.on('close', () => {
      this.#arePipesClosed = true
      this.#onPipesClosed?.()
      if (this.#killing === undefined) void this.#end()
    })
  }

  kill(graceMs = this.#options.graceMs): Promise<void> {
    this.#killing ??= this.#resolveExited === undefined ? this.#options.sweep() : this.#kill(graceMs)
    return this.#killing
  }

  /** SIGKILL to the group, at once and without waiting: for a program that leaves now. */
  killNow(): void {
    this.#signalGroup('SIGKILL')
  }

  /** While a reader takes its time over what it has, the rest still comes. */
  #drain(drainMs: number, waitedMs = 0): void {
    this.#drainTimer = setTimeout(() => {
      const isHeldBack = this.stdout.isPaused() || this.stderr.isPaused()
      if (isHeldBack && waitedMs < longestDrainMs) this.#drain(drainMs, waitedMs + drainMs)
      else void this.#end()
    }, drainMs)
  }

  async #kill(graceMs: number): Promise<void> {
    clearTimeout(this.#drainTimer)
    const {drainMs, onKilling, onStopping, sweep} = this.#options
    onStopping?.()
    const deadline = performance.now() + graceMs
    this.#signalGroup('SIGTERM')
    // A stopped process takes no SIGTERM until it is continued.
    this.#signalGroup('SIGCONT')
    if (this.#exit === undefined) await this.#waitForExit(graceMs)
    while (this.#isGroupAlive() && performance.now() < deadline) await sleep(Math.min(pollMs, graceMs))
    this.#signalGroup('SIGKILL')
    if (this.#exit === undefined) await this.#waitForExit(killLimitMs)
    onKilling()
    await sweep()
    if (!this.#arePipesClosed) await this.#waitForPipes(drainMs)
    await this.#end()
  }

  async #end(): Promise<void> {
    if (this.#resolveExited === undefined) return
    clearTimeout(this.#drainTimer)
    const resolve = this.#resolveExited
    this.#resolveExited = undefined
    // Nobody may stay behind in the group. Its number cannot go to others while it has members, and hardly within the drain time when it has none.
    if (this.#options.ownsGroup() && this.#isGroupAlive()) await this.#endGroup()
    if (!this.#arePipesClosed) {
      this.stdin?.destroy()
      this.stdout.destroy()
      this.stderr.destroy()
    }
    const {isOutOfMemory, startError, ...metrics} = this.#options.onSettled()
    const exit = this.#exit ?? {code: null, signal: 'SIGKILL' as const}
    const isKilledByOthers = this.#killing === undefined && (exit.signal === 'SIGKILL' || exit.code === 137)
    resolve({
      exitCode: exit.code,
      signal: exit.signal,
      isOutOfMemory: isKilledByOthers && isOutOfMemory,
      metrics,
      ...defined({startError}),
    })
  }

  async #endGroup(): Promise<void> {
    this.#signalGroup('SIGKILL')
    const deadline = performance.now() + groupEndLimitMs
    while (this.#isGroupAlive() && performance.now() < deadline) await sleep(1)
  }

  #waitForExit(limitMs: number): Promise<void> {
    return waitAtMost(limitMs, (done) => {
      this.#onExit = done
    })
  }

  #waitForPipes(limitMs: number): Promise<void> {
    return waitAtMost(limitMs, (done) => {
      this.#onPipesClosed = done
    })
  }

  #isGroupAlive(): boolean {
    if (!this.#signalGroup(0)) return false
    return this.#exit === undefined || !hasProcFs || hasLiveMember(this.pid)
  }

  #signalGroup(signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(-this.pid, signal)
    } catch {
      // ESRCH: none is left. EPERM: only processes of another user are.
      return false
    }
  }
}

function waitAtMost(limitMs: number, subscribe: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limitMs)
    subscribe(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function ignore(): void {
  // See the constructor.
}
