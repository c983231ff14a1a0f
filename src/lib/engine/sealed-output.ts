// Outputs and plans that hold secrets, as a journal keeps them: encrypted. How, is known above the engine.

/** An encrypted value. */
export interface SealedValue {
  /** Name of the key it was encrypted with. */
  readonly keyId: string
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}

/** Where an output belongs: it opens nowhere else. */
export interface OutputContext {
  readonly run: string
  readonly task: string
  readonly attempt: number
}

/** Where the outputs of a run as a whole belong: no task has this id. */
export const contextOfRunOutputs = {task: '', attempt: 1} as const

/** Where the fingerprint of the secrets of a run belongs. */
export const contextOfSecrets = {task: ':secrets', attempt: 1} as const

/** Where the value of a var belongs that a command has computed. */
export function contextOfVar(name: string): Pick<OutputContext, 'task' | 'attempt'> {
  return {task: `:var ${name}`, attempt: 1}
}

/** Where the plan of a run belongs: no task has this id either. */
export const contextOfPlan = {task: ':plan', attempt: 1} as const

/** Encrypts outputs without asking for a key again. */
export interface OutputSealer {
  seal(plaintext: Uint8Array, context: OutputContext): SealedValue
}
