import {existsSync, readFileSync, renameSync, writeFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import type {MasterKey} from '../../../../src/lib/secrets/keys/master-key.ts'
import {openDatabase} from '../../../../src/lib/storage/database.ts'
import {SqliteJournal} from '../../../../src/lib/storage/journal.ts'
import {bytesOnDisk, rawDatabase} from '../../../rig/raw-database.ts'
import {begun, finished, numberEvents, started, succeeded} from '../../../rig/run-events.ts'
import {databaseOf, keyFileOf, openStore, quickIterations} from '../../../rig/secret-home.ts'
import {keptPlan, newRun} from '../../../rig/new-run.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

const text = (value: string): Buffer => Buffer.from(value)
const values = new Map(['A', 'B', 'C'].map((name) => [name, text(`value of ${name}`)]))
const environmentKey = (key: string): MasterKey => ({bytes: Buffer.from(key), source: {kind: 'environment'}})
const quick = {reencrypt: false, iterations: quickIterations} as const

async function plant(env: Readonly<Record<string, string>> = {}) {
  const home = temporaryDir()
  const opened = await openStore(home, env)
  await opened.store.import(values, {onExisting: 'overwrite'})
  return {home, ...opened}
}

async function readAll(home: string, env: Readonly<Record<string, string>> = {}): Promise<Map<string, Buffer>> {
  const {store, close} = await openStore(home, env)
  try {
    expect((await store.verify()).findings).toEqual([])
    return await store.getAll()
  } finally {
    close()
  }
}

const column = (home: string, sql: string): Buffer[] => {
  const db = rawDatabase(home)
  try {
    return db.prepare<[], Buffer>(sql).pluck().all()
  } finally {
    db.close()
  }
}

describe('rotating the master key', () => {
  test('puts a new key into the key file and touches no record', async () => {
    const {home, store, keys, close} = await plant()
    const oldKey = readFileSync(keyFileOf(home))
    const records = column(home, 'SELECT encrypted_value FROM secrets ORDER BY name')
    const [wrapped] = column(home, 'SELECT encrypted_key FROM secret_keys')
    expect(await store.rotateKey({newKey: 'new-file', reencrypt: false})).toEqual({
      secrets: 3,
      reencrypted: false,
      source: {kind: 'file', path: keyFileOf(home)},
    })
    expect(readFileSync(keyFileOf(home)).equals(oldKey)).toBe(false)
    expect(existsSync(`${keyFileOf(home)}.new`)).toBe(false)
    expect(column(home, 'SELECT encrypted_value FROM secrets ORDER BY name')).toEqual(records)
    // The old key must open nothing that is left in the files.
    expect(bytesOnDisk(home).includes(wrapped ?? '')).toBe(false)
    // The same process goes on, and asks anew for what it had derived.
    const before = keys.derivations
    expect(await store.get('A')).toEqual(values.get('A'))
    await store.set('D', text('d'))
    expect(keys.derivations - before).toBeLessThanOrEqual(1)
    close()
    expect(await readAll(home)).toEqual(new Map([...values, ['D', text('d')]]))
    writeFileSync(keyFileOf(home), oldKey)
    await expect(readAll(home)).rejects.toMatchObject({code: 'MASTER_KEY_WRONG'})
  })

  test('with reencrypt leaves nothing of the old ciphertext, and every record as it was', async () => {
    const {home, store, clock, close} = await plant()
    const metadata = store.list()
    const [oldKeyId] = column(home, 'SELECT id FROM secret_keys')
    const old = ['encrypted_value', 'iv', 'auth_tag'].flatMap((name) => column(home, `SELECT ${name} FROM secrets`))
    clock.time += 1000
    expect(await store.rotateKey({newKey: 'new-file', reencrypt: true})).toMatchObject({secrets: 3, reencrypted: true})
    expect(store.list()).toEqual(metadata)
    expect(await store.getAll()).toEqual(values)
    for (const bytes of old) expect(bytesOnDisk(home).includes(bytes)).toBe(false)
    expect(column(home, 'SELECT id FROM secret_keys')).not.toContain(oldKeyId)
    expect(column(home, 'SELECT id FROM secret_keys')).toHaveLength(1)
    close()
    expect(await readAll(home)).toEqual(values)
  })

  test('takes a key from elsewhere, and doing it again is success', async () => {
    const {home, store, close} = await plant({AUTOKESTRA_SECRET_KEY: 'the old master key'})
    expect(await store.rotateKey({...quick, newKey: environmentKey('the new master key')})).toMatchObject({
      secrets: 3,
      source: {kind: 'environment'},
    })
    expect(await store.get('A')).toEqual(values.get('A'))
    close()
    await expect(readAll(home, {AUTOKESTRA_SECRET_KEY: 'the old master key'})).rejects.toMatchObject({code: 'MASTER_KEY_WRONG'})
    // As after a death just before it could say that it was done.
    const again = await openStore(home, {AUTOKESTRA_SECRET_KEY: 'the old master key'})
    expect(await again.store.rotateKey({...quick, newKey: environmentKey('the new master key')})).toMatchObject({secrets: 3})
    again.close()
    expect(await readAll(home, {AUTOKESTRA_SECRET_KEY: 'the new master key'})).toEqual(values)
  })

  test('with a wrong key changes nothing and leaves nothing behind', async () => {
    const {home, close} = await plant({AUTOKESTRA_SECRET_KEY: 'the right master key'})
    close()
    const before = readFileSync(databaseOf(home))
    const {store, close: closeAgain} = await openStore(home, {AUTOKESTRA_SECRET_KEY: 'the wrong master key'})
    await expect(store.rotateKey({...quick, newKey: 'new-file'})).rejects.toMatchObject({code: 'MASTER_KEY_WRONG'})
    await expect(store.rotateKey({...quick, newKey: environmentKey('the other master key')})).rejects.toMatchObject({
      code: 'MASTER_KEY_WRONG',
    })
    closeAgain()
    expect(existsSync(`${keyFileOf(home)}.new`)).toBe(false)
    expect(readFileSync(databaseOf(home)).equals(before)).toBe(true)
  })

  test.each([0, 99_999, 10_000_001, 1.5])('refuses %d iterations', async (iterations) => {
    const {home, store, close} = await plant()
    await expect(store.rotateKey({newKey: 'new-file', reencrypt: false, iterations})).rejects.toMatchObject({code: 'USAGE'})
    expect(existsSync(`${keyFileOf(home)}.new`)).toBe(false)
    expect(await store.getAll()).toEqual(values)
    close()
  })

  test('refuses to encrypt anew what was put back or deleted', async () => {
    const {home, store, close} = await plant()
    const db = rawDatabase(home)
    db.exec("DELETE FROM secrets WHERE name = 'B'")
    db.close()
    const key = readFileSync(keyFileOf(home))
    await expect(store.rotateKey({...quick, newKey: 'new-file', reencrypt: true})).rejects.toMatchObject({
      code: 'SECRET_TAMPERED',
      message: expect.stringContaining(': B;'),
    })
    expect(readFileSync(keyFileOf(home)).equals(key)).toBe(true)
    // The master key can be rotated all the same, and storing the secret again puts the set right.
    await store.rotateKey({...quick, newKey: 'new-file'})
    await store.set('B', text('value of B'))
    await store.rotateKey({...quick, newKey: 'new-file', reencrypt: true})
    expect(await store.getAll()).toEqual(values)
    expect((await store.verify()).findings).toEqual([])
    close()
  })

  test('keeps an old data key for as long as an output needs it', async () => {
    const {home, store, close} = await plant()
    const sealer = await store.openSealer()
    const context = {run: 'r1', task: 't', attempt: 1}
    const sealed = sealer?.seal(text('output'), context)
    if (sealed === undefined) throw new Error('there is a store')
    const db = await openDatabase(databaseOf(home))
    const journal = new SqliteJournal(db)
    const events = numberEvents('r1', [started('t'), begun('t'), succeeded('t'), finished('succeeded', {succeeded: 1})])
    journal.create(newRun('r1'), keptPlan())
    journal.append('r1', events.slice(0, 2))
    // The run goes on: it holds the key, though nothing is stored with it yet.
    for (const count of [2, 3]) {
      await store.rotateKey({...quick, newKey: 'new-file', reencrypt: true})
      expect(column(home, 'SELECT id FROM secret_keys')).toHaveLength(count)
    }
    journal.append('r1', events.slice(2), new Map([[3, sealed]]))
    for (let count = 0; count < 2; count++) await store.rotateKey({...quick, newKey: 'new-file', reencrypt: true})
    expect(column(home, 'SELECT id FROM secret_keys')).toContain(sealed.keyId)
    expect(column(home, 'SELECT id FROM secret_keys')).toHaveLength(2)
    close()
    const reopened = await openStore(home)
    expect((await reopened.store.openSealer())?.open(sealed, context)).toEqual(text('output'))
    // With the run goes its output, and with the output the key.
    db.exec("DELETE FROM runs WHERE id = 'r1'")
    db.close()
    await reopened.store.rotateKey({...quick, newKey: 'new-file', reencrypt: true})
    expect(column(home, 'SELECT id FROM secret_keys')).toHaveLength(1)
    reopened.close()
  })
})

describe('other processes, here other connections, that had opened the store before a rotation', () => {
  test('read on, and write only under the new keys', async () => {
    const {home, store, close} = await plant()
    for (const reencrypt of [false, true]) {
      const other = await openStore(home)
      expect(await other.store.get('A')).toEqual(values.get('A'))
      await store.rotateKey({newKey: 'new-file', reencrypt, iterations: quickIterations})
      expect(await other.store.getMany(['A', 'B', 'C'])).toEqual(values)
      await other.store.set('D', text(`after ${String(reencrypt)}`))
      other.close()
      expect(await store.get('D')).toEqual(text(`after ${String(reencrypt)}`))
      expect(await readAll(home)).toEqual(new Map([...values, ['D', text(`after ${String(reencrypt)}`)]]))
    }
    close()
  })

  test('write nothing when the new key is one they do not have', async () => {
    const {home, store, close} = await plant({AUTOKESTRA_SECRET_KEY: 'the old master key'})
    const other = await openStore(home, {AUTOKESTRA_SECRET_KEY: 'the old master key'})
    expect(await other.store.get('A')).toEqual(values.get('A'))
    await store.rotateKey({...quick, newKey: environmentKey('the new master key')})
    await expect(other.store.set('A', text('w'))).rejects.toMatchObject({code: 'MASTER_KEY_WRONG'})
    await expect(other.store.delete('A')).rejects.toMatchObject({code: 'MASTER_KEY_WRONG'})
    other.close()
    close()
    expect(await readAll(home, {AUTOKESTRA_SECRET_KEY: 'the new master key'})).toEqual(values)
  })

  test('rotate at the same time, and every one of them succeeds', async () => {
    const {home, close} = await plant()
    close()
    const stores = await Promise.all(Array.from({length: 4}, () => openStore(home)))
    await Promise.all(
      stores.map(({store}, index) => store.rotateKey({newKey: 'new-file', reencrypt: index % 2 === 0, iterations: quickIterations})),
    )
    for (const {close: closeStore} of stores) closeStore()
    expect(existsSync(`${keyFileOf(home)}.new`)).toBe(false)
    expect(await readAll(home)).toEqual(values)
  })
})

describe('a rotation that died', () => {
  /** The store is under the new key, and the key file still holds the old one. */
  async function dieBeforeRename(): Promise<string> {
    const {home, store, close} = await plant()
    const oldKey = readFileSync(keyFileOf(home))
    await store.rotateKey({...quick, newKey: 'new-file'})
    close()
    renameSync(keyFileOf(home), `${keyFileOf(home)}.new`)
    writeFileSync(keyFileOf(home), oldKey, {mode: 0o600})
    return home
  }

  test('after the database was changed is finished by whoever opens the store next', async () => {
    const home = await dieBeforeRename()
    expect(await readAll(home)).toEqual(values)
    expect(existsSync(`${keyFileOf(home)}.new`)).toBe(false)
    // Also when the old file is gone.
    renameSync(keyFileOf(home), `${keyFileOf(home)}.new`)
    expect(await readAll(home)).toEqual(values)
    expect(existsSync(`${keyFileOf(home)}.new`)).toBe(false)
  })

  test('before the database was changed is of no account, and can be begun again', async () => {
    const {home, keys, close} = await plant()
    keys.stageNewFile()
    close()
    expect(await readAll(home)).toEqual(values)
    const again = await openStore(home)
    await again.store.rotateKey({...quick, newKey: 'new-file'})
    again.close()
    expect(existsSync(`${keyFileOf(home)}.new`)).toBe(false)
    expect(await readAll(home)).toEqual(values)
  })

  test('after the database was changed, and another rotation follows at once, loses no key', async () => {
    const home = await dieBeforeRename()
    const again = await openStore(home)
    await again.store.rotateKey({...quick, newKey: 'new-file'})
    again.close()
    expect(await readAll(home)).toEqual(values)
  })
})
