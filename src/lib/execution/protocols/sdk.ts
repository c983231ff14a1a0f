// The SDK protocol, our side: one invoke to a plugin's host, its frames back, and what becomes of the host afterwards.

import {randomBytes} from 'node:crypto'
import {
  protocolVersion,
  type CancelMessage,
  type InvokeMessage,
  type LogFrame,
  type ProgressFrame,
  type ResultFrame,
} from '@autokestra/plugin-sdk/protocol'
import {processTagVariable, type ExitStatus, type RunningProcess} from '../../runtimes/runtime.ts'
import {defined} from '../../util/defined.ts'
import {FairReader} from '../../util/fair-reader.ts'
import type {Attempt} from '../attempt/attempt.ts'
import {isTypeScript} from '../../plugins/entry-point.ts'
import {FrameDecoder} from './frame-decoder.ts'
import type {HostLease} from '../attempt/plugin-hosts.ts'
import {NetworkLog} from '../attempt/network-log.ts'
import type {ProtocolOutcome} from './plain.ts'
import {measureJson, outputError} from './read-output.ts'
import {readFrame, toTaskError} from './sdk-messages.ts'
import type {TaskRuntime} from '../attempt/task-runtime.ts'

// What a frame has around the output.
const frameOverheadBytes = 4096
// An action that was asked to stop gets a part of the grace time to do so by itself.
const cancelShare = 0.25
const longestCancelPauseMs = 1000
// A host that is about to die of an uncaught error does so right after its result.
const doubtMs = 50
const hostMessageId = 1
// Of a frame that is not the result. A line of the log has 16 KiB.
const longestOtherFrame = 512 * 1024
// Of larger ones, the fields are counted: looking for secrets in many values takes longer than in one text.
const longestFields = 16 * 1024
const mostValues = 10_000
const resultBegin = '{"type":"result"'

/** Rejects with StartError. */
export async function runSdk(taskRuntime: TaskRuntime, attempt: Attempt, env: Record<string, string>): Promise<ProtocolOutcome> {
  const {plugin} = attempt.invocation
  const isReuse = plugin.manifest.worker === 'reuse'
  const lease = await taskRuntime.hosts.borrow(isReuse ? `${plugin.dir}\0${taskRuntime.main}` : undefined, () => !attempt.isStopped)
  if (attempt.isStopped) {
    // It has nothing to finish.
    await lease.process.kill(0)
    return {}
  }
  const session = new SdkSession(lease.process, attempt)
  session.invoke(env, taskRuntime)
  await Promise.race([session.resultSeen, lease.process.exited])
  const {result} = session
  if (result?.ok === false && result.isRefused === true && isReuse) {
    // What an earlier task has left in that host is not this one's fault.
    attempt.log.add('warn', result.error.message)
    await session.close()
    void lease.process.kill(0)
    return await runSdk(taskRuntime, attempt, env)
  }
  return isReuse ? finishReuse(session, attempt, lease) : finishSingle(session, attempt, lease.process)
}

async function finishSingle(session: SdkSession, attempt: Attempt, process: RunningProcess): Promise<ProtocolOutcome> {
  let isEndedByUs = false
  let timer: NodeJS.Timeout | undefined
  if (session.result !== undefined && !attempt.isStopped) {
    attempt.settle()
    process.stdin?.end()
    const {exitGraceMs} = attempt.limits
    timer = setTimeout(() => {
      isEndedByUs = true
      attempt.warn('PROCESS_LINGERED', `the process was still running ${exitGraceMs} ms after its result and was stopped`)
      void process.kill()
    }, exitGraceMs)
  }
  const exit = await process.exited
  clearTimeout(timer)
  await session.close()
  return {...outcomeOf(attempt, session.result, exit), isEndedByUs}
}

async function finishReuse(session: SdkSession, attempt: Attempt, lease: HostLease): Promise<ProtocolOutcome> {
  const {result} = session
  const {process} = lease
  if (result === undefined || attempt.isStopped) {
    const exit = await process.exited
    await session.close()
    return outcomeOf(attempt, result, exit)
  }
  attempt.settle()
  // What the action wrote to stderr before its result is in the other pipe already: one turn of the loop reads it.
  await new Promise<void>((resolve) => setImmediate(resolve))
  await session.close()
  if (attempt.fault !== undefined) void process.kill()
  else if (result.ok) lease.giveBack()
  else setTimeout(() => lease.giveBack(), doubtMs).unref()
  return outcomeOf(attempt, result)
}

function outcomeOf(attempt: Attempt, result: ResultFrame | undefined, exit?: ExitStatus): ProtocolOutcome {
  const ending = exit === undefined ? {} : {exit}
  if (result === undefined) return {...ending, error: outputError('PROTOCOL_ERROR', 'the plugin ended before it returned a result')}
  const metrics = result.metrics ?? {}
  if (result.ok) return {...ending, output: result.output, metrics}
  return {...ending, error: toTaskError(result, attempt.isDebug), complaint: result.error.stack ?? '', isReported: true, metrics}
}

class SdkSession {
  result: ResultFrame | undefined
  readonly resultSeen: Promise<void>
  readonly #process: RunningProcess
  readonly #attempt: Attempt
  readonly #decoder: FrameDecoder
  readonly #nonce = randomBytes(16).toString('hex')
  readonly #stdout
  readonly #stderr
  #onResult: (() => void) | undefined
  #hasSecondResult = false
  #isTextNeeded = false
  readonly #readers: readonly FairReader[]

