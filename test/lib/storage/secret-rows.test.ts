import {randomBytes} from 'node:crypto'
import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import type {SecretRecord, StoreHeader} from '../../../src/lib/secrets/store/secret-rows.ts'
import {SqliteSecretRows} from '../../../src/lib/storage/secret-rows.ts'
import {bytesOnDisk, rawDatabase} from '../../rig/raw-database.ts'
import {databaseOf} from '../../rig/secret-home.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const now = '2026-01-01T00:00:00.000Z'
const sealed = (length = 32) => ({iv: randomBytes(12), tag: randomBytes(16), ciphertext: randomBytes(length)})
const key = (id: string) => ({id, createdAt: now, ...sealed()})
const header = (activeKeyId: string, generation = 1): StoreHeader => ({
  format: 1,
  storeId: randomBytes(16),
  salt: randomBytes(32),
  kdf: 'pbkdf2-sha256:i=600000',
  checkValue: randomBytes(32),
  activeKeyId,
  generation,
  digest: sealed(560),
  auditSeq: 0,
  auditHash: Buffer.alloc(32),
  mac: randomBytes(32),
})
const record = (name: string, rest: Partial<SecretRecord> = {}): SecretRecord => ({
  name,
  keyId: 'k1',
  format: 1,
  version: 1,
  createdAt: now,
  updatedAt: now,
  ...sealed(),
  ...rest,
})

async function openRows(home = temporaryDir()): Promise<{home: string; rows: SqliteSecretRows}> {
  const rows = await SqliteSecretRows.open(databaseOf(home))
  await rows.connect({create: true})
  if (rows.keys().length === 0) rows.putKey(key('k1'))
  return {home, rows}
}

