// Serves invokes of one plugin, one at a time: becomes the task's process, loads the entry point, calls the named action, writes the result.

import {AsyncLocalStorage} from 'node:async_hooks'
import process from 'node:process'
import {pathToFileURL} from 'node:url'
import {createContext} from '../context.ts'
import type {AnyAction} from '../define-action.ts'
import {protocolVersion, type CancelMessage, type InvokeMessage, type JsonValue, type LogLevel, type ResultError} from '../protocol.ts'
import {NotJsonError, toJson} from '../to-json.ts'
import type {Egress} from './egress.ts'
import {collectActions, findAction, type ExportedActions} from './find-action.ts'
import {createFrameOutput, writeText, type FrameOutput} from './frame-output.ts'
import {startMetrics} from './host-metrics.ts'
import {importWithSdk} from './resolve-sdk.ts'
import {toResultError} from './result-error.ts'

// The longest delay setTimeout knows; a longer timeout is left to the workflow command.
const maxDelayMs = 2 ** 31 - 1

const chdir = process.chdir.bind(process)
const setTimer = globalThis.setTimeout
const clearTimer = globalThis.clearTimeout

/** A failure the host itself found, with its code. */
class HostError extends Error {
  readonly code: string

  constructor(code: string, message: string, cause?: unknown) {
    super(message, {cause})
    this.code = code
  }
}

interface Running {
  readonly id: number
  readonly task: string
  readonly output: FrameOutput
  readonly controller: AbortController
}

export class PluginHost {
  #running: Running | undefined
  #before: FrameOutput | undefined
  #main: string | undefined
  /** Follows the timers and promises of each task, when the host serves several. Costs something, so other hosts have none. */
  #origins: AsyncLocalStorage<Running> | undefined
  /** What a task left behind: the state of the plugin cannot be trusted by the next one. */
  #remains: string | undefined
  #actions: Promise<ExportedActions> | undefined
  readonly #egress: Egress | undefined

  /** @param egress the way out of a sandbox; absent where the network is open */
  constructor(egress?: Egress) {
    this.#egress = egress
  }

  get isBusy(): boolean {
    return this.#running !== undefined
  }

