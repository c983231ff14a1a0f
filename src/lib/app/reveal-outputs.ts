// The outputs of a run as its tasks returned them: what masking has changed is opened with the key that it was sealed with.

import {runOfKey} from '../secrets/keys/run-key.ts'
import type {StoredOutput} from '../storage/run-outputs.ts'
import type {RunSummary} from '../storage/run-rows.ts'
import type {JsonObject, JsonValue} from '../util/json.ts'
import type {App} from './app.ts'
import {sealedValues} from './runs/sealed-values.ts'

export interface RevealedOutputs {
  /** By task; only of those that returned something. */
  readonly tasks: ReadonlyMap<string, JsonValue>
  /** What the workflow declared as outputs. */
  readonly run?: JsonObject
  /** How many of them were sealed. */
  readonly sealedCount: number
}

/**
 * Asks for the master key only when something is sealed, and writes into the audit log that it was opened. Rejects with SECRET_TAMPERED,
 * SECRET_STORE_DAMAGED, and what opening the store rejects with.
 */
export async function revealOutputs(app: App, run: RunSummary): Promise<RevealedOutputs> {
  const rows = await app.runs()
  const outputs = rows.outputs(run)
  const sealed = [...outputs.tasks.values(), ...(outputs.run === undefined ? [] : [outputs.run])].filter((output) => output.sealed)
  const open = sealedValues(app)
  const reveal = async <T extends JsonValue>({task, attempt, masked, sealed: original}: StoredOutput<T>): Promise<T> => {
    if (original === undefined) return masked
    const bytes = await open(original, {run: run.id, task, attempt})
    // Authenticated: it is what was sealed, and has the type of what stands for it.
    const value = JSON.parse(bytes.toString()) as T
    bytes.fill(0)
    return value
  }
  const tasks = new Map<string, JsonValue>()
  for (const [task, output] of outputs.tasks) tasks.set(task, await reveal(output))
  const revealed = {tasks, sealedCount: sealed.length, ...(outputs.run !== undefined && {run: await reveal(outputs.run)})}
  // Before anything sees them.
  const isOfStore = sealed.some(({sealed: value}) => value !== undefined && runOfKey(value.keyId) === undefined)
  if (isOfStore) await (await app.secrets()).recordReveal(run.id)
  return revealed
}
