// The key of one run, in a file that only its user can read: it seals what the run must not lose where there is no secret store with a key. It is
// removed when the run has ended.

import {randomBytes} from 'node:crypto'
import {readFileSync, rmSync} from 'node:fs'
import {hasErrorCode} from '../../util/error-code.ts'
import {associatedData} from './associated-data.ts'
import {SecretEncryption, type Sealed} from './encryption.ts'
import {IntegrityError} from './integrity-error.ts'
import {createKeyFile} from './write-key-file.ts'

const keyBytes = 32
const idPrefix = 'run:'

/** Where a sealed value belongs: it opens nowhere else. */
interface Context {
  readonly run: string
  readonly task: string
  readonly attempt: number
}

interface RunSealer {
  seal(plaintext: Uint8Array, context: Context): Sealed & {readonly keyId: string}
  /** Undefined when anything was changed. */
  open(sealed: Sealed, context: Context): Buffer | undefined
}

/** The run whose key has this id; undefined: it is a key of the secret store. */
export function runOfKey(keyId: string): string | undefined {
  return keyId.startsWith(idPrefix) ? keyId.slice(idPrefix.length) : undefined
}

/** Makes the key of a run, unless it is there. Throws STORAGE_NOT_WRITABLE. @param file absolute */
export function makeRunKey(file: string, run: string): RunSealer {
  createKeyFile(file, randomBytes(keyBytes))
  const sealer = readRunKey(file, run)
  if (sealer === undefined) throw new Error(`the key of run ${run} was removed while it was made`)
  return sealer
}

/** Undefined: there is no such key, or no whole one. Throws the error of the file system. */
export function readRunKey(file: string, run: string): RunSealer | undefined {
  const key = readKey(file)
  if (key?.length !== keyBytes) return undefined
  const encryption = new SecretEncryption(key)
  key.fill(0)
  const keyId = idPrefix + run
  const bind = (context: Context): Buffer => associatedData('autokestra/run-output', keyId, context.run, context.task, context.attempt)
  return {
    seal: (plaintext, context) => ({keyId, ...encryption.encrypt(plaintext, bind(context))}),
    open: (sealed, context) => {
      try {
        return encryption.decrypt(sealed, bind(context))
      } catch (error) {
        if (error instanceof IntegrityError) return undefined
        throw error
      }
    },
  }
}

/** Nothing that it has sealed can be opened any more. */
export function removeRunKey(file: string): void {
  rmSync(file, {force: true})
}

function readKey(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}
