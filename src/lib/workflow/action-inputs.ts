// What the checks of a workflow know of the actions that its tasks name: how each treats its inputs, and what it returns.

export interface ActionInputs {
  /** Inputs whose text is taken as it stands: templates are not evaluated in them. */
  readonly literalInputs: readonly string[]
  /** Inputs that become arguments of a process, which everybody on the machine can see. */
  readonly argumentInputs: readonly string[]
  /** JSON Schema of what it returns; absent: nothing is known. */
  readonly output?: unknown
}

/** By type, `namespace/plugin.action`. A type that is missing is not known, or not found. */
export type KnownActions = ReadonlyMap<string, ActionInputs>

const nothingSpecial: ActionInputs = {literalInputs: [], argumentInputs: []}

export function inputsOf(actions: KnownActions, type: unknown): ActionInputs {
  return actions.get(String(type)) ?? nothingSpecial
}
