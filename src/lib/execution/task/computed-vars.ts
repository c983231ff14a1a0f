// Vars that commands compute, each once per run, when something that is evaluated reads it. Who reads one that is being computed waits for it; when
// nobody waits any more, the command is ended.

import {setMaxListeners} from 'node:events'
import type {RunStopping, VarComputed} from '../../engine/events.ts'
import type {Plan, PlannedTask} from '../../engine/plan.ts'
import type {Awaitable, RunnerEvents} from '../../engine/ports.ts'
import {contextOfVar} from '../../engine/sealed-output.ts'
import type {TaskError} from '../../engine/task-result.ts'
import type {PluginAction} from '../../plugins/manifest.ts'
import type {Templates} from '../../templates/templates.ts'
import {writeDuration} from '../../util/duration.ts'
import {defined} from '../../util/defined.ts'
import {fieldsOf} from '../../documents/fields.ts'
import type {JsonObject} from '../../util/json.ts'
import {commandAction} from '../../workflow/task/requirement.ts'
import type {TemplateSite} from '../../workflow/template-sites.ts'
import {varsRead} from '../../workflow/template-uses.ts'
import type {ComputedVar} from '../../workflow/vars/computed-var.ts'
import type {PluginExecutor} from '../execute.ts'
import {maskError, maskOutput} from './mask-result.ts'
import type {RunSecrets} from './run-secrets.ts'
import {findTaskDirectory} from './task-directory.ts'

export interface ComputedVarsOptions {
  readonly runId: string
  readonly templates: Templates
  readonly executor: Pick<PluginExecutor, 'execute'>
  /** What runs the commands. */
  readonly shell: PluginAction | undefined
  /** Variables of all tasks, from files. */
  readonly fileEnv?: Readonly<Record<string, string>> | undefined
  readonly secrets?: RunSecrets | undefined
  readonly emit: RunnerEvents
}

interface Computation {
  readonly result: Promise<TaskError | undefined>
  readonly controller: AbortController
  readers: number
}

/** Lines of a command that are shown when it fails. */
const shownLines = 10
/** The journal keeps the value. */
const maxBytes = 65_536

const cancelled: TaskError = {code: 'CANCELLED', message: 'the run was cancelled', retryable: false}

export class ComputedVars {
  /** What templates read: constants, and what is known of the others. */
  readonly values: JsonObject
  readonly #workflow: Plan['workflow']
  readonly #options: ComputedVarsOptions
  readonly #unknown: Map<string, ComputedVar>
  readonly #failed = new Map<string, TaskError>()
  readonly #open = new Map<string, Computation>()
  /** Aborted by the first stop of the run, and by the one that ends what cleans up, too. */
  readonly #stop = new AbortController()
  readonly #leave = new AbortController()

