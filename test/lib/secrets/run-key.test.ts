// The key of one run, and what tells whether secrets have changed.

import {readFileSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {makeRunKey, readRunKey, removeRunKey, runOfKey} from '../../../src/lib/secrets/keys/run-key.ts'
import {changedSecrets, fingerprintOf} from '../../../src/lib/secrets/secret-fingerprint.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const context = {run: 'r1', task: 't', attempt: 1}
const bytes = Buffer.from('what a task returned')

describe('the key of a run', () => {
  it('opens what it has sealed, where it belongs, and nothing else', () => {
    const file = path.join(temporaryDir(), 'keys', 'r1.key')
    const sealed = makeRunKey(file, 'r1').seal(bytes, context)
    expect([statSync(file).mode & 0o777, statSync(path.dirname(file)).mode & 0o777]).toEqual([0o600, 0o700])
    expect(runOfKey(sealed.keyId)).toBe('r1')
    expect(Buffer.concat([sealed.ciphertext, sealed.iv, sealed.tag]).includes('returned')).toBe(false)
    const again = readRunKey(file, 'r1')
    expect(again?.open(sealed, context)).toEqual(bytes)
    // One that is there stays.
    expect(makeRunKey(file, 'r1').open(sealed, context)).toEqual(bytes)
    for (const other of [{run: 'r2'}, {task: 'u'}, {attempt: 2}]) expect(again?.open(sealed, {...context, ...other})).toBeUndefined()
    const damaged = Buffer.from(sealed.ciphertext)
    damaged[0] = (damaged[0] ?? 0) ^ 1
    expect(again?.open({...sealed, ciphertext: damaged}, context)).toBeUndefined()
    expect(readRunKey(file, 'r2')?.open(sealed, context)).toBeUndefined()
    removeRunKey(file)
    expect(readRunKey(file, 'r1')).toBeUndefined()
    removeRunKey(file)
  })

  it('that was cut off is none', () => {
    const file = path.join(temporaryDir(), 'r1.key')
    makeRunKey(file, 'r1')
    writeFileSync(file, readFileSync(file).subarray(0, 31))
    expect(readRunKey(file, 'r1')).toBeUndefined()
  })

  it('has an id that no key of a store has', () => {
    expect(runOfKey('0123456789abcdef')).toBeUndefined()
  })
})

describe('a fingerprint of secrets', () => {
  const values = new Map([
    ['A', 'one'],
    ['B', 'two'],
  ])

  it('names those that have another value, or none', () => {
    const fingerprint = fingerprintOf(values)
    expect(changedSecrets(fingerprint, values)).toEqual([])
    expect(
      changedSecrets(
        fingerprint,
        new Map([
          ['A', 'two'],
          ['C', 'new'],
        ]),
      ),
    ).toEqual(['A', 'B'])
    expect(JSON.stringify(fingerprint)).not.toMatch(/one|two/)
  })

  it('is never the same twice', () => {
    expect(fingerprintOf(values)).not.toEqual(fingerprintOf(values))
  })
})