  /** Runs one invoke to its result; never rejects for what the plugin does. */
  async invoke(message: InvokeMessage): Promise<void> {
    const output = createFrameOutput(message.nonce)
    const refusal = this.#refusal(message)
    if (refusal !== undefined) {
      output.finish({type: 'result', ok: false, ...refusal})
      return
    }
    const running = {id: message.id, task: message.context.task, output, controller: new AbortController()}
    this.#running = running
    this.#before?.close()
    const metrics = startMetrics(this.#actions === undefined)
    let result: {ok: true; output: JsonValue} | {ok: false; error: ResultError}
    try {
      result = {ok: true, output: await this.#runIn(running, message)}
    } catch (error) {
      result = {ok: false, error: describe(error)}
    }
    // Idle before the result is out: the next invoke may follow at once.
    this.#running = undefined
    this.#before = output
    output.finish({type: 'result', ...result, metrics: metrics()})
  }

  cancel(message: CancelMessage): void {
    if (this.#running?.id !== message.id) return
    this.#running.controller.abort(message.isTimedOut === true ? timeoutError() : new DOMException('the run was cancelled', 'AbortError'))
  }

  /** A line of console.*; text on stdout when no action runs. */
  log(level: LogLevel, message: string): void {
    if (this.#running === undefined) writeText(message)
    else this.#running.output.emit({type: 'log', level, message: message.toWellFormed()})
  }

  /**
   * Whether an error that escaped is that of a task which has ended: then the running one goes on, and the host takes no other.
   * Called in the context of the error.
   */
  outlives(error: unknown): boolean {
    const origin = this.#origins?.getStore()
    if (this.#origins === undefined || (this.#running !== undefined && (origin === undefined || origin === this.#running))) return false
    const whose = origin === undefined ? 'an earlier task' : `task '${origin.task}'`
    this.#remains ??= `${whose} left an error behind in the process that tasks of this plugin share: ${toResultError(error, whose).message}`
    this.#running?.output.emit({type: 'log', level: 'warn', message: this.#remains.toWellFormed()})
    return true
  }

  /** Ends the running invoke with what escaped from plugin code; false when none runs. */
  fail(error: unknown): boolean {
    const found = toResultError(error)
    // It is unknown whose timer or promise it was.
    if (this.#before !== undefined)
      found.message += ' (it comes from a call that was not awaited, perhaps by an earlier task of the same process)'
    return this.#running?.output.finish({type: 'result', ok: false, error: found}) ?? false
  }

  #refusal(message: InvokeMessage): {error: ResultError; isRefused?: boolean} | undefined {
    if (this.#remains !== undefined) return {error: {code: 'PROTOCOL_ERROR', message: this.#remains}, isRefused: true}
    if (message.v !== protocolVersion) {
      const versions = `the workflow command speaks version ${String(message.v)} of the protocol, the plugin's host version ${String(protocolVersion)}`
      return {error: {code: 'PROTOCOL_MISMATCH', message: versions, retryable: false}}
    }
    if (this.#running !== undefined) return {error: {code: 'PROTOCOL_ERROR', message: 'the host is still busy with another task'}}
    if (this.#main !== undefined && this.#main !== message.main)
      return {error: {code: 'PROTOCOL_ERROR', message: 'the host already serves another plugin'}}
    return undefined
  }

  #runIn(running: Running, message: InvokeMessage): Promise<JsonValue> {
    if (message.isShared !== true) return this.#run(message, running)
    this.#origins ??= new AsyncLocalStorage()
    return this.#origins.run(running, () => this.#run(message, running))
  }

  async #run(message: InvokeMessage, {output, controller}: Running): Promise<JsonValue> {
    takeOver(message, this.#egress?.env)
    const timer = abortAtTimeout(message, controller)
    try {
      for (const problem of (await this.#egress?.ready) ?? []) writeText(problem)
      const action = await this.#findAction(message)
      const context = createContext({
        run: message.context,
        signal: controller.signal,
        emit: output.emit,
        ...(this.#egress !== undefined && {
          fetch: this.#egress.fetch((text) => output.emit({type: 'log', level: 'warn', message: text.toWellFormed()})),
        }),
      })
      // An input is whatever the workflow command has checked against the action's schema.
      return toJson(await action.execute(message.inputs as never, context))
    } finally {
      clearTimer(timer)
    }
  }

  async #findAction({main, hasSourceMap, action: name, isOnlyAction}: InvokeMessage): Promise<AnyAction> {
    this.#main = main
    // Before the import, and only here: Node then looks into every module that is loaded for the name of a map.
    if (hasSourceMap === true) process.setSourceMapsEnabled(true)
    this.#actions ??= load(main)
    const action = findAction(await this.#actions, name, isOnlyAction)
    if (typeof action === 'string') throw new HostError('ACTION_NOT_EXPORTED', action)
    return action
  }
}

async function load(main: string): Promise<ExportedActions> {
  try {
    return collectActions(await importWithSdk(main, pathToFileURL(main).href))
  } catch (error) {
    throw new HostError('PLUGIN_LOAD_FAILED', `the plugin's entry point could not be loaded: ${toResultError(error, 'it').message}`, error)
  }
}

// Values are set one by one, not by a new object: TZ and what child processes inherit live in the real environment.
function takeOver({env: own, cwd, main}: InvokeMessage, added: Readonly<Record<string, string>> = {}): void {
  const env = {...added, ...own}
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(env, name)) Reflect.deleteProperty(process.env, name)
  for (const [name, value] of Object.entries(env)) if (process.env[name] !== value) process.env[name] = value
  process.exitCode = undefined
  process.argv = [process.execPath, main]
  try {
    chdir(cwd)
  } catch (error) {
    throw new HostError('WORKING_DIR_NOT_FOUND', `the working directory '${cwd}' cannot be entered`, error)
  }
}

function abortAtTimeout({timeoutMs}: InvokeMessage, controller: AbortController): NodeJS.Timeout | undefined {
  if (timeoutMs === undefined || timeoutMs > maxDelayMs) return undefined
  const abort = (): void => {
    controller.abort(timeoutError())
  }
  return setTimer(abort, timeoutMs).unref()
}

function timeoutError(): DOMException {
  return new DOMException('the task reached its timeout', 'TimeoutError')
}

function describe(error: unknown): ResultError {
  if (error instanceof NotJsonError) return {code: 'OUTPUT_INVALID_JSON', message: error.message, retryable: false}
  if (!(error instanceof HostError)) return toResultError(error)
  const {stack} = toResultError(error.cause)
  return {code: error.code, message: error.message, retryable: false, ...(stack !== undefined && {stack})}
}
