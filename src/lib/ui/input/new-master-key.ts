// Where the next master key comes from when the keys are rotated.

import {WorkflowError} from '../../errors/workflow-error.ts'
import {maxKeyBytes, toKeyBytes} from '../../secrets/keys/key-text.ts'
import type {KeySource, MasterKey} from '../../secrets/keys/master-key.ts'
import type {ValueInputs} from './secret-value.ts'

export interface NewKeyRequest {
  readonly isStdin: boolean
  readonly noInput: boolean
}

/**
 * A key file is followed by a fresh one, unless a new key is given: in AUTOKESTRA_NEW_SECRET_KEY, or on standard input. Where the present
 * key comes from the environment, a new one must be given; on a terminal it is asked for. Throws USAGE or MASTER_KEY_INVALID.
 */
export async function readNewMasterKey(
  request: NewKeyRequest,
  env: Readonly<Record<string, string | undefined>>,
  inputs: ValueInputs,
): Promise<'new-file' | MasterKey> {
  const isCommand = env['AUTOKESTRA_SECRET_KEY'] === undefined && env['AUTOKESTRA_SECRET_KEY_CMD'] !== undefined
  const source: KeySource = {kind: isCommand ? 'command' : 'environment'}
  const given = env['AUTOKESTRA_NEW_SECRET_KEY']
  if (request.isStdin && given !== undefined) {
    throw new WorkflowError('USAGE', 'the new key is given twice', {hint: 'unset AUTOKESTRA_NEW_SECRET_KEY, or remove --new-key-stdin'})
  }
  if (given !== undefined) return {bytes: toKeyBytes(Buffer.from(given), 'AUTOKESTRA_NEW_SECRET_KEY'), source}
  // Typed into a terminal, it would be shown there: so it is asked for.
  const canAsk = inputs.prompt.isAvailable(request.noInput)
  if (request.isStdin && !canAsk) return {bytes: toKeyBytes(await inputs.readStdinBytes(maxKeyBytes), 'the new key'), source}
  const isFile = env['AUTOKESTRA_SECRET_KEY'] === undefined && !isCommand
  if (isFile && !request.isStdin) return 'new-file'
  if (!canAsk) {
    throw new WorkflowError('USAGE', `no new key was given, and ${inputs.prompt.whyNot(request.noInput)}`, {
      hint: 'set AUTOKESTRA_NEW_SECRET_KEY, or pipe the new key into `workflow secrets rotate-key --new-key-stdin`',
    })
  }
  const answer = await inputs.prompt.secret('New master key:', {confirm: 'New master key again:'})
  return {bytes: toKeyBytes(Buffer.from(answer), 'the new key'), source}
}

/** What is to be done after a rotation, so that the next command finds the new key. */
export function describeNextStep(source: KeySource): string {
  if (source.kind === 'file') return `The new key is in ${source.path}. Copies of the old key file no longer open the secrets.`
  if (source.kind === 'command')
    return 'Now make the command in AUTOKESTRA_SECRET_KEY_CMD print the new key: the old one no longer opens the secrets.'
  return 'Now set AUTOKESTRA_SECRET_KEY to the new key: the old one no longer opens the secrets.'
}
