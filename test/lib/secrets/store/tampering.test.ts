// Somebody without the key changes the database.

import {readFileSync} from 'node:fs'
import {inspect} from 'node:util'
import {describe, expect, test} from 'vitest'
import {keyFileOf, openStore, type OpenedStore} from '../../../rig/secret-home.ts'
import {rawDatabase} from '../../../rig/raw-database.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

type Row = Record<string, Buffer | string | number>

const text = (value: string): Buffer => Buffer.from(value)

/** A home with the secrets A, B and C, whose values are `value of A` and so on, and its database as an attacker sees it. */
async function plant(): Promise<
  OpenedStore & {home: string; db: ReturnType<typeof rawDatabase>; row: (name: string) => Row; write: (row: Row) => void}
> {
  const home = temporaryDir()
  const opened = await openStore(home)
  await opened.store.import(new Map(['A', 'B', 'C'].map((name) => [name, text(`value of ${name}`)])), {onExisting: 'overwrite'})
  const db = rawDatabase(home)
  const row = (name: string): Row => {
    const found = db.prepare<[string], Row>('SELECT * FROM secrets WHERE name = ?').get(name)
    if (found === undefined) throw new Error(`there is no row ${name}`)
    return found
  }
  const write = (changed: Row): void => {
    const columns = Object.keys(changed)
    db.prepare(`INSERT OR REPLACE INTO secrets (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`).run(
      ...Object.values(changed),
    )
  }
  return {...opened, home, db, row, write}
}

const close = ({db, close: closeStore}: {db: ReturnType<typeof rawDatabase>; close: () => void}): void => {
  db.close()
  closeStore()
}

const tampered = (name: string) => ({code: 'SECRET_TAMPERED', exitCode: 4, message: expect.stringContaining(`'${name}'`)})

describe('a stored secret', () => {
  test.each(['iv', 'encrypted_value', 'auth_tag'])('is refused and named after any flip of a bit of its %s', async (column) => {
    const planted = await plant()
    const {store, row, db} = planted
    const original = row('B')[column] as Buffer
    const update = db.prepare(`UPDATE secrets SET ${column} = ? WHERE name = 'B'`)
    for (let bit = 0; bit < original.length * 8; bit++) {
      const changed = Buffer.from(original)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      update.run(changed)
      await expect(store.get('B'), `bit ${String(bit)}`).rejects.toMatchObject(tampered('B'))
      if (bit % 16 === 0) expect((await store.verify()).findings).toMatchObject([{name: 'B', code: 'tampered'}])
    }
    expect(await store.get('A')).toEqual(text('value of A'))
    update.run(original)
    expect(await store.get('B')).toEqual(text('value of B'))
    expect(await store.verify()).toEqual({secrets: 3, findings: []})
    close(planted)
  })

  test.each([
    ['encrypted_value', [0, 1, 9, 11, 4096]],
    ['iv', [0, 1, 8, 11, 13, 16, 32]],
    ['auth_tag', [0, 4, 8, 12, 13, 14, 15, 17, 32]],
  ] as const)('is refused when its %s has another length', async (column, lengths) => {
    const planted = await plant()
    const {store, row, db} = planted
    const original = row('B')[column] as Buffer
    for (const length of lengths) {
      const changed = Buffer.alloc(length)
      original.copy(changed)
      db.prepare(`UPDATE secrets SET ${column} = ? WHERE name = 'B'`).run(changed)
      await expect(store.get('B'), String(length)).rejects.toMatchObject(tampered('B'))
    }
    expect((await store.verify()).findings).toMatchObject([{name: 'B', code: 'tampered'}])
    close(planted)
  })

  test('says nothing of values, keys or ciphertext in its errors', async () => {
    const planted = await plant()
    const {store, row, db, home} = planted
    const changed = Buffer.from(row('B').encrypted_value as Buffer)
    changed[0] = (changed[0] ?? 0) ^ 1
    db.prepare("UPDATE secrets SET encrypted_value = ? WHERE name = 'B'").run(changed)
    const error: unknown = await store.get('B').catch((reason: unknown) => reason)
    if (!(error instanceof Error)) throw new Error('it was refused')
    const shown = inspect(error, {depth: 10, showHidden: true}) + JSON.stringify(error)
    const key = readFileSync(keyFileOf(home), 'utf8').trim()
    for (const hidden of ['value of', changed.toString('hex'), changed.toString('base64'), key])
      expect(shown.includes(hidden), hidden).toBe(false)
    expect(error.cause).toBeUndefined()
    close(planted)
  })

  test.each([
    ['version', 7],
    ['key_id', 'ffffffffffffffff'],
  ])('is refused with another %s', async (column, value) => {
    const planted = await plant()
    const {store, db} = planted
    db.prepare(`UPDATE secrets SET ${column} = ? WHERE name = 'B'`).run(value)
    await expect(store.get('B')).rejects.toMatchObject(tampered('B'))
    expect((await store.verify()).findings).toMatchObject([{name: 'B', code: 'tampered'}])
    close(planted)
  })

  test.each(['created_at', 'updated_at'])('is found by verify with another %s', async (column) => {
    const planted = await plant()
    planted.db.prepare(`UPDATE secrets SET ${column} = '1999-01-01T00:00:00.000Z' WHERE name = 'B'`).run()
    expect((await planted.store.verify()).findings).toMatchObject([{name: 'B', code: 'tampered'}])
    close(planted)
  })

  test('of a newer format is not guessed at', async () => {
    const planted = await plant()
    planted.db.exec("UPDATE secrets SET format = 2 WHERE name = 'B'")
    await expect(planted.store.get('B')).rejects.toMatchObject({code: 'SECRET_STORE_NEWER', message: expect.stringContaining("'B'")})
    expect((await planted.store.verify()).findings).toMatchObject([{name: 'B', code: 'newer'}])
    close(planted)
  })
})

