// Runs an action inside a test, without the workflow command.

import {createContext} from './context.ts'
import type {Action} from './define-action.ts'
import type {JsonValue, LogFrame, ProgressFrame, RunContext} from './protocol.ts'
import {toJson} from './to-json.ts'

export interface RunActionOptions {
  /** Aborts the action's `context.signal`. */
  signal?: AbortSignal
  /** Replaces `context.fetch`. */
  fetch?: typeof fetch
  run?: Partial<RunContext>
}

export interface ActionRun<TOutput> {
  /** What a workflow would see: the returned value as JSON. */
  output: TOutput
  logs: Omit<LogFrame, 'type'>[]
  progress: Omit<ProgressFrame, 'type'>[]
}

/**
 * Calls `action` in this process and collects what it logs. Rejects with what the action throws, and with a TypeError for an output that is not JSON.
 * The input and the output are not checked against schemas.
 */
export async function runAction<TInput, TOutput>(
  action: Action<TInput, TOutput>,
  input: TInput,
  options: RunActionOptions = {},
): Promise<ActionRun<TOutput>> {
  const logs: ActionRun<TOutput>['logs'] = []
  const progress: ActionRun<TOutput>['progress'] = []
  const context = createContext({
    run: {workflow: 'test', run: 'test', task: 'test', attempt: 1, idempotencyKey: 'test', ...options.run},
    signal: options.signal ?? new AbortController().signal,
    ...(options.fetch !== undefined && {fetch: options.fetch}),
    emit: (frame) => {
      if (frame.type === 'log') logs.push(withoutType(frame))
      else progress.push(withoutType(frame))
    },
  })
  const returned: unknown = await action.execute(input, context)
  const output: JsonValue = toJson(returned)
  // toJson leaves values of JSON types as they are; others, such as dates, change to their text form.
  return {output: output as TOutput, logs, progress}
}

function withoutType<T extends LogFrame | ProgressFrame>(frame: T): Omit<T, 'type'> {
  const rest: Omit<T, 'type'> & {type?: unknown} = {...frame}
  delete rest.type
  return rest
}
