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
import {cookieVariable, type ExitStatus, type RunningProcess} from '../runtimes/runtime.ts'
import {ByteReleaser} from '../util/release-bytes.ts'
import type {Attempt} from './attempt.ts'
import {isTypeScript} from './entry-point.ts'
import {FrameDecoder} from './frame-decoder.ts'
import type {HostLease} from './host-pool.ts'
import {NetworkLog} from './network-log.ts'
import type {ProtocolOutcome} from './protocol-plain.ts'
import {outputError} from './read-output.ts'
import {readFrame, toTaskError} from './sdk-messages.ts'
import type {TaskPlace} from './task-place.ts'

// What a frame has around the output.
const frameOverheadBytes = 4096
// An action that was told to stop gets a part of the grace time to do so by itself.
const cancelShare = 0.25
const longestCancelPauseMs = 1000
// A host that is about to die of an uncaught error does so right after its result.
const doubtMs = 50
const hostMessageId = 1

/** Rejects with StartError. */
export async function runSdk(place: TaskPlace, attempt: Attempt, env: Record<string, string>): Promise<ProtocolOutcome> {
  const {plugin} = attempt.invocation
  const isReuse = plugin.manifest.worker === 'reuse'
  const lease = await place.hosts.borrow(isReuse ? `${plugin.dir}\0${place.main}` : undefined)
  const session = new SdkSession(lease.process, attempt)
  session.invoke(env, place)
  await Promise.race([session.resultSeen, lease.process.exited])
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
      attempt.warn('PROCESS_LINGERED', `the process was still running ${exitGraceMs} ms after its result and was ended`)
      void process.kill()
    }, exitGraceMs)
  }
  const exit = await process.exited
  clearTimeout(timer)
  session.close()
  return {...outcomeOf(session.result, exit), isEndedByUs}
}

async function finishReuse(session: SdkSession, attempt: Attempt, lease: HostLease): Promise<ProtocolOutcome> {
  const {result} = session
  const {process} = lease
  if (result === undefined || attempt.isStopped) {
    const exit = await process.exited
    session.close()
    return outcomeOf(result, exit)
  }
  attempt.settle()
  // What the action wrote to stderr before its result is in the other pipe already: one turn of the loop reads it.
  await new Promise<void>((resolve) => setImmediate(resolve))
  session.close()
  if (attempt.fault !== undefined) void process.kill()
  else if (result.ok) lease.giveBack()
  else setTimeout(() => lease.giveBack(), doubtMs).unref()
  return outcomeOf(result)
}

function outcomeOf(result: ResultFrame | undefined, exit?: ExitStatus): ProtocolOutcome {
  const ending = exit === undefined ? {} : {exit}
  if (result === undefined) return {...ending, error: outputError('PROTOCOL_ERROR', 'the plugin ended before it gave a result')}
  const metrics = result.metrics ?? {}
  if (result.ok) return {...ending, output: result.output, metrics}
  return {...ending, error: toTaskError(result), isReported: true, metrics}
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
  readonly #onStdout = (chunk: Buffer): void => this.#decoder.push(chunk)
  readonly #releaser = new ByteReleaser()
  readonly #onStderr = (chunk: Buffer): void => {
    if (!this.#stderr.push(chunk)) this.#releaser.release(chunk)
  }

  constructor(process: RunningProcess, attempt: Attempt) {
    this.#process = process
    this.#attempt = attempt
    this.#stdout = attempt.log.open('stdout')
    this.#stderr = attempt.log.open('stderr')
    this.resultSeen = new Promise((resolve) => {
      this.#onResult = resolve
    })
    attempt.network = new NetworkLog(process, attempt.log)
    const {outputBytes, outputDepth} = attempt.limits
    this.#decoder = new FrameDecoder(this.#nonce, outputBytes + frameOverheadBytes, {
      onText: (bytes) => {
        if (!this.#stdout.push(bytes)) this.#releaser.release(bytes)
      },
      onFrame: (payload) => {
        const read = readFrame(payload, outputDepth)
        if (read.ok) this.#take(read.frame)
        else attempt.fail(read.error)
      },
      onDamage: (reason) => attempt.fail(outputError('PROTOCOL_ERROR', reason)),
      onTooLarge: () => attempt.fail(outputError('OUTPUT_TOO_LARGE', `the output is larger than ${outputBytes} bytes`)),
    })
    process.stdout.on('data', this.#onStdout)
    process.stderr.on('data', this.#onStderr)
  }

  invoke(env: Record<string, string>, {main, workingDir}: TaskPlace): void {
    const {plugin, action, inputs, context, timeoutMs} = this.#attempt.invocation
    const message: InvokeMessage = {
      type: 'invoke',
      v: protocolVersion,
      id: hostMessageId,
      nonce: this.#nonce,
      action: action.name,
      isOnlyAction: plugin.manifest.actions.length === 1,
      inputs,
      deadline: Math.round(Date.now() + timeoutMs - (performance.now() - this.#attempt.startedAt)),
      context,
      main,
      ...(isTypeScript(plugin.manifest.main) && {hasSourceMap: true}),
      // The host makes this its environment: without the cookie its children could not be found.
      env: {...env, [cookieVariable]: this.#process.cookie},
      cwd: workingDir,
    }
    this.#send(message)
    this.#attempt.onStop(() => this.#stop())
  }

  /** Takes the session off the streams. */
  close(): void {
    this.#process.stdout.off('data', this.#onStdout)
    this.#process.stderr.off('data', this.#onStderr)
    this.#decoder.end()
    this.#stdout.end()
    this.#stderr.end()
  }

  #stop(): void {
    const {fault, limits} = this.#attempt
    if (fault !== undefined || this.result !== undefined) return void this.#process.kill()
    this.#send({type: 'cancel', id: hostMessageId})
    const pauseMs = Math.min(limits.killGraceMs * cancelShare, longestCancelPauseMs)
    const timer = setTimeout(() => void this.#process.kill(limits.killGraceMs - pauseMs), pauseMs)
    void this.#process.exited.then(() => clearTimeout(timer))
  }

  #send(message: InvokeMessage | CancelMessage): void {
    this.#process.stdin?.write(`${JSON.stringify(message)}\n`)
  }

  #take(frame: LogFrame | ProgressFrame | ResultFrame): void {
    const {log} = this.#attempt
    if (frame.type === 'log') {
      log.add(frame.level, frame.message, frame.fields)
    } else if (frame.type === 'progress') {
      log.add('info', `${Math.round(frame.fraction * 100)} %${frame.message === undefined ? '' : ` ${frame.message}`}`)
    } else if (this.result === undefined) {
      this.result = frame
      this.#onResult?.()
      if (this.#attempt.isStopped) void this.#process.kill()
    } else {
      if (!this.#hasSecondResult) this.#attempt.warn('SECOND_RESULT', 'the plugin gave more than one result; the first one counts')
      this.#hasSecondResult = true
    }
  }
}
