// What can be wrong with a store, as errors a user can act on. No message holds a value, a key or a ciphertext.

import {WorkflowError} from '../../errors/workflow-error.ts'
import {nearest} from '../../util/nearest.ts'
import {describeSource, type KeySource} from '../keys/master-key.ts'
import {asArgument} from '../formats/secret-name.ts'

/** @param known names that are stored, for the suggestion */
export function secretNotFound(name: string, known: Iterable<string>): WorkflowError {
  const suggestion = nearest(name, known)
  return new WorkflowError('SECRET_NOT_FOUND', `Secret '${name}' not found`, {
    hint: suggestion === undefined ? 'workflow secrets list' : `did you mean "${suggestion}"?`,
  })
}

/** What was given as a name is the value of a secret. */
export function valueGivenAsName(): WorkflowError {
  return new WorkflowError('SECRET_NOT_FOUND', 'Secret not found; the name is not shown because it is the value of a stored secret', {
    hint: 'workflow secrets list',
  })
}

export function swapped(): WorkflowError {
  return new WorkflowError('USAGE', 'name and value seem to be swapped; neither is shown here', {
    hint: 'the name comes first; if this is what you meant, pass the value on standard input: workflow secrets set NAME --stdin',
  })
}

export function secretTampered(name: string): WorkflowError {
  return new WorkflowError('SECRET_TAMPERED', `Secret '${name}' was changed or damaged in the database; the master key is right`, {
    hint: `restore the database from a backup, or store the value again: workflow secrets set ${asArgument(name)}`,
  })
}

/** @param task empty: the outputs of the run */
export function outputTampered(task: string): WorkflowError {
  return new WorkflowError('SECRET_TAMPERED', `${sealedOutput(task)} was changed or damaged in the database; the master key is right`, {
    hint: 'restore the database from a backup, or run the workflow again',
  })
}

/** @param task empty: the outputs of the run */
export function outputKeyGone(task: string): WorkflowError {
  return new WorkflowError(
    'SECRET_STORE_DAMAGED',
    `the data key that ${sealedOutput(task)} was encrypted with is gone from the secret store`,
    {
      hint: 'restore the database from a backup, or run the workflow again',
    },
  )
}

function sealedOutput(task: string): string {
  return task === '' ? 'the sealed output of the run' : `the sealed output of task "${task}"`
}

/** @param part what of the store is meant, with its verb: "the check value was" */
export function storeDamaged(part: string): WorkflowError {
  return new WorkflowError('SECRET_STORE_DAMAGED', `the header of the secret store is damaged: ${part} changed or removed`, {
    hint: 'restore the database from a backup',
  })
}

/** What differs between the anchor and the database. */
export type Replacement = 'emptied' | 'older' | 'other store' | 'no anchor'

/** @param anchorFile where the anchor stands or should stand */
export function storeReplaced(how: Replacement, anchorFile: string): WorkflowError {
  const problem = {
    emptied: 'the secret store was emptied or removed, but it contained secrets',
    older: 'the database is older than the secrets that were stored last',
    'other store': 'the database holds a different secret store than the one that was used last',
    'no anchor': 'the record of the last change is missing or belongs to another store',
  }[how]
  const wayOn =
    how === 'emptied'
      ? 'restore the database from a backup; or, to start again without secrets: workflow secrets reset'
      : 'if you restored a backup or moved the database on purpose: workflow secrets verify --accept-restored'
  return new WorkflowError('SECRET_STORE_REPLACED', `${problem} (${anchorFile})`, {
    hint: how === 'emptied' ? wayOn : `${wayOn}; otherwise restore the newest database`,
  })
}

/** @param name the one that is known to be meant */
export function secretReplaced(name: string, how: 'rolled back' | 'deleted'): WorkflowError {
  const message =
    how === 'deleted'
      ? `Secret '${name}' was deleted from the database by something other than this program`
      : `Secret '${name}' is not the version that was stored last`
  return new WorkflowError('SECRET_TAMPERED', message, {
    hint: `workflow secrets verify; then store the value again: workflow secrets set ${asArgument(name)}`,
  })
}

