// Runs one action: checks its inputs, starts what its plugin needs, speaks its protocol, and says what came of it. A failing task is a result, never an exception.

import {WorkflowError} from '../errors/workflow-error.ts'
import {StartError} from '../runtimes/start-error.ts'
import type {JsonObject, JsonValue} from '../util/json.ts'
import {roundMs} from '../util/round-ms.ts'
import type {ActionResult, AttemptMetrics, TaskError} from '../engine/task-result.ts'
import {Attempt, TaskFault, type ExecuteOptions, type Invocation} from './attempt/attempt.ts'
import {notOwner} from './attempt/not-owner.ts'
import {findFailureCause} from './attempt/failure-cause.ts'
import {defaultLimits, type ExecutionLimits} from './attempt/limits.ts'
import type {ProtocolOutcome} from './protocols/plain.ts'
import {describeMisfit, type ValueCheck} from './attempt/schema-misfit.ts'
import {checkEnvironment} from './attempt/task-environment.ts'
import {runBuiltIn, type BuiltInAction} from './protocols/built-in.ts'
import type {ExpectedTask, TaskRuntime, TaskRuntimes} from './attempt/task-runtime.ts'

/** A task that begins so soon after the last one takes the count of that one's end: the kernel takes its time over it. */
const sinceLastTaskMs = 20
const childLost =
  'the system ended a process of this task because memory ran out, so its result may be incomplete; "memory" in "resources" allows more'
// The kernel counts, and does not say whose process it was.
const childPerhapsLost =
  'the system ended a process because memory ran out while this task ran; if it was one of this task, its result may be incomplete'

export interface PluginExecutorOptions {
  /** Where tasks run. */
  readonly taskRuntimes: TaskRuntimes
  /** What the actions of protocol `builtin` are, by type: `namespace/plugin.action`. */
  readonly builtInActions?: ReadonlyMap<string, BuiltInAction>
  /** Whether this process may still start something for the run. Default: always. */
  readonly confirmOwner?: () => boolean | Promise<boolean>
  /** What the environment of each program has besides. */
  readonly variables?: () => Readonly<Record<string, string>>
  /** Makes the check of a schema. Called once per schema. */
  readonly compileSchema: (schema: JsonObject) => Promise<ValueCheck>
  readonly limits?: Partial<ExecutionLimits>
  /** Errors come with their stacks, whatever they are. */
  readonly isDebug?: boolean
}

export class PluginExecutor {
  readonly #options: PluginExecutorOptions
  readonly #limits: ExecutionLimits
  readonly #checks = new WeakMap<JsonObject, ValueCheck>()
  #attempts = 0

  constructor(options: PluginExecutorOptions) {
    this.#options = options
    this.#limits = {...defaultLimits, ...options.limits}
  }

  /** Says which tasks are to come, one entry per call, so that starting them can be prepared. */
  expect(tasks: Iterable<ExpectedTask>, parallelism: number): void {
    this.#options.taskRuntimes.expect(tasks, parallelism)
  }

