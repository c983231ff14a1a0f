// The outputs of a run as its tasks returned them: what masking has changed is opened with a key of the secret store.

import {outputKeyGone} from '../secrets/store/store-errors.ts'
import type {StoredOutput} from '../storage/run-outputs.ts'
import type {RunSummary} from '../storage/run-rows.ts'
import type {JsonObject, JsonValue} from '../util/json.ts'
import type {App} from './app.ts'

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
  const [first] = sealed
  const store = first === undefined ? undefined : await app.secrets()
  const sealer = await store?.openSealer()
  const reveal = <T extends JsonValue>({task, attempt, masked, sealed: original}: StoredOutput<T>): T => {
    if (original === undefined) return masked
    if (sealer === undefined) throw outputKeyGone(task)
    const bytes = sealer.open(original, {run: run.id, task, attempt})
    // Authenticated: it is what was sealed, and has the type of what stands for it.
    const value = JSON.parse(bytes.toString()) as T
    bytes.fill(0)
    return value
  }
  const tasks = new Map([...outputs.tasks].map(([task, output]) => [task, reveal(output)]))
  const revealed = {tasks, sealedCount: sealed.length, ...(outputs.run !== undefined && {run: reveal(outputs.run)})}
  // Before anything sees them.
  await store?.recordReveal(run.id)
  return revealed
}