describe('rows that were moved', () => {
  test('swapped: both are refused and named', async () => {
    const planted = await plant()
    const {store, row, write, db} = planted
    const [a, b] = [row('A'), row('B')]
    db.exec("DELETE FROM secrets WHERE name IN ('A', 'B')")
    write({...a, name: 'B'})
    write({...b, name: 'A'})
    await expect(store.get('A')).rejects.toMatchObject(tampered('A'))
    await expect(store.get('B')).rejects.toMatchObject(tampered('B'))
    await expect(store.getMany(['A', 'B', 'C'])).rejects.toMatchObject({code: 'SECRET_TAMPERED'})
    expect((await store.verify()).findings).toMatchObject([
      {name: 'A', code: 'tampered'},
      {name: 'B', code: 'tampered'},
    ])
    close(planted)
  })

  test('copied to another name: the copy is refused and named', async () => {
    const planted = await plant()
    const {store, row, write, db} = planted
    // Without its constraints, as the table would refuse the same IV twice.
    db.exec('CREATE TABLE loose AS SELECT * FROM secrets; DROP TABLE secrets; ALTER TABLE loose RENAME TO secrets')
    write({...row('A'), name: 'D'})
    expect(await store.get('A')).toEqual(text('value of A'))
    await expect(store.get('D')).rejects.toMatchObject(tampered('D'))
    expect((await store.verify()).findings).toMatchObject([{name: 'D', code: 'foreign'}])
    db.exec("UPDATE secrets SET encrypted_value = (SELECT encrypted_value FROM secrets WHERE name = 'A') WHERE name = 'B'")
    await expect(store.get('B')).rejects.toMatchObject(tampered('B'))
    close(planted)
  })

  test('with the same IV are refused by the table itself', async () => {
    const planted = await plant()
    expect(() => {
      planted.db.prepare("UPDATE secrets SET iv = ? WHERE name = 'B'").run(planted.row('A').iv)
    }).toThrow(/UNIQUE/)
    close(planted)
  })

  test('taken from another store: refused and named', async () => {
    const planted = await plant()
    const other = await plant()
    planted.write(other.row('A'))
    await expect(planted.store.get('A')).rejects.toMatchObject(tampered('A'))
    planted.write({...other.row('A'), key_id: planted.row('B').key_id ?? ''})
    await expect(planted.store.get('A')).rejects.toMatchObject(tampered('A'))
    expect((await planted.store.verify()).findings).toMatchObject([{name: 'A', code: 'tampered'}])
    close(planted)
    close(other)
  })
})

