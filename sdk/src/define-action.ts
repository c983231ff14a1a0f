// What a plugin exports: actions, alone or as a record.

import type {PluginContext} from './context.ts'
import type {JsonObject} from './protocol.ts'
import type {FromSchema, JsonSchema} from './schema-types.ts'

/** An action: the code behind one `namespace/plugin.action`. */
export interface Action<TInput = JsonObject, TOutput = unknown> {
  readonly input?: JsonSchema
  readonly output?: JsonSchema
  execute(input: TInput, context: PluginContext): TOutput | Promise<TOutput>
}

// An action whose types do not matter to the one who holds it. `never` accepts every kind of input.
export type AnyAction = Action<never>

/**
 * Defines an action. With `input` and `output` as JSON Schema literals the types of `execute` follow from them; without, they follow from what
 * `execute` says itself. The workflow command checks values against the schemas in plugin.yaml; the ones here are for the compiler and for reading.
 */
export function defineAction<const I extends JsonSchema, const O extends JsonSchema>(definition: {
  input: I
  output: O
  execute(input: FromSchema<I>, context: PluginContext): FromSchema<O> | Promise<FromSchema<O>>
}): Action<FromSchema<I>, FromSchema<O>>
export function defineAction<const I extends JsonSchema, TOutput>(definition: {
  input: I
  execute(input: FromSchema<I>, context: PluginContext): TOutput | Promise<TOutput>
}): Action<FromSchema<I>, TOutput>
export function defineAction<TInput = JsonObject, TOutput = unknown>(definition: {
  output?: JsonSchema
  execute(input: TInput, context: PluginContext): TOutput | Promise<TOutput>
}): Action<TInput, TOutput>
export function defineAction(definition: AnyAction): AnyAction {
  if (!isAction(definition)) throw new TypeError('defineAction needs an object with a function execute(input, context)')
  return definition
}

/** Defines several actions at once, for `export default`: each is called by its key. */
export function defineActions<const T extends Readonly<Record<string, AnyAction>>>(actions: T): T {
  for (const [name, action] of Object.entries(actions)) {
    if (!isAction(action)) throw new TypeError(`defineActions: '${name}' is not an action; it needs a function execute(input, context)`)
  }
  return actions
}

/** True for an object that can be called as an action, however it was made. */
export function isAction(value: unknown): value is AnyAction {
  return typeof value === 'object' && value !== null && 'execute' in value && typeof value.execute === 'function'
}
