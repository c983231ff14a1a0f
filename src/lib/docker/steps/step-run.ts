// One program in a warm container until nothing of it is left: exit, rest of the outputs, and the end of what it has started.

import type {Readable, Writable} from 'node:stream'
import type {Attachment, DockerClient} from '../api/docker-client.ts'
import {drainOutputs, pause} from '../drain.ts'
import {killedCode, signalOf} from '../exit-signal.ts'
import type {ExitStatus, RunningProcess} from '../../runtimes/runtime.ts'
import {StartError} from '../../runtimes/start-error.ts'
import type {StepMetrics} from './step-metrics.ts'
import type {WarmContainer} from './warm-container.ts'

interface StepRunOptions {
  readonly client: DockerClient
  readonly container: WarmContainer
  /** Of the program, in the engine. */
  readonly execId: string
  readonly tag: string
  readonly hasStdin: boolean
  readonly graceMs: number
  readonly drainMs: number
  readonly attachment: Attachment
  readonly metrics: StepMetrics
  /** Whether another step has run in the container since this one began. */
  readonly hadCompany: () => boolean
  /** Called once, right before `exited` settles. */
  readonly onSettled: () => void
}

const shortestPauseMs = 5
/** How often a running step is looked at, whose end the engine may have missed. */
const lookEveryMs = 5000
const looksWithoutProcess = 3
const longestPauseMs = 200
/** How long killed processes may take to be gone. A container in which one stays is ended. */
const goneLimitMs = 3000

export class StepRun implements RunningProcess {
  /** Of this machine there is none to be named: the program is the engine's. */
  readonly pid = 0
  readonly tag: string
  readonly stdin: Writable | null
  readonly stdout: Readable
  readonly stderr: Readable
  readonly exited: Promise<ExitStatus>
  readonly #options: StepRunOptions
  readonly #killsBefore: number
  /** Resolves with the code, or undefined when the engine does not say, and with whether the program has run at all. */
  readonly #exit: Promise<{readonly code: number | undefined; readonly hasRun: boolean}>
  #hasExited = false
  #hasNoProcess = false
  #isWatchedClosely: (() => void) | undefined
  #killing: Promise<void> | undefined
  #wasKilled = false

  constructor(options: StepRunOptions) {
    const {tag, hasStdin, attachment, container} = options
    this.#options = options
    this.#killsBefore = container.memoryKills
    this.tag = tag
    this.stdin = hasStdin ? attachment.stdin : null
    this.stdout = attachment.stdout
    this.stderr = attachment.stderr
    this.#exit = this.#waitForExit().then((exit) => {
      this.#hasExited = true
      this.#wasKilled = this.#killing !== undefined
      return exit
    })
    this.exited = this.#settle()
  }

  kill(graceMs = this.#options.graceMs): Promise<void> {
    this.#killing ??= this.#kill(graceMs)
    return this.#killing
  }

  async #kill(graceMs: number): Promise<void> {
    if (!this.#hasExited && graceMs > 0) {
      await Promise.race([Promise.all([this.#terminate(graceMs), this.#exit]), pause(graceMs)])
    }
    if (!this.#hasExited) {
      await this.#sweep()
      // The end of its outputs may be waited for forever: of one that nobody reads.
      this.#isWatchedClosely?.()
    }
    await this.exited
  }

  /** A program that is only being started takes its signal when it has begun. */
  async #terminate(graceMs: number): Promise<void> {
    const {container, tag} = this.#options
    const deadline = performance.now() + graceMs
    while (!this.#hasExited && performance.now() < deadline) {
      const answer = await container.signal(tag, 'TERM')
      if (answer === undefined || answer.found > 0) return
      await pause(2 * shortestPauseMs)
    }
  }

  /** Kills all there is of the step, until there is nothing. What cannot be ended is ended with its container. */
  async #sweep(): Promise<void> {
    const {container, client, execId, tag} = this.#options
    const deadline = performance.now() + goneLimitMs
    while (performance.now() < deadline) {
      const answer = await container.signal(tag, 'KILL')
      if (answer === undefined) break
      if (answer.found === 0) {
        const isRunning =
          !this.#hasExited &&
          (await client.inspectExec(execId).then(
            (state) => state.isRunning,
            () => false,
          ))
        if (!isRunning) return
      }
      await pause(shortestPauseMs)
    }
    await container.close()
  }

  async #waitForExit(): Promise<{readonly code: number | undefined; readonly hasRun: boolean}> {
    const {client, container, execId, attachment} = this.#options
    const isDone = new Promise<void>((resolve) => {
      this.#isWatchedClosely = resolve
    })
    await Promise.race([isDone, container.ended, attachment.ended, this.#isLost()])
    for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        const {isRunning, exitCode, pid} = await client.inspectExec(execId)
        if (!isRunning) return {code: exitCode, hasRun: pid > 0}
        // It has had one, unless it is still being started.
        if (this.#hasNoProcess && pid > 0) return {code: undefined, hasRun: true}
      } catch {
        // The container is gone, and with it what the engine knew.
        return {code: undefined, hasRun: true}
      }
      if (container.isEnded) return {code: undefined, hasRun: true}
      await Promise.race([pause(pauseMs), container.ended])
    }
  }

  /** Resolves when a program has no process any more, and the engine has said nothing of it. */
  async #isLost(): Promise<void> {
    const {container, tag} = this.#options
    let without = 0
    while (without < looksWithoutProcess) {
      await pause(lookEveryMs)
      if (this.#isOver()) return
      const answer = await container.signal(tag, '0')
      without = answer?.found === 0 ? without + 1 : 0
    }
    this.#hasNoProcess = true
  }

  #isOver(): boolean {
    return this.#hasExited
  }

  async #settle(): Promise<ExitStatus> {
    const {container, attachment, drainMs, metrics, hadCompany, onSettled} = this.#options
    // The program must not end while there is something to settle, even when for a moment nothing but a timer is left to wait for.
    const hold = setInterval(() => undefined, 60_000)
    const {code = killedCode, hasRun} = await this.#exit
    const measured = metrics.stop()
    await Promise.all([this.#sweep(), drainOutputs(attachment, drainMs)])
    clearInterval(hold)
    const hasMemoryRunOut = container.memoryKills > this.#killsBefore
    const isOutOfMemory = hasMemoryRunOut && code === killedCode && !this.#wasKilled
    onSettled()
    const signal = this.#wasKilled || isOutOfMemory ? signalOf(code) : null
    return {
      exitCode: signal === null ? code : null,
      signal,
      isOutOfMemory,
      // With others in the container it may have been theirs.
      ...(hasMemoryRunOut && !isOutOfMemory && !hadCompany() && {hasLostChild: true}),
      metrics: measured,
      ...(!hasRun && {startError: new StartError('ENTRYPOINT_NOT_EXECUTABLE', 'the program could not be started in the container')}),
    }
  }
}
