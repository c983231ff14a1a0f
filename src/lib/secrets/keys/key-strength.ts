// Refuses master keys that can be guessed. Only for keys that a store is about to be put under: one that is there already must still open.

import {invalidKey} from './key-text.ts'
import {describeSource, type MasterKey} from './master-key.ts'

const minBytes = 16
const minDifferent = 8

/** Whether a guess is out of reach judging by length and variety: at least 16 bytes, of which 8 differ. Generated keys always pass. */
export function isStrongKey(bytes: Uint8Array): boolean {
  return bytes.length >= minBytes && new Set(bytes).size >= minDifferent
}

/** Throws MASTER_KEY_INVALID. */
export function checkKeyStrength({bytes, source}: MasterKey, origin = describeSource(source)): void {
  if (isStrongKey(bytes)) return
  throw invalidKey(`${origin} is too easy to guess: a master key needs at least 16 characters, 8 of them different`, {
    hint: 'generate one with: openssl rand -base64 32',
  })
}

/** What to say where a weak key opens a store. */
export function weakKeyWarning(source: MasterKey['source']): string {
  return `warning: the master key in ${describeSource(source)} is easy to guess; change it: workflow secrets rotate-key`
}