  constructor(process: RunningProcess, attempt: Attempt) {
    this.#process = process
    this.#attempt = attempt
    this.#stdout = attempt.log.open('stdout')
    this.#stderr = attempt.log.open('stderr')
    this.resultSeen = new Promise((resolve) => {
      this.#onResult = resolve
    })
    const network = new NetworkLog(process, attempt.log, attempt.invocation.restrictions)
    attempt.network = network
    const {outputBytes, outputDepth} = attempt.limits
    this.#decoder = new FrameDecoder(this.#nonce, outputBytes + frameOverheadBytes, {
      onText: (bytes) => {
        this.#isTextNeeded = this.#stdout.push(bytes)
      },
      onFrame: (payload) => {
        // What it says no longer counts.
        if (attempt.fault !== undefined) return []
        const isLarge = payload.length > longestOtherFrame
        if (this.result !== undefined || !isResult(payload)) {
          if (isLarge || (payload.length > longestFields && measureJson(payload).values > mostValues)) return this.#drop(payload)
        }
        const read = readFrame(payload, outputDepth)
        if (read.ok && (!isLarge || read.frame.type === 'result')) return this.#take(read.frame)
        attempt.fail(read.ok ? outputError('PROTOCOL_ERROR', 'a frame is not the message it begins as') : read.error)
        return []
      },
      onDamage: (reason) => attempt.fail(outputError('PROTOCOL_ERROR', reason)),
      onTooLarge: () => attempt.fail(outputError('OUTPUT_TOO_LARGE', `the output is larger than ${outputBytes} bytes`)),
    })
    this.#readers = [
      new FairReader(process.stdout, (slice) => this.#decode(slice)),
      new FairReader(process.stderr, (slice) => {
        network.addStderr(slice)
        return this.#stderr.push(slice)
      }),
    ]
  }

  invoke(env: Record<string, string>, {main, workingDir}: TaskRuntime): void {
    const {plugin, action, inputs, context, timeoutMs} = this.#attempt.invocation
    const message: InvokeMessage = {
      type: 'invoke',
      v: protocolVersion,
      id: hostMessageId,
      nonce: this.#nonce,
      action: action.name,
      isOnlyAction: plugin.manifest.actions.length === 1,
      inputs,
      ...defined({timeoutMs}),
      ...(plugin.manifest.worker === 'reuse' && {isShared: true}),
      context,
      main,
      ...(isTypeScript(plugin.manifest.main) && {hasSourceMap: true}),
      // The host makes this its environment: without the tag its children could not be found.
      env: {...env, [processTagVariable]: this.#process.tag},
      cwd: workingDir,
    }
    this.#send(message)
    this.#attempt.startClock()
    this.#attempt.onStop(() => this.#stop())
  }

  /** Takes all that has come, and the session off the streams. */
  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.drained()))
    for (const reader of this.#readers) reader.close()
    this.#decoder.end()
    this.#stdout.end()
    this.#stderr.end()
  }

  #stop(): void {
    const {fault, limits} = this.#attempt
    if (fault !== undefined || this.result !== undefined) return void this.#process.kill()
    this.#send({type: 'cancel', id: hostMessageId, ...(!this.#attempt.isCancelled && {isTimedOut: true})})
    const pauseMs = Math.min(limits.killGraceMs * cancelShare, longestCancelPauseMs)
    const timer = setTimeout(() => void this.#process.kill(limits.killGraceMs - pauseMs), pauseMs)
    void this.#process.exited.then(() => clearTimeout(timer))
  }

  #send(message: InvokeMessage | CancelMessage): void {
    this.#process.stdin?.write(`${JSON.stringify(message)}\n`)
  }

  *#decode(slice: Buffer): Generator<void, boolean> {
    this.#isTextNeeded = false
    yield* this.#decoder.push(slice)
    return this.#isSliceNeeded()
  }

  #isSliceNeeded(): boolean {
    return this.#isTextNeeded || this.#decoder.isHolding
  }

  *#take(frame: LogFrame | ProgressFrame | ResultFrame): Generator<void> {
    const {log} = this.#attempt
    if (frame.type === 'log') {
      yield* log.addInSteps(frame.level, frame.message, frame.fields)
    } else if (frame.type === 'progress') {
      yield* log.addInSteps('info', `${Math.round(frame.fraction * 100)} %${frame.message === undefined ? '' : ` ${frame.message}`}`)
    } else if (this.result === undefined) {
      this.result = frame
      this.#onResult?.()
      if (this.#attempt.isStopped) void this.#process.kill()
    } else {
      if (!this.#hasSecondResult) this.#attempt.warn('SECOND_RESULT', 'the plugin returned more than one result; the first one is used')
      this.#hasSecondResult = true
    }
  }

  /** Reading it would hold everything else up. */
  *#drop(payload: Buffer): Generator<void> {
    yield* this.#attempt.log.addInSteps(
      'warn',
      `a message of ${payload.length} bytes was dropped: the log takes messages of up to ${longestOtherFrame} bytes and ${mostValues} values`,
    )
  }
}

/** As the host writes it; what it really is shows when it is read. */
function isResult(payload: Buffer): boolean {
  return payload.toString('latin1', 0, resultBegin.length) === resultBegin
}
