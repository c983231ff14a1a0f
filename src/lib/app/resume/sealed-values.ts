// Opens what runs have sealed, with the key that each value names: one of the secret store, or that of the run itself.

import type {OutputContext, SealedValue} from '../../engine/sealed-output.ts'
import {outputKeyGone} from '../../secrets/store/store-errors.ts'
import type {OutputSealer} from '../../secrets/store/sealed-value.ts'
import type {OpenSealed} from './restore-values.ts'

interface SealedParts {
  readonly secrets: () => Promise<{openSealer(): Promise<OutputSealer | undefined>}>
}

/** The store is opened, and its key asked for, with the first value that needs it. Rejects with what opening it does, and as {@link OpenSealed}. */
export function sealedValues(app: SealedParts): OpenSealed {
  let opened: Promise<OutputSealer | undefined> | undefined
  return async (sealed: SealedValue, context: OutputContext) => {
    opened ??= app.secrets().then((store) => store.openSealer())
    const sealer = await opened
    if (sealer === undefined) throw outputKeyGone(context.task)
    return sealer.open(sealed, context)
  }
}
