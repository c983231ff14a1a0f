// The entry of the package: what plugin code imports.

export {ActionError} from './action-error.ts'
export {defineAction, defineActions, type Action} from './define-action.ts'
export type {LogFunction, PluginContext} from './context.ts'
export type {FromSchema, JsonSchema} from './schema-types.ts'
export type {JsonObject, JsonValue, LogLevel, RunContext} from './protocol.ts'