describe('verify', () => {
  test('names every row that was deleted', async () => {
    const planted = await plant()
    planted.db.exec("DELETE FROM secrets WHERE name IN ('A', 'C')")
    expect(await planted.store.verify()).toMatchObject({
      secrets: 1,
      findings: [
        {name: 'A', code: 'missing'},
        {name: 'C', code: 'missing'},
      ],
    })
    close(planted)
  })

  test('names rows that were put back', async () => {
    const planted = await plant()
    const {store, row, write} = planted
    const [a, b] = [row('A'), row('B')]
    await store.set('A', text('new A'))
    await store.set('B', text('new B'))
    write(a)
    write(b)
    await expect(store.get('A')).rejects.toMatchObject(tampered('A'))
    expect((await store.verify()).findings).toMatchObject([
      {name: 'A', code: 'rolled-back'},
      {name: 'B', code: 'rolled-back'},
    ])
    // Storing it again puts it right, and its number is none that was used before.
    await store.set('A', text('newer A'))
    expect(store.require('A').version).toBe(3)
    await store.delete('B')
    expect(await store.verify()).toEqual({secrets: 2, findings: []})
    close(planted)
  })

  test('names a row that was put back or deleted together with its entry in the ledger', async () => {
    const planted = await plant()
    const {store, row, write, db} = planted
    const before = row('B')
    const entry = db.prepare<[], Row>("SELECT * FROM secret_ledger WHERE name = 'B'").get() ?? {}
    await store.set('B', text('new B'))
    write(before)
    db.prepare("UPDATE secret_ledger SET version = ?, code = ? WHERE name = 'B'").run(entry.version, entry.code)
    expect((await store.verify()).findings).toMatchObject([{name: 'B', code: 'rolled-back'}])
    db.exec("DELETE FROM secrets WHERE name = 'B'; DELETE FROM secret_ledger WHERE name = 'B'")
    expect((await store.verify()).findings).toMatchObject([{name: 'B', code: 'missing'}])
    // Of two at once it can only tell that something is gone.
    db.exec("DELETE FROM secrets WHERE name = 'A'; DELETE FROM secret_ledger WHERE name = 'A'")
    expect((await store.verify()).findings).toMatchObject([
      {code: 'manifest-damaged', message: expect.stringContaining('removed or rolled back')},
    ])
    close(planted)
  })

  test('names a secret that was deleted properly and put back', async () => {
    const planted = await plant()
    const {store, row, write} = planted
    const before = row('B')
    await store.delete('B')
    write(before)
    expect((await store.verify()).findings).toMatchObject([{name: 'B', code: 'foreign'}])
    close(planted)
  })

  test('finds a changed ledger and a changed digest', async () => {
    const planted = await plant()
    const {store, db} = planted
    db.prepare("UPDATE secret_ledger SET code = ? WHERE name = 'C'").run(Buffer.alloc(32))
    expect((await store.verify()).findings).toMatchObject([{name: 'C'}])
    const other = await plant()
    for (const column of ['digest', 'digest_iv', 'digest_tag']) {
      const value = other.db.prepare<[], Row>('SELECT * FROM secret_store').get()?.[column] as Buffer
      const changed = Buffer.from(value)
      changed.writeUInt8(changed.readUInt8(3) ^ 0x10, 3)
      other.db.prepare(`UPDATE secret_store SET ${column} = ?`).run(changed)
      expect((await other.store.verify()).findings, column).toMatchObject([{code: 'header-damaged'}])
      await expect(other.store.set('D', text('v'))).rejects.toMatchObject({code: 'SECRET_STORE_DAMAGED'})
      other.db.prepare(`UPDATE secret_store SET ${column} = ?`).run(value)
    }
    other.db.exec('UPDATE secret_store SET generation = generation - 1')
    expect((await other.store.verify()).findings).toMatchObject([{code: 'store-replaced'}])
    close(planted)
    close(other)
  })
})

describe('the header', () => {
  /** What a process that opens the changed store is told. */
  async function told(home: string): Promise<unknown> {
    const {store, close: closeStore} = await openStore(home)
    const error: unknown = await store.get('A').catch((reason: unknown) => reason)
    const setError: unknown = await store.set('NEW', text('v')).catch((reason: unknown) => reason)
    expect(setError).toMatchObject({code: (error as {code: string}).code})
    expect(store.list().map(({name}) => name)).toEqual(['A', 'B', 'C'])
    closeStore()
    return error
  }

  test.each([
    ['another check value', 'UPDATE secret_store SET check_value = zeroblob(32)', {code: 'SECRET_STORE_DAMAGED'}],
    ['a check value cut short', 'UPDATE secret_store SET check_value = zeroblob(4)', {code: 'SECRET_STORE_DAMAGED'}],
    ['another salt', 'UPDATE secret_store SET salt = zeroblob(32)', {code: 'MASTER_KEY_WRONG', hint: expect.stringContaining('header')}],
    ['a salt cut short', 'UPDATE secret_store SET salt = zeroblob(8)', {code: 'SECRET_STORE_DAMAGED'}],
    ['other iterations', "UPDATE secret_store SET kdf = 'pbkdf2-sha256:i=100001'", {code: 'MASTER_KEY_WRONG'}],
    ['one iteration', "UPDATE secret_store SET kdf = 'pbkdf2-sha256:i=1'", {code: 'SECRET_STORE_DAMAGED'}],
    ['iterations without end', "UPDATE secret_store SET kdf = 'pbkdf2-sha256:i=2000000000'", {code: 'SECRET_STORE_DAMAGED'}],
    ['cheap scrypt', "UPDATE secret_store SET kdf = 'scrypt:n=2,r=8,p=1'", {code: 'SECRET_STORE_DAMAGED'}],
    ['scrypt that fills the memory', "UPDATE secret_store SET kdf = 'scrypt:n=1073741824,r=8,p=1'", {code: 'SECRET_STORE_DAMAGED'}],
    ['a derivation that is not one', "UPDATE secret_store SET kdf = 'md5'", {code: 'SECRET_STORE_DAMAGED'}],
    ['another active key', "UPDATE secret_store SET active_key_id = 'none'", {code: 'SECRET_STORE_DAMAGED'}],
    ['a changed data key', 'UPDATE secret_keys SET encrypted_key = zeroblob(32)', {code: 'SECRET_STORE_DAMAGED'}],
    ['no data key', 'DELETE FROM secret_keys', {code: 'SECRET_STORE_DAMAGED'}],
    ['no header', 'DELETE FROM secret_store', {code: 'SECRET_STORE_DAMAGED'}],
    ['a newer format', 'UPDATE secret_store SET format = 3', {code: 'SECRET_STORE_NEWER'}],
  ])('with %s is told from a wrong key, and written to by nobody', async (_what, statement, expected) => {
    const planted = await plant()
    planted.close()
    planted.db.exec(statement)
    expect(await told(planted.home)).toMatchObject(expected)
    planted.db.close()
  })
})
