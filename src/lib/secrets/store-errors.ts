// What can be wrong with a store, as errors a user can act on. No message holds a value, a key or a ciphertext.

import {WorkflowError} from '../errors/workflow-error.ts'
import {nearest} from '../util/nearest.ts'
import {describeSource, type KeySource} from './master-key.ts'
import {asArgument} from './secret-name.ts'

/** @param known names that are stored, for the suggestion */
export function secretNotFound(name: string, known: Iterable<string>): WorkflowError {
  const suggestion = nearest(name, known)
  return new WorkflowError('SECRET_NOT_FOUND', `Secret '${name}' not found`, {
    hint: suggestion === undefined ? 'workflow secrets list' : `did you mean "${suggestion}"?`,
  })
}

export function secretTampered(name: string): WorkflowError {
  return new WorkflowError('SECRET_TAMPERED', `Secret '${name}' was changed or damaged in the database; the master key is right`, {
    hint: `restore the database from a backup, or store the value again: workflow secrets set ${asArgument(name)}`,
  })
}

export function outputTampered(task: string): WorkflowError {
  return new WorkflowError('SECRET_TAMPERED', `the stored output of task "${task}" was changed or damaged, or its key is gone`, {
    hint: 'run the workflow again',
  })
}

/** @param part what of the store is meant, with its verb: "the check value was" */
export function storeDamaged(part: string): WorkflowError {
  return new WorkflowError('SECRET_STORE_DAMAGED', `the header of the secret store is damaged: ${part} changed or removed`, {
    hint: 'restore the database from a backup',
  })
}

/** @param what the store, or one secret of it */
export function storeNewer(what: string): WorkflowError {
  return new WorkflowError('SECRET_STORE_NEWER', `${what} has a format that this version does not know: it needs a newer version`, {
    hint: 'npm install -g autokestra@latest',
  })
}

export function masterKeyMissing(keyFile: string): WorkflowError {
  return new WorkflowError(
    'MASTER_KEY_MISSING',
    `master key not configured: secrets are stored, but neither AUTOKESTRA_SECRET_KEY is set nor is there a key file ${keyFile}`,
    {
      hint:
        `set AUTOKESTRA_SECRET_KEY to the key the secrets were stored with, or restore the key file ${keyFile} from a backup; ` +
        'no new key is made, because it could not open them',
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
          : `${describeSource(source)} comes first, but there is also ${alternatives}: if that is the right key, ${withoutSource(source)}`,
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

/** @param names what stands in the way, those that are known by name */
export function setNotWhole(names: readonly string[]): WorkflowError {
  const which = names.length === 0 ? '' : `: ${names.join(', ')}`
  return new WorkflowError('SECRET_TAMPERED', `the stored secrets are not those that were written${which}; nothing was re-encrypted`, {
    hint: 'workflow secrets verify; then set the named secrets again',
  })
}

export function secretsStoredAlready(names: readonly string[]): WorkflowError {
  return new WorkflowError('SECRET_IMPORT_INVALID', `already stored: ${names.join(', ')}; nothing was imported`, {
    hint: 'say --overwrite to replace them, or --skip-existing to keep them',
  })
}