  /** Runs one attempt to its end; nothing of it is left running when this resolves. Rejects only for a bug of ours. */
  async execute(invocation: Invocation, options: ExecuteOptions): Promise<ActionResult> {
    const attempt = new Attempt(
      invocation,
      (++this.#attempts).toString(36),
      {isDebug: this.#options.isDebug ?? false, ...options},
      this.#limits,
    )
    let outcome: ProtocolOutcome = {}
    let error: TaskError | undefined
    try {
      checkEnvironment(invocation.env)
      const mask = (text: string): string => options.masker?.mask(text) ?? text
      error = await this.#checkInputs(invocation, mask)
      if (error === undefined && !attempt.isStopped) outcome = await this.#run(attempt)
      error ??= findFailureCause(attempt, outcome) ?? (await this.#checkOutput(invocation, outcome.output ?? null, mask))
    } catch (thrown) {
      // Cancelled or out of time while it could not start: that is still what happened first.
      error = findFailureCause(attempt, {error: toTaskError(thrown)})
    } finally {
      attempt.close()
    }
    const metrics = measure(attempt, outcome)
    const {warnings} = attempt
    return error === undefined ? {ok: true, output: outcome.output ?? null, metrics, warnings} : {ok: false, error, metrics, warnings}
  }

  async #run(attempt: Attempt): Promise<ProtocolOutcome> {
    const {invocation} = attempt
    const isOwner = this.#options.confirmOwner?.() ?? true
    // No turn of the event loop for what is known.
    if (isOwner !== true && !(await isOwner)) throw new TaskFault(notOwner)
    if (invocation.plugin.manifest.protocol === 'builtin') return await runBuiltIn(attempt, this.#options.builtInActions)
    const taskRuntime = await this.#options.taskRuntimes.find(invocation)
    if (attempt.isStopped) return {}
    const env = {...taskRuntime.baseEnv, ...this.#options.variables?.(), ...invocation.env}
    const killsBefore = taskRuntime.runtime.countMemoryKills?.(sinceLastTaskMs)
    const outcome = await speak(taskRuntime, attempt, env)
    if (outcome.exit?.hasLostChild === true) warnOfLostChild(attempt, childLost)
    else if (killsBefore !== undefined && outcome.exit?.isOutOfMemory !== true) {
      if ((taskRuntime.runtime.countMemoryKills?.() ?? 0) > killsBefore) warnOfLostChild(attempt, childPerhapsLost)
    }
    return outcome
  }

  async #checkInputs({plugin, action, inputs}: Invocation, mask: (text: string) => string): Promise<TaskError | undefined> {
    if (action.input === undefined) return undefined
    const check = this.#checks.get(action.input) ?? (await this.#compile(action.input))
    return describeMisfit('INPUT_INVALID', `the inputs do not match the input schema of ${plugin.id}.${action.name}`, check(inputs), mask)
  }

  async #checkOutput({plugin, action}: Invocation, output: JsonValue, mask: (text: string) => string): Promise<TaskError | undefined> {
    if (action.output === undefined) return undefined
    const check = this.#checks.get(action.output) ?? (await this.#compile(action.output))
    return describeMisfit(
      'OUTPUT_INVALID',
      `the output does not match the output schema of ${plugin.id}.${action.name}`,
      check(output),
      mask,
    )
  }

  async #compile(schema: JsonObject): Promise<ValueCheck> {
    const check = await this.#options.compileSchema(schema)
    this.#checks.set(schema, check)
    return check
  }
}

/** Most runs speak one protocol only, so that each loads at its first use. */
async function speak(taskRuntime: TaskRuntime, attempt: Attempt, env: Record<string, string>): Promise<ProtocolOutcome> {
  const {protocol} = attempt.invocation.plugin.manifest
  switch (protocol) {
    case 'exec':
      return await (await import('./protocols/exec.ts')).runExec(taskRuntime, attempt, env)
    case 'plain':
      return await (await import('./protocols/plain.ts')).runPlain(taskRuntime, attempt, env)
    case 'sdk':
      return await (await import('./protocols/sdk.ts')).runSdk(taskRuntime, attempt, env)
    case 'builtin':
      throw new Error('a built-in action starts no program')
  }
}

/** Many programs go on when a child of theirs is gone, and what they give may then lack something. */
function warnOfLostChild(attempt: Attempt, message: string): void {
  attempt.warn('CHILD_OUT_OF_MEMORY', message)
  attempt.log.add('warn', message)
}

function toTaskError(thrown: unknown): TaskError {
  if (thrown instanceof TaskFault) return thrown.error
  if (thrown instanceof StartError) return {code: thrown.code, message: thrown.message, retryable: thrown.isRetryable}
  if (thrown instanceof WorkflowError) {
    return {code: 'PLUGIN_LOAD_FAILED', message: thrown.message, retryable: false, details: thrown.diagnostics.map(({message}) => message)}
  }
  throw thrown
}

function measure(attempt: Attempt, {exit, metrics}: ProtocolOutcome): AttemptMetrics {
  const peakMemoryBytes = Math.max(exit?.metrics.peakMemoryBytes ?? 0, metrics?.peakMemoryBytes ?? 0)
  const cpuTimeMs = Math.max(exit?.metrics.cpuTimeMs ?? 0, metrics?.cpuTimeMs ?? 0)
  const network = attempt.network?.activity
  return {
    durationMs: roundMs(performance.now() - attempt.startedAt),
    ...(exit !== undefined && exit.exitCode !== null && {exitCode: exit.exitCode}),
    ...(exit !== undefined && exit.signal !== null && {signal: exit.signal}),
    ...(peakMemoryBytes > 0 && {peakMemoryBytes}),
    ...(cpuTimeMs > 0 && {cpuTimeMs: roundMs(cpuTimeMs)}),
    ...(network !== undefined && {networkRequests: network.requests, networkRefusals: network.refused}),
  }
}
