// Somebody who can write to the database, and not to the anchor, empties it, replaces it or puts it back. Some of them know an old key.

import {execFileSync} from 'node:child_process'
import {copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {AnchorFile} from '../../../../src/lib/secrets/store/anchor-file.ts'
import {deriveKek} from '../../../../src/lib/secrets/keys/key-derivation.ts'
import {KeyRing} from '../../../../src/lib/secrets/store/key-ring.ts'
import {RecordSet} from '../../../../src/lib/secrets/store/record-set.ts'
import {SetDigest} from '../../../../src/lib/secrets/store/set-digest.ts'
import {openDatabase} from '../../../../src/lib/storage/database.ts'
import {SqliteJournal} from '../../../../src/lib/storage/journal.ts'
import {makeLegacy} from '../../../rig/legacy-store.ts'
import {rawDatabase} from '../../../rig/raw-database.ts'
import {anchorFileOf, databaseOf, keyFileOf, openStore, type OpenedStore} from '../../../rig/secret-home.ts'
import {keptPlan, newRun} from '../../../rig/new-run.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

const text = (value: string): Buffer => Buffer.from(value)

async function plant(): Promise<string> {
  const home = path.join(temporaryDir(), 'home')
  const {store, close} = await openStore(home)
  await store.import(new Map(['A', 'B', 'C'].map((name) => [name, text(`value of ${name}`)])), {onExisting: 'overwrite'})
  close()
  return home
}

/** The files of the database alone, as a backup of it has them. */
function copyDatabase(from: string, to: string): void {
  for (const name of readdirSync(to)) if (name.startsWith('autokestra.db')) rmSync(path.join(to, name))
  for (const name of readdirSync(from)) if (name.startsWith('autokestra.db')) copyFileSync(path.join(from, name), path.join(to, name))
}

async function withStore<T>(home: string, use: (opened: OpenedStore) => Promise<T>): Promise<T> {
  const opened = await openStore(home)
  try {
    return await use(opened)
  } finally {
    opened.close()
  }
}

const codeOf = async (attempt: () => unknown): Promise<string> => {
  try {
    await attempt()
    return 'done'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'bug'
  }
}

/** What each kind of command is told. */
async function told(home: string): Promise<Record<string, string>> {
  return await withStore(home, async ({store}) => ({
    verify: (await store.verify()).findings.map(({code}) => code).join(),
    get: await codeOf(() => store.get('A')),
    run: await codeOf(() => store.getMany(['A', 'B'])),
    sealer: await codeOf(() => store.openSealer()),
    set: await codeOf(() => store.set('NEW', text('v'))),
    delete: await codeOf(() => store.delete('A')),
    rotate: await codeOf(() => store.rotateKey({newKey: 'new-file', reencrypt: true})),
    list: await codeOf(() => store.list()),
  }))
}

const everywhere = (code: string, verify: string) => ({get: code, run: code, sealer: code, set: code, delete: code, rotate: code, verify})

describe('a store of which the database alone was changed', () => {
  test.each<[string, (home: string) => void]>([
    [
      'all tables emptied',
      (home) => {
        const db = rawDatabase(home)
        for (const table of ['secrets', 'secret_ledger', 'secret_store', 'secret_keys', 'secret_audit', 'events', 'runs'])
          db.exec(`DELETE FROM ${table}`)
        db.close()
      },
    ],
    [
      'the file cut to 0 bytes',
      (home) => {
        truncateSync(databaseOf(home), 0)
      },
    ],
    [
      'the file removed',
      (home) => {
        for (const name of readdirSync(home)) if (name.startsWith('autokestra.db')) rmSync(path.join(home, name))
      },
    ],
  ])('%s: every command says so, and nothing is made in its place', async (_what, change) => {
    const home = await plant()
    change(home)
    expect(await told(home)).toEqual({...everywhere('SECRET_STORE_REPLACED', 'store-replaced'), list: 'SECRET_STORE_REPLACED'})
    await withStore(home, async ({store}) => {
      await expect(store.set('A', text('v'))).rejects.toMatchObject({
        message: expect.stringContaining('emptied'),
        hint: expect.stringContaining('secrets reset'),
      })
      expect(await store.reset()).toMatchObject({secrets: 0})
      expect(await store.verify()).toEqual({secrets: 0, findings: []})
      await store.set('A', text('v'))
    })
    expect(await withStore(home, ({store}) => store.get('A'))).toEqual(text('v'))
  })

  test('put back to an older state: every command says so', async () => {
    const home = await plant()
    const backup = temporaryDir()
    cpSync(home, backup, {recursive: true})
    await withStore(home, ({store}) => store.set('A', text('new')))
    copyDatabase(backup, home)
    expect(await told(home)).toEqual({...everywhere('SECRET_STORE_REPLACED', 'store-replaced'), list: 'SECRET_STORE_REPLACED'})
  })

  test('replaced by another store under the same key: every command says so', async () => {
    const home = await plant()
    const other = await plant()
    copyFileSync(keyFileOf(other), keyFileOf(home))
    copyDatabase(other, home)
    expect(await told(home)).toEqual({...everywhere('SECRET_STORE_REPLACED', 'store-replaced'), list: 'SECRET_STORE_REPLACED'})
  })

  test.each([
    ['its row', ['secrets']],
    ['its row and its entry in the ledger', ['secrets', 'secret_ledger']],
    ['its row, its entry and the header', ['secrets', 'secret_ledger', 'secret_store', 'secret_audit']],
  ])('one secret put back with %s: get, run and verify say so', async (_what, tables) => {
    const home = await plant()
    const db = rawDatabase(home)
    for (const table of tables) db.exec(`CREATE TABLE old_${table} AS SELECT * FROM ${table}`)
    await withStore(home, ({store}) => store.set('A', text('new')))
    for (const table of tables) db.exec(`DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM old_${table}; DROP TABLE old_${table}`)
    db.close()
    const {get, run, verify} = await told(home)
    const code = tables.length === 4 ? 'SECRET_STORE_REPLACED' : 'SECRET_TAMPERED'
    expect([get, run]).toEqual([code, code])
    expect(verify).not.toBe('')
  })

  test('a row deleted with or without its entry is not taken for a secret that was never there', async () => {
    const home = await plant()
    const db = rawDatabase(home)
    db.exec("DELETE FROM secrets WHERE name = 'A'")
    await withStore(home, async ({store}) => {
      expect(() => store.has('A')).toThrow(
        expect.objectContaining({code: 'SECRET_TAMPERED', message: expect.stringContaining("'A' was deleted")}),
      )
      await expect(store.get('A')).rejects.toMatchObject({code: 'SECRET_TAMPERED'})
    })
    db.exec("DELETE FROM secret_ledger WHERE name = 'A'")
    db.close()
    expect(await told(home)).toMatchObject({run: 'SECRET_TAMPERED', set: 'SECRET_TAMPERED', verify: 'missing'})
  })
})

describe('a database that was put back on purpose', () => {
  test('is accepted with one command, and what came before the restoration is refused from then on', async () => {
    const home = await plant()
    const [backup, newest] = [temporaryDir(), temporaryDir()]
    cpSync(home, backup, {recursive: true})
    await withStore(home, async ({store}) => {
      await store.set('A', text('new'))
      await store.delete('B')
    })
    cpSync(home, newest, {recursive: true})
    copyDatabase(backup, home)
    await withStore(home, async ({store}) => {
      await expect(store.get('A')).rejects.toMatchObject({hint: expect.stringContaining('workflow secrets verify --accept-restored')})
      expect(await store.acceptRestored()).toEqual({secrets: 3})
      expect(await store.get('A')).toEqual(text('value of A'))
    })
    expect(await withStore(home, ({store}) => store.verify())).toEqual({secrets: 3, findings: []})
    copyDatabase(newest, home)
    expect(await told(home)).toMatchObject(everywhere('SECRET_STORE_REPLACED', 'store-replaced'))
  })

  test('is accepted when its anchor is missing, as after moving the database to another machine', async () => {
    const home = await plant()
    rmSync(anchorFileOf(home))
    expect(await told(home)).toMatchObject(everywhere('SECRET_STORE_REPLACED', 'store-replaced'))
    expect(await withStore(home, ({store}) => store.acceptRestored())).toEqual({secrets: 3})
    expect(await told(home)).toMatchObject({get: 'done', run: 'done', set: 'done', verify: ''})
  })

  test('with a record that does not open is not accepted', async () => {
    const home = await plant()
    rmSync(anchorFileOf(home))
    const db = rawDatabase(home)
    db.exec("UPDATE secrets SET version = 9 WHERE name = 'B'")
    db.close()
    await withStore(home, ({store}) =>
      expect(store.acceptRestored()).rejects.toMatchObject({code: 'SECRET_TAMPERED', message: expect.stringMatching(/: B$/)}),
    )
  })
})

describe('somebody who knows a data key that was replaced', () => {
  /** A store encrypted anew that still has its old data key, and what somebody had of it before. */
  async function replaceKey(): Promise<{home: string; old: KeyRing}> {
    const home = await plant()
    const backup = temporaryDir()
    cpSync(home, backup, {recursive: true})
    const journal = await openDatabase(databaseOf(home))
    new SqliteJournal(journal).create(newRun('r1'), keptPlan())
    journal.close()
    await withStore(home, ({store}) => store.rotateKey({newKey: 'new-file', reencrypt: true, iterations: 100_000}))
    const old = await withStore(backup, async ({rows}) => {
      const header = rows.header()
      if (header === undefined) throw new Error('there is a store')
      const kek = await deriveKek(readFileSync(keyFileOf(backup)).subarray(0, -1), header)
      return KeyRing.open(header, rows.keys(), kek)
    })
    if (old === undefined) throw new Error('it is the right key')
    return {home, old}
  }

  /** Sets the id back, and makes records, ledger and digest fit with the old data key. */
  async function setBack(home: string, old: KeyRing, options: {readonly format?: number; readonly records: boolean}): Promise<void> {
    await withStore(home, async ({rows}) => {
      const header = rows.header()
      if (header === undefined) throw new Error('there is a store')
      rows.transaction(() => {
        const set = new RecordSet(rows, old, SetDigest.empty())
        for (const {name, ...metadata} of options.records ? rows.list() : []) set.add(old.sealRecord({name, ...metadata}, text('forged')))
        const forged = old.update(header, set.digest, {auditSeq: header.auditSeq, auditHash: header.auditHash}, rows.keys())
        rows.putHeader({...forged, activeKeyId: old.activeKeyId, format: options.format ?? header.format})
      })
      await Promise.resolve()
    })
  }

  test.each([
    ['the id, ledger and digest', {records: true}],
    ['the id and the digest', {records: false}],
    ['the id, ledger, digest and format', {records: true, format: 1}],
  ])('forges %s: no command opens or changes anything', async (_what, options) => {
    const {home, old} = await replaceKey()
    await setBack(home, old, options)
    const before = readFileSync(databaseOf(home))
    const {
      list: _list,
      verify,
      ...commands
    } = await told(home).catch((error: unknown) => ({list: '', verify: String(error), get: 'MASTER_KEY_WRONG'}))
    for (const [command, code] of Object.entries(commands)) expect(['SECRET_STORE_DAMAGED', 'MASTER_KEY_WRONG'], command).toContain(code)
    expect(verify).toMatch(/header-damaged|wrong master key/)
    expect(readFileSync(databaseOf(home)).equals(before)).toBe(true)
  })

  test('sets only the id back: no command opens or changes anything', async () => {
    const {home, old} = await replaceKey()
    const db = rawDatabase(home)
    db.prepare('UPDATE secret_store SET active_key_id = ?').run(old.activeKeyId)
    db.close()
    expect(await told(home)).toMatchObject(everywhere('SECRET_STORE_DAMAGED', 'header-damaged'))
  })

  test('takes a data key away or puts one of theirs there: no command opens or changes anything', async () => {
    const {home, old} = await replaceKey()
    const db = rawDatabase(home)
    const kept = db.prepare<[string], {created_at: string}>('SELECT * FROM secret_keys WHERE id = ?').get(old.activeKeyId)
    expect(kept).toBeDefined()
    db.prepare('DELETE FROM secret_keys WHERE id = ?').run(old.activeKeyId)
    expect(await told(home)).toMatchObject(everywhere('SECRET_STORE_DAMAGED', 'header-damaged'))
    db.exec("INSERT INTO secret_keys VALUES ('theirs', '2026', zeroblob(32), zeroblob(12), zeroblob(16))")
    expect(await told(home)).toMatchObject(everywhere('SECRET_STORE_DAMAGED', 'header-damaged'))
    db.close()
  })

  test('puts a record there that was sealed with it: it is not opened', async () => {
    const {home, old} = await replaceKey()
    await withStore(home, async ({rows, store}) => {
      const record = rows.find('A')
      if (record === undefined) throw new Error('A is stored')
      rows.put(old.sealRecord(record, text('forged')))
      await expect(store.get('A')).rejects.toMatchObject({code: 'SECRET_TAMPERED'})
    })
  })
})

describe('the anchor', () => {
  test('that lags behind is brought up to date by the next command', async () => {
    const home = await plant()
    const before = readFileSync(anchorFileOf(home))
    await withStore(home, ({store}) => store.set('A', text('new')))
    const after = readFileSync(anchorFileOf(home))
    expect(after.equals(before)).toBe(false)
    writeFileSync(anchorFileOf(home), before)
    expect(await withStore(home, ({store}) => store.get('A'))).toEqual(text('new'))
    expect(readFileSync(anchorFileOf(home)).equals(after)).toBe(true)
  })

  test('that was changed by somebody without the key is refused', async () => {
    const home = await plant()
    const anchor = new AnchorFile(anchorFileOf(home))
    anchor.write(anchor.read().map((entry) => ({...entry, generation: 1})))
    expect(await told(home)).toMatchObject(everywhere('SECRET_STORE_REPLACED', 'store-replaced'))
  })

  test('is not waited for when something else stands there', async () => {
    const home = await plant()
    rmSync(anchorFileOf(home))
    execFileSync('mkfifo', [anchorFileOf(home)])
    expect((await told(home)).get).toBe('SECRET_STORE_REPLACED')
    rmSync(anchorFileOf(home))
    writeFileSync(anchorFileOf(home), 'remember the milk\n'.repeat(1000))
    expect((await told(home)).get).toBe('SECRET_STORE_REPLACED')
  })
})

describe('a store that version 1.0 made', () => {
  test('gets an authenticated header and an anchor from the first command that opens it', async () => {
    const home = await plant()
    makeLegacy(home)
    expect(await withStore(home, ({store}) => store.get('A'))).toEqual(text('value of A'))
    expect(existsSync(anchorFileOf(home))).toBe(true)
    expect(await withStore(home, ({rows}) => Promise.resolve(rows.header()))).toMatchObject({format: 2})
    expect(await withStore(home, ({store}) => store.verify())).toEqual({secrets: 3, findings: []})
  })

  test('is refused where a newer one was used, and accepted on purpose', async () => {
    const home = await plant()
    makeLegacy(home)
    const backup = temporaryDir()
    cpSync(home, backup, {recursive: true})
    await withStore(home, ({store}) => store.set('A', text('new')))
    copyDatabase(backup, home)
    expect(await told(home)).toMatchObject({get: 'SECRET_STORE_REPLACED', set: 'SECRET_STORE_REPLACED', verify: 'store-replaced'})
    expect(await withStore(home, ({store}) => store.acceptRestored())).toEqual({secrets: 3})
    expect(await withStore(home, ({store}) => store.get('A'))).toEqual(text('value of A'))
    expect(await withStore(home, ({store}) => store.verify())).toEqual({secrets: 3, findings: []})
  })
})
