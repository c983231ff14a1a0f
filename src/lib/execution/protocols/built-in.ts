// Actions of protocol `builtin`: the program itself carries them out, so they start nothing and speak no protocol.

import type {RunnerEvents} from '../../engine/ports.ts'
import type {LogEntry, TaskError} from '../../engine/task-result.ts'
import type {JsonObject, JsonValue} from '../../util/json.ts'
import type {Attempt} from '../attempt/attempt.ts'
import type {ProtocolOutcome} from './plain.ts'

/** One attempt of a built-in action. */
export interface BuiltInCall {
  /** Id of the run. */
  readonly run: string
  /** Text of the task's key. */
  readonly task: string
  /** 1 for the first try. */
  readonly attempt: number
  /** Checked against the input schema. Real values: what goes elsewhere must be masked. */
  readonly inputs: JsonObject
  /** Of the task. Absolute. */
  readonly workingDir: string
  /** Aborted when the attempt is cancelled or takes too long: the action then ends soon, and its result no longer matters. */
  readonly signal: AbortSignal
  /** Adds a line to the log of the task. It is masked. */
  readonly log: (level: LogEntry['level'], message: string) => void
  /** Reports what is journalled before the result. */
  readonly emit: RunnerEvents
}

/** What a built-in action came to. The output is checked against the output schema. */
export type BuiltInResult = {readonly ok: true; readonly output: JsonValue} | {readonly ok: false; readonly error: TaskError}

/** Rejects only for a bug. Leaves nothing behind when it has resolved. */
export type BuiltInAction = (call: BuiltInCall) => Promise<BuiltInResult>

export async function runBuiltIn(attempt: Attempt, actions: ReadonlyMap<string, BuiltInAction> = new Map()): Promise<ProtocolOutcome> {
  const {plugin, action, inputs, workingDir, context} = attempt.invocation
  const type = `${plugin.id}.${action.name}`
  const run = actions.get(type)
  if (run === undefined) throw new Error(`${type} is not one of the built-in actions`)
  const stopped = new AbortController()
  attempt.onStop(() => {
    stopped.abort()
  })
  attempt.startClock()
  const result = await run({
    run: context.run,
    task: context.task,
    attempt: context.attempt,
    inputs,
    workingDir,
    signal: stopped.signal,
    log: (level, message) => {
      attempt.log.add(level, message)
    },
    emit: attempt.emit,
  })
  attempt.settle()
  return result.ok ? {output: result.output} : {error: result.error}
}