export function setChanged(): WorkflowError {
  return new WorkflowError('SECRET_TAMPERED', 'the stored secrets are not the ones that were written last', {
    hint: 'workflow secrets verify lists the differences',
  })
}

/** @param what the store, or one secret of it */
export function storeNewer(what: string): WorkflowError {
  return new WorkflowError('SECRET_STORE_NEWER', `${what} has a format that this version does not know: it needs a newer version`, {
    hint: 'npm install -g autokestra@latest',
  })
}

export function masterKeyMissing(keyFile: string, {isEmpty}: {readonly isEmpty: boolean}): WorkflowError {
  if (isEmpty) {
    return new WorkflowError(
      'MASTER_KEY_MISSING',
      `master key not configured: the secret store holds no secrets, but its key is gone: AUTOKESTRA_SECRET_KEY is not set and there is no key file ${keyFile}`,
      {
        hint:
          'if it should hold secrets, restore the database and set AUTOKESTRA_SECRET_KEY or restore the key file; ' +
          'to start again with a new key: workflow secrets reset',
      },
    )
  }
  return new WorkflowError(
    'MASTER_KEY_MISSING',
    `master key not configured: secrets are stored, but AUTOKESTRA_SECRET_KEY is not set and there is no key file ${keyFile}`,
    {
      hint:
        `set AUTOKESTRA_SECRET_KEY to the key the secrets were stored with, or restore the key file ${keyFile} from a backup; ` +
        'no new key is generated, because it could not decrypt them. To give up the secrets: workflow secrets reset',
    },
  )
}

export function masterKeyWrong(source: KeySource, others: readonly KeySource[]): WorkflowError {
  const alternatives = others.map((other) => describeSource(other)).join(' and ')
  return new WorkflowError(
    'MASTER_KEY_WRONG',
    `wrong master key: ${describeSource(source)} is not the key that the secrets were stored with`,
    {
      hint:
        alternatives === ''
          ? 'use the key the secrets were stored with; if it is the same, the header of the store was changed: restore the database from a backup'
          : `${describeSource(source)} takes precedence, but there is also ${alternatives}: if that is the right key, ${withoutSource(source)}`,
    },
  )
}

export function nothingToRotate(): WorkflowError {
  return new WorkflowError('SECRET_NOT_FOUND', 'no secret is stored yet, so there is no key to rotate', {hint: 'workflow secrets set NAME'})
}

function withoutSource(source: KeySource): string {
  switch (source.kind) {
    case 'environment':
      return 'unset AUTOKESTRA_SECRET_KEY'
    case 'command':
      return 'unset AUTOKESTRA_SECRET_KEY_CMD'
    case 'file':
      return 'move the key file away'
  }
}

/** @param names the problem secrets, those that are known by name */
export function setNotWhole(names: readonly string[]): WorkflowError {
  const which = names.length === 0 ? '' : `: ${names.join(', ')}`
  return new WorkflowError('SECRET_TAMPERED', `the stored secrets are not the ones that were written${which}; nothing was re-encrypted`, {
    hint: 'workflow secrets verify; then set the named secrets again',
  })
}

/** @param names those that do not open */
export function setNotAccepted(names: readonly string[]): WorkflowError {
  return new WorkflowError('SECRET_TAMPERED', `these secrets cannot be decrypted, so the store was not accepted: ${names.join(', ')}`, {
    hint: 'restore another backup; or, to start again without secrets: workflow secrets reset',
  })
}

export function secretsStoredAlready(names: readonly string[]): WorkflowError {
  return new WorkflowError('SECRET_IMPORT_INVALID', `already stored: ${names.join(', ')}; nothing was imported`, {
    hint: 'use --overwrite to replace them, or --skip-existing to keep them',
  })
}
