// Opens what runs have sealed, with the key that each value names: one of the secret store, or that of a run.

import type {Home} from '../../config/home.ts'
import type {OutputContext, SealedValue} from '../../engine/sealed-output.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {readRunKey, runOfKey} from '../../secrets/keys/run-key.ts'
import {outputKeyGone, outputTampered} from '../../secrets/store/store-errors.ts'
import type {OutputSealer} from '../../secrets/store/sealed-value.ts'
import {runKeyFile} from './open-run-secrets.ts'

/** Opens what was sealed. Rejects with SECRET_TAMPERED, SECRET_STORE_DAMAGED when its key is gone. */
export type OpenSealed = (sealed: SealedValue, context: OutputContext) => Promise<Buffer>

interface SealedParts {
  readonly home: Home
  readonly secrets: () => Promise<{openSealer(): Promise<OutputSealer | undefined>}>
}

/** The store is opened, and its key asked for, with the first value that needs it. Rejects with what opening it does, and as {@link OpenSealed}. */
export function sealedValues(app: SealedParts): OpenSealed {
  let opened: Promise<OutputSealer | undefined> | undefined
  return async (sealed: SealedValue, context: OutputContext) => {
    const run = runOfKey(sealed.keyId)
    if (run !== undefined) return openWithRunKey(app.home, run, sealed, context)
    opened ??= app.secrets().then((store) => store.openSealer())
    const sealer = await opened
    if (sealer === undefined) throw outputKeyGone(context.task)
    return sealer.open(sealed, context)
  }
}

function openWithRunKey(home: Home, run: string, sealed: SealedValue, context: OutputContext): Buffer {
  const key = readRunKey(runKeyFile(home, run), run)
  if (key === undefined) {
    throw new WorkflowError(
      'SECRET_STORE_DAMAGED',
      `what run ${context.run} has sealed cannot be opened: its key was removed when it had ended`,
      {
        hint: 'store the secrets (workflow secrets set NAME), and what later runs return can be shown',
      },
    )
  }
  const bytes = key.open(sealed, context)
  if (bytes === undefined) throw outputTampered(context.task)
  return bytes
}
