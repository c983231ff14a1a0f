// Tells whether secrets still have the values that they had, without the values. It is only ever kept encrypted.

import {createHash, randomBytes} from 'node:crypto'
import {fieldsOf} from '../documents/fields.ts'
import type {JsonObject} from '../util/json.ts'

/** @param values by name */
export function fingerprintOf(values: ReadonlyMap<string, string>): JsonObject {
  const salt = randomBytes(16).toString('hex')
  return {salt, digests: Object.fromEntries([...values].map(([name, value]) => [name, digestOf(salt, name, value)]))}
}

/** Names of the secrets that have another value now, or none. */
export function changedSecrets(fingerprint: JsonObject, values: ReadonlyMap<string, string>): string[] {
  const {salt} = fingerprint
  if (typeof salt !== 'string') return [...values.keys()]
  return Object.entries(fieldsOf(fingerprint['digests'])).flatMap(([name, digest]) => {
    const value = values.get(name)
    return value !== undefined && digestOf(salt, name, value) === digest ? [] : [name]
  })
}

function digestOf(salt: string, name: string, value: string): string {
  return createHash('sha256')
    .update(JSON.stringify([salt, name, value]))
    .digest('base64')
}