describe('SqliteSecretRows', () => {
  test('reads where there is no database as if it were empty, and makes none', async () => {
    const file = path.join(temporaryDir(), 'home', 'a.db')
    const rows = await SqliteSecretRows.open(file)
    await rows.connect({create: false})
    expect([rows.header(), rows.keys(), rows.list(), rows.find('A'), rows.metadata('A'), rows.ledger(), rows.ledgerEntry('A')]).toEqual([
      undefined,
      [],
      [],
      undefined,
      undefined,
      [],
      undefined,
    ])
    expect(rows.snapshot(() => rows.hasOpenRuns())).toBe(false)
    expect(rows.outputKeyIds()).toEqual([])
    expect(existsSync(path.dirname(file))).toBe(false)
    expect(() => {
      rows.delete('A')
    }).toThrow('connect')
    // One that another process makes is found.
    const other = await SqliteSecretRows.open(file)
    await Promise.all([other.connect({create: true}), other.connect({create: true})])
    other.putKey(key('k1'))
    await rows.connect({create: false})
    expect(rows.keys()).toHaveLength(1)
    rows.close()
    other.close()
  })

  test('tells a home that cannot be reached from one without a database', async () => {
    const home = path.join(temporaryDir(), 'home')
    writeFileSync(home, 'not a directory')
    const refused = expect.objectContaining({code: 'STORAGE_UNREADABLE', message: `${home} is not a directory`})
    await expect(SqliteSecretRows.open(databaseOf(home))).rejects.toThrow(refused)
  })

  test('gives back what was put, and replaces it', async () => {
    const {rows} = await openRows()
    const [first, second] = [header('k1'), header('k1', 2)]
    rows.putHeader(first)
    expect(rows.header()).toEqual(first)
    rows.putHeader(second)
    expect(rows.header()).toEqual(second)
    const [a, later] = [record('A'), record('A', {version: 2, updatedAt: '2026-02-01T00:00:00.000Z'})]
    rows.put(a)
    expect(rows.find('A')).toEqual(a)
    rows.put(later)
    expect(rows.find('A')).toEqual(later)
    expect(rows.metadata('A')).toEqual({name: 'A', version: 2, createdAt: now, updatedAt: '2026-02-01T00:00:00.000Z'})
    const [entry, entryLater] = [
      {name: 'A', version: 1, code: randomBytes(32), isDeleted: false},
      {name: 'A', version: 2, code: randomBytes(32), isDeleted: true},
    ]
    rows.putLedgerEntry(entry)
    rows.putLedgerEntry(entryLater)
    expect(rows.ledger()).toEqual([entryLater])
    rows.delete('A')
    expect([rows.find('A'), rows.list(), rows.ledgerEntry('A')]).toEqual([undefined, [], entryLater])
    const rewrapped = key('k1')
    rows.putKey(rewrapped)
    rows.putKey(key('k2'))
    expect(rows.keys().find(({id}) => id === 'k1')).toEqual(rewrapped)
    rows.deleteKey('k2')
    expect(rows.keys()).toEqual([rewrapped])
    rows.close()
  })

  test.each([
    ['an empty name', {name: ''}],
    ['a name with a newline', {name: 'A\n'}],
    ['a name of other letters', {name: 'é'}],
    ['a name of 256 characters', {name: 'x'.repeat(256)}],
    ['a short IV', {iv: randomBytes(8)}],
    ['a short tag', {tag: randomBytes(4)}],
    ['an empty ciphertext', {ciphertext: Buffer.alloc(0)}],
    ['a ciphertext of more than 1 MB', {ciphertext: Buffer.alloc(1_048_577)}],
    ['version 0', {version: 0}],
    ['a data key that is not there', {keyId: 'k9'}],
  ])('takes no record with %s', async (_what, rest) => {
    const {rows} = await openRows()
    expect(() => {
      rows.put(record('A', rest))
    }).toThrow(/CHECK|FOREIGN KEY/)
    expect(rows.list()).toEqual([])
    rows.close()
  })

  test('takes no IV twice under one key, and loses no key that a record needs', async () => {
    const {rows} = await openRows()
    const {iv} = record('A')
    rows.put(record('A', {iv}))
    expect(() => {
      rows.put(record('B', {iv}))
    }).toThrow(/UNIQUE/)
    expect(() => {
      rows.deleteKey('k1')
    }).toThrow(/FOREIGN KEY/)
    rows.close()
  })

  test('makes all changes of a transaction or none', async () => {
    const {home, rows} = await openRows()
    expect(() =>
      rows.transaction(() => {
        rows.put(record('A'))
        throw new Error('in the middle')
      }),
    ).toThrow('in the middle')
    expect(rows.list()).toEqual([])
    const other = await openRows(home)
    rows.transaction(() => {
      rows.put(record('A'))
      expect(other.rows.list()).toEqual([])
    })
    expect(other.rows.list()).toHaveLength(1)
    // A snapshot does not move while it is read.
    other.rows.snapshot(() => {
      expect(other.rows.list()).toHaveLength(1)
      rows.put(record('B'))
      expect(other.rows.list()).toHaveLength(1)
    })
    expect(other.rows.list()).toHaveLength(2)
    rows.close()
    other.rows.close()
  })

  test('waits for the disk with every change', async () => {
    const {rows} = await openRows()
    const {openDatabase} = await import('../../../src/lib/storage/database.ts')
    const vault = await openDatabase(path.join(temporaryDir(), 'a.db'), {isVault: true})
    expect([vault.pragma('synchronous', {simple: true}), vault.pragma('secure_delete', {simple: true})]).toEqual([2, 1])
    vault.close()
    rows.close()
  })

  test('leaves nothing of what was deleted or replaced in any file, whatever its size', {timeout: 120_000}, async () => {
    const {home, rows} = await openRows()
    const sizes = [17, 40, 200, 900, 3000, 9000, 70_000]
    const present = new Map<string, Buffer>()
    const gone: Buffer[] = []
    // A fixed course of changes that splits and joins pages.
    let state = 12_345
    const random = (limit: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      return Math.floor((state / 2_147_483_648) * limit)
    }
    for (let step = 0; step < 2000; step++) {
      const name = `n${String(random(250))}`
      const old = present.get(name)
      if (old !== undefined) gone.push(old)
      if (old !== undefined && random(10) < 4) {
        rows.delete(name)
        present.delete(name)
      } else {
        const ciphertext = randomBytes(sizes[random(sizes.length)] ?? 17)
        rows.put(record(name, {ciphertext}))
        present.set(name, ciphertext)
      }
      if (step % 500 === 499) await rows.purge()
    }
    expect(gone.length).toBeGreaterThan(800)
    const bytes = bytesOnDisk(home)
    expect([...present.values()].filter((ciphertext) => bytes.includes(ciphertext.subarray(0, 16)))).toHaveLength(present.size)
    const probes = gone.flatMap((ciphertext) => [ciphertext.subarray(0, 16), ciphertext.subarray(-16)])
    expect(probes.filter((probe) => bytes.includes(probe))).toEqual([])
    rows.close()
  })

  test('purges although somebody reads, as soon as they have finished', async () => {
    const {home, rows} = await openRows()
    const old = record('A')
    rows.put(old)
    const reader = rawDatabase(home)
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM secrets').get()
    rows.delete('A')
    const purged = rows.purge()
    expect(bytesOnDisk(home).includes(Buffer.from(old.ciphertext))).toBe(true)
    reader.exec('COMMIT')
    await purged
    expect(readFileSync(`${databaseOf(home)}-wal`)).toHaveLength(0)
    expect(bytesOnDisk(home).includes(Buffer.from(old.ciphertext))).toBe(false)
    reader.close()
    rows.close()
  })
})