  constructor({workflow}: Pick<Plan, 'workflow'>, options: ComputedVarsOptions) {
    this.#workflow = workflow
    this.#options = options
    this.values = {...workflow.vars}
    this.#unknown = new Map(Object.entries(workflow.computedVars ?? {}))
    for (const {signal} of [this.#stop, this.#leave]) setMaxListeners(0, signal)
  }

  hear(event: VarComputed | RunStopping): void {
    if (event.type === 'var.computed') this.#know(event.name, event.value)
    else {
      if (this.#stop.signal.aborted || event.atOnce === true) this.#leave.abort()
      this.#stop.abort()
    }
  }

  /** When what is asked of a task outside of its attempts is not worth an answer any more. */
  signalOf({condition, hook}: Pick<PlannedTask, 'condition' | 'hook'>): AbortSignal {
    return hook === undefined && condition !== 'status' ? this.#stop.signal : this.#leave.signal
  }

  /** Of what belongs to the whole run. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  get hasUnknown(): boolean {
    return this.#unknown.size > 0
  }

  /** Computes the vars that the templates of some sites read. Undefined: all of them are known. */
  read(sites: readonly TemplateSite[], signal: AbortSignal): Promise<TaskError | undefined> | undefined {
    if (this.#unknown.size === 0) return undefined
    const names = varsRead(sites, this.#options.templates, [...this.#unknown.keys()])
    return names.length === 0 ? undefined : this.#readAll(names, signal)
  }

  /** What `known` says once these vars are known, or what `failed` makes of the error of one. */
  answer<T>(sites: readonly TemplateSite[], signal: AbortSignal, known: () => T, failed: (error: TaskError) => T): Awaitable<T> {
    const reading = this.read(sites, signal)
    return reading === undefined
      ? known()
      : reading.then((error) => {
          if (error === undefined) return known()
          // There is no attempt that could wait for room.
          return failed(error.retryable ? {...error, code: 'VAR_FAILED', retryable: false} : error)
        })
  }

  async #readAll(names: readonly string[], signal: AbortSignal): Promise<TaskError | undefined> {
    const errors = await Promise.all(names.map((name) => this.#readOne(name, signal)))
    return errors.find((error) => error !== undefined)
  }

  async #readOne(name: string, signal: AbortSignal): Promise<TaskError | undefined> {
    const failed = this.#failed.get(name)
    const planned = this.#unknown.get(name)
    if (failed !== undefined || planned === undefined) return failed
    if (signal.aborted) return cancelled
    const computation = this.#open.get(name) ?? this.#begin(name, planned)
    computation.readers += 1
    return await new Promise((resolve, reject) => {
      const leave = (): void => {
        computation.readers -= 1
        // The last to leave waits until nothing of the command is left.
        if (computation.readers > 0) resolve(cancelled)
        else this.#abandon(name, computation)
      }
      signal.addEventListener('abort', leave, {once: true})
      void computation.result.then(resolve, reject).finally(() => {
        signal.removeEventListener('abort', leave)
      })
    })
  }

  #begin(name: string, planned: ComputedVar): Computation {
    const controller = new AbortController()
    const computation: Computation = {controller, readers: 0, result: this.#compute(name, planned, controller.signal)}
    this.#open.set(name, computation)
    return computation
  }

  /** Who reads it from now on begins again. */
  #abandon(name: string, computation: Computation): void {
    computation.controller.abort()
    if (this.#open.get(name) === computation) this.#open.delete(name)
  }

  async #compute(name: string, planned: ComputedVar, signal: AbortSignal): Promise<TaskError | undefined> {
    const {secrets, runId: run} = this.#options
    const computed = await this.#run(name, planned, signal)
    // Nobody waits for it, and another computation may have begun.
    if (signal.aborted) return cancelled
    this.#open.delete(name)
    if (typeof computed !== 'string') {
      const error = secrets === undefined ? computed : maskError(computed, secrets.masker)
      // Another attempt may find room for a process.
      if (!error.retryable) this.#failed.set(name, error)
      return error
    }
    this.#know(name, computed)
    if (secrets === undefined) this.#options.emit({type: 'var.computed', name, value: computed})
    else {
      const {masked: value, isMasked, sealed} = maskOutput(computed, secrets, {run, ...contextOfVar(name)})
      this.#options.emit({type: 'var.computed', name, value, ...(isMasked && {isMasked})}, sealed)
    }
    return undefined
  }

  /** The value, or why there is none. */
  async #run(name: string, {command, shell, timeoutMs, workingDir}: ComputedVar, signal: AbortSignal): Promise<string | TaskError> {
    const {executor, fileEnv, runId, secrets, shell: action} = this.#options
    if (action === undefined) throw new Error(`the action ${commandAction} was not looked up`)
    const {env, id} = this.#workflow
    const found = findTaskDirectory(workingDir, this.#workflow.workingDir)
    if ('error' in found) return found.error
    const lines: string[] = []
    const task = `vars.${name}`
    const result = await executor.execute(
      {
        ...action,
        ...found,
        inputs: {command, ...defined({shell}), maxOutputBytes: maxBytes},
        env: {...fileEnv, ...env},
        timeoutMs,
        timeoutFrom: 'task',
        context: {workflow: id, run: runId, task, attempt: 1, idempotencyKey: `${runId}:${task}`},
      },
      {
        signal,
        onLog: ({message}) => {
          lines.push(message)
          if (lines.length > shownLines) lines.shift()
        },
        masker: secrets?.masker,
      },
    )
    if (!result.ok) {
      const {code, retryable, message} = result.error
      // The system has no room for a process.
      if (code === 'SPAWN_FAILED' && retryable) return result.error
      return failure(name, command, code === 'TIMEOUT' ? `the command took longer than ${writeDuration(timeoutMs)}` : message, lines)
    }
    const {stdout, truncated} = fieldsOf(result.output)
    if (truncated === true) return failure(name, command, 'the command printed more than 64 KiB', [])
    return String(stdout)
  }

  #know(name: string, value: string): void {
    // What this process has computed is not masked.
    if (!this.#unknown.delete(name)) return
    Object.defineProperty(this.values, name, {value, enumerable: true, configurable: true, writable: true})
  }
}

function failure(name: string, command: string, why: string, lines: readonly string[]): TaskError {
  const last = lines.at(-1)
  const message = `the var "${name}" could not be computed: ${why}${last === undefined ? '' : `: ${last}`}`
  return {code: 'VAR_FAILED', message, retryable: false, details: [command.trim(), ...lines]}
}
