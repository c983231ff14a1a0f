import {existsSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {randomBytes} from 'node:crypto'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {defaultKdf} from '../../../../src/lib/secrets/keys/key-derivation.ts'
import {databaseOf, keyFileOf, openStore} from '../../../rig/secret-home.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'
import {bytesOnDisk, rawDatabase} from '../../../rig/raw-database.ts'

const text = (value: string): Buffer => Buffer.from(value)

describe('a home without secrets', () => {
  test('is only looked at: no database, no key', async () => {
    const home = path.join(temporaryDir(), 'home')
    const {store, keys, close} = await openStore(home)
    expect(store.list()).toEqual([])
    expect(store.has('A')).toBe(false)
    expect(await store.getMany(['A', 'B'])).toEqual(new Map())
    expect(await store.getAll()).toEqual(new Map())
    expect(await store.verify()).toEqual({secrets: 0, findings: []})
    expect(await store.openSealer()).toBeUndefined()
    await expect(store.get('A')).rejects.toMatchObject({code: 'SECRET_NOT_FOUND', exitCode: 4, message: "Secret 'A' not found"})
    await expect(store.delete('A')).rejects.toMatchObject({code: 'SECRET_NOT_FOUND'})
    await expect(store.rotateKey({newKey: 'new-file', reencrypt: false})).rejects.toMatchObject({code: 'SECRET_NOT_FOUND'})
    expect(await store.import(new Map(), {onExisting: 'overwrite'})).toEqual({created: [], updated: [], skipped: [], isPurged: true})
    expect(keys.derivations).toBe(0)
    expect(existsSync(home)).toBe(false)
    close()
  })

  test('gets a key and a database with the first secret, for the owner alone', async () => {
    const home = path.join(temporaryDir(), 'home')
    const {store, close} = await openStore(home)
    expect(await store.set('API_KEY', text('s3cret'))).toEqual({created: true, isPurged: true})
    expect(readdirSync(home).sort()).toEqual(['autokestra.db', 'autokestra.db-shm', 'autokestra.db-wal', 'secret.anchor', 'secret.key'])
    for (const name of readdirSync(home)) expect((statSync(path.join(home, name)).mode & 0o777).toString(8), name).toBe('600')
    const key = readFileSync(keyFileOf(home))
    expect(await store.set('OTHER', text('x'))).toEqual({created: true, isPurged: true})
    close()
    const second = await openStore(home)
    expect(await second.store.get('API_KEY')).toEqual(text('s3cret'))
    expect(readFileSync(keyFileOf(home))).toEqual(key)
    second.close()
  })

  test('makes no key for a value or a name that is refused, and none when the environment has one', async () => {
    const home = temporaryDir()
    const first = await openStore(home)
    await expect(first.store.set('A', text(''))).rejects.toMatchObject({
      code: 'SECRET_VALUE_INVALID',
      exitCode: 2,
      message: 'Secret value cannot be empty',
    })
    await expect(first.store.set('A B', text('x'))).rejects.toMatchObject({code: 'SECRET_NAME_INVALID'})
    expect(readdirSync(home)).toEqual([])
    first.close()
    const second = await openStore(home, {AUTOKESTRA_SECRET_KEY: 'correct horse battery'})
    await second.store.set('A', text('x'))
    expect(existsSync(keyFileOf(home))).toBe(false)
    second.close()
  })
})

describe('values', () => {
  test('come back byte for byte, from another process too, and stand nowhere in the files', async () => {
    const home = temporaryDir()
    const values = new Map<string, Buffer>(
      Object.entries({
        one: text('a'),
        kilobyte: randomBytes(1024),
        'sixty-four': randomBytes(65_536),
        megabyte: randomBytes(1_048_576),
        all: Buffer.from(Array.from({length: 256}, (_, byte) => byte)),
        nul: text('\0'),
        emoji: text('🔑 pässword'),
        nfc: text('\u00e9'.normalize('NFC')),
        nfd: text('\u00e9'.normalize('NFD')),
        cr: text('a\rb'),
        spaces: text('value   '),
        bom: text('\ufeffvalue'),
        'plain-words': text('a value that could be found in the files'),
      }),
    )
    const first = await openStore(home)
    for (const [name, value] of values) await first.store.set(name, value)
    for (const [name, value] of values) expect((await first.store.get(name)).equals(value), name).toBe(true)
    first.close()
    const second = await openStore(home)
    const all = await second.store.getAll()
    expect([...all.keys()]).toEqual([...values.keys()].sort())
    for (const [name, value] of values) expect(all.get(name)?.equals(value), name).toBe(true)
    expect(await second.store.verify()).toEqual({secrets: values.size, findings: []})
    const found = bytesOnDisk(home)
    for (const name of ['kilobyte', 'sixty-four', 'plain-words']) expect(found.includes(values.get(name) ?? ''), name).toBe(false)
    second.close()
  })

  test('of more than 1 MB, or none at all, are refused without a word of them', async () => {
    const {store, close} = await openStore(temporaryDir())
    await expect(store.set('A', Buffer.alloc(1_048_577, 'x'))).rejects.toMatchObject({
      code: 'SECRET_VALUE_INVALID',
      message: expect.stringMatching(/1 MB \(1 048 576 bytes\)/),
    })
    await expect(store.set('A', new Uint8Array(0))).rejects.toMatchObject({message: 'Secret value cannot be empty'})
    expect(store.list()).toEqual([])
    close()
  })

  test('that are the same are never encrypted to the same bytes', async () => {
    const home = temporaryDir()
    const {store, close} = await openStore(home)
    const same = text('the same value')
    for (let round = 0; round < 10; round++) {
      await store.import(new Map(Array.from({length: 1000}, (_, n) => [`S-${String(round)}-${String(n)}`, same])), {onExisting: 'refuse'})
    }
    close()
    const db = rawDatabase(home)
    expect(
      db
        .prepare(
          'SELECT count(DISTINCT iv) AS ivs, min(length(iv)) AS short, max(length(iv)) AS long, count(DISTINCT encrypted_value) AS texts FROM secrets',
        )
        .get(),
    ).toEqual({ivs: 10_000, short: 12, long: 12, texts: 10_000})
    db.close()
  })
})

describe('names', () => {
  test.each(['A', 'a', '0', '9A', 'a-b', '_x', '-', '--', '-rf', '__proto__', 'constructor', 'x'.repeat(255)])(
    '%s is one',
    async (name) => {
      const {store, close} = await openStore(temporaryDir(), {AUTOKESTRA_SECRET_KEY: 'a key of sixteen'})
      await store.set(name, text(`value of ${name}`))
      expect(await store.get(name)).toEqual(text(`value of ${name}`))
      expect(store.list().map((secret) => secret.name)).toEqual([name])
      await store.delete(name)
      expect(store.has(name)).toBe(false)
      close()
    },
  )

  test.each(['', ' ', '.', '/', 'A B', 'é', 'А', 'A\n', '\nA', 'A\0', 'x'.repeat(256), 'A;DROP TABLE secrets'])(
    '%j is none',
    async (name) => {
      const home = temporaryDir()
      const {store, close} = await openStore(home)
      const refused = {code: 'SECRET_NAME_INVALID', message: expect.stringMatching(/alphanumeric characters .*underscores .*hyphens/)}
      await expect(store.set(name, text('v'))).rejects.toMatchObject(refused)
      await expect(store.get(name)).rejects.toMatchObject(refused)
      await expect(store.delete(name)).rejects.toMatchObject(refused)
      await expect(
        store.import(
          new Map([
            ['GOOD', text('v')],
            [name, text('v')],
          ]),
          {onExisting: 'overwrite'},
        ),
      ).rejects.toMatchObject(refused)
      expect(() => store.require(name)).toThrow(expect.objectContaining(refused))
      expect(readdirSync(home)).toEqual([])
      close()
    },
  )

  test('of different case are different, and lists are sorted bytewise', async () => {
    const {store, close} = await openStore(temporaryDir())
    for (const name of ['b', 'Key', 'KEY', '_', '-', '0', 'a']) await store.set(name, text(name))
    expect(await store.get('Key')).toEqual(text('Key'))
    expect(await store.get('KEY')).toEqual(text('KEY'))
    expect(store.list().map((secret) => secret.name)).toEqual(['-', '0', 'KEY', 'Key', '_', 'a', 'b'])
    close()
  })

  test('that nearly fit are suggested', async () => {
    const {store, close} = await openStore(temporaryDir())
    await store.set('API_KEY', text('v'))
    await expect(store.get('API_KYE')).rejects.toMatchObject({message: "Secret 'API_KYE' not found", hint: 'did you mean "API_KEY"?'})
    await expect(store.get('else')).rejects.toMatchObject({hint: 'workflow secrets list'})
    close()
  })
})

describe('changes', () => {
  test('keep when a secret was made, and count its versions', async () => {
    const {store, clock, close} = await openStore(temporaryDir())
    expect(await store.set('A', text('1'))).toEqual({created: true, isPurged: true})
    clock.time += 60_000
    expect(await store.set('A', text('2'))).toEqual({created: false, isPurged: true})
    expect(store.require('A')).toEqual({
      name: 'A',
      version: 2,
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-01T00:01:00.000Z',
    })
    expect(await store.get('A')).toEqual(text('2'))
    await store.delete('A')
    clock.time += 60_000
    await store.set('A', text('3'))
    expect(store.list()).toEqual([{name: 'A', version: 3, createdAt: '2026-01-01T00:02:00.000Z', updatedAt: '2026-01-01T00:02:00.000Z'}])
    expect((await store.verify()).findings).toEqual([])
    close()
  })

  test('by import are all made or none', async () => {
    const {store, close} = await openStore(temporaryDir())
    await store.set('B', text('old'))
    const entries = new Map([
      ['A', text('a')],
      ['B', text('b')],
    ])
    await expect(store.import(entries, {onExisting: 'refuse'})).rejects.toMatchObject({
      code: 'SECRET_IMPORT_INVALID',
      message: expect.stringMatching(/: B;/),
    })
    expect(store.has('A')).toBe(false)
    expect(await store.import(entries, {onExisting: 'skip'})).toEqual({created: ['A'], updated: [], skipped: ['B'], isPurged: true})
    expect(await store.get('B')).toEqual(text('old'))
    expect(await store.import(entries, {onExisting: 'overwrite'})).toEqual({created: [], updated: ['A', 'B'], skipped: [], isPurged: true})
    expect(await store.getMany(['A', 'B', 'C'])).toEqual(entries)
    await expect(store.import(new Map([...entries, ['C', text('')]]), {onExisting: 'overwrite'})).rejects.toMatchObject({
      code: 'SECRET_VALUE_INVALID',
    })
    expect(store.has('C')).toBe(false)
    close()
  })
})

describe('what was overwritten or deleted', () => {
  const ciphertextOf = (home: string, name: string): Buffer => {
    const db = rawDatabase(home)
    const found = db.prepare<[string], Buffer>('SELECT encrypted_value FROM secrets WHERE name = ?').pluck().get(name)
    db.close()
    if (found === undefined) throw new Error(`${name} is stored`)
    return found
  }

  test('is in no file, also while another connection is open', async () => {
    const home = temporaryDir()
    const {store, close} = await openStore(home)
    await store.set('A', randomBytes(64))
    await store.set('B', randomBytes(64))
    // With it, closing does not write the log back, and SQLite keeps it.
    const other = rawDatabase(home)
    other.prepare('SELECT count(*) FROM secrets').get()
    const [a, b] = [ciphertextOf(home, 'A'), ciphertextOf(home, 'B')]
    expect(await store.set('A', randomBytes(64))).toEqual({created: false, isPurged: true})
    expect(bytesOnDisk(home).includes(a)).toBe(false)
    expect(await store.delete('B')).toEqual({isPurged: true})
    expect(bytesOnDisk(home).includes(b)).toBe(false)
    other.close()
    close()
  })

  test('is said to be there when another process reads on, and gone with the next change', async () => {
    const home = temporaryDir()
    const {store, close} = await openStore(home)
    await store.set('A', randomBytes(64))
    const other = rawDatabase(home)
    other.exec('BEGIN; SELECT count(*) FROM secrets')
    other.prepare('SELECT count(*) FROM secrets').get()
    const old = ciphertextOf(home, 'A')
    expect(await store.set('A', randomBytes(64))).toEqual({created: false, isPurged: false})
    expect(bytesOnDisk(home).includes(old)).toBe(true)
    other.exec('COMMIT')
    expect(await store.set('A', randomBytes(64))).toEqual({created: false, isPurged: true})
    expect(bytesOnDisk(home).includes(old)).toBe(false)
    other.close()
    close()
  })
})

describe('a typed master key', () => {
  test.each(['short', 'k', 'aaaaaaaaaaaaaaaaaaaaaaaa', 'abcabcabcabcabcabc'])(
    '%s is refused for a new store, and for a rotation',
    async (weak) => {
      const refused = {
        code: 'MASTER_KEY_INVALID',
        message: expect.stringMatching(/^AUTOKESTRA_SECRET_KEY is too easy to guess/),
        hint: expect.stringContaining('openssl rand'),
      }
      const home = temporaryDir()
      const {store, close} = await openStore(home, {AUTOKESTRA_SECRET_KEY: weak})
      await expect(store.set('A', text('v'))).rejects.toMatchObject(refused)
      expect(store.list()).toEqual([])
      close()
      const strong = await openStore(home, {AUTOKESTRA_SECRET_KEY: 'a key of sixteen'})
      await strong.store.set('A', text('v'))
      const newKey = {bytes: text(weak), source: {kind: 'environment'}} as const
      await expect(strong.store.rotateKey({newKey, reencrypt: false})).rejects.toMatchObject(refused)
      expect(await strong.store.get('A')).toEqual(text('v'))
      strong.close()
    },
  )

  test('is derived with scrypt for a new store, and with PBKDF2 where iterations are asked for', async () => {
    const home = temporaryDir()
    const {store, rows, close} = await openStore(home, {}, {kdf: defaultKdf})
    await store.set('A', text('v'))
    expect(rows.header()?.kdf).toBe('scrypt:n=32768,r=8,p=1')
    await store.rotateKey({newKey: 'new-file', reencrypt: false, iterations: 100_000})
    expect(rows.header()?.kdf).toBe('pbkdf2-sha256:i=100000')
    expect(await store.get('A')).toEqual(text('v'))
    await store.rotateKey({newKey: 'new-file', reencrypt: false})
    expect(rows.header()?.kdf).toBe('scrypt:n=32768,r=8,p=1')
    close()
    const again = await openStore(home)
    expect(await again.store.get('A')).toEqual(text('v'))
    again.close()
  })

  test('is overwritten when it is forgotten', async () => {
    const {store, keys, close} = await openStore(temporaryDir(), {AUTOKESTRA_SECRET_KEY: 'a key of sixteen'})
    await store.set('A', text('v'))
    const key = await keys.find()
    expect(key?.bytes.toString()).toBe('a key of sixteen')
    await store.close()
    expect(key?.bytes).toEqual(Buffer.alloc(16))
    close()
  })
})

describe('the master key', () => {
  test('is derived once for a thousand reads, and not at all for lists', async () => {
    const home = temporaryDir()
    const first = await openStore(home)
    await first.store.set('A', text('v'))
    expect(first.keys.derivations).toBe(1)
    first.close()
    const {store, keys, close} = await openStore(home)
    expect(store.list()).toHaveLength(1)
    expect(store.has('A')).toBe(true)
    expect(store.require('A').version).toBe(1)
    expect(await store.getMany(['B'])).toEqual(new Map())
    expect(keys.derivations).toBe(0)
    await Promise.all(Array.from({length: 500}, () => store.get('A')))
    for (let count = 0; count < 500; count++) await store.get('A')
    await store.set('A', text('w'))
    expect(keys.derivations).toBe(1)
    close()
  })

  test('that is lost is asked for, never replaced by a new one', async () => {
    const home = temporaryDir()
    const first = await openStore(home)
    await first.store.set('A', text('v'))
    first.close()
    const key = readFileSync(keyFileOf(home))
    const {rmSync} = await import('node:fs')
    rmSync(keyFileOf(home))
    const {store, close} = await openStore(home)
    const missing = {
      code: 'MASTER_KEY_MISSING',
      exitCode: 4,
      message: expect.stringContaining('master key not configured'),
      hint: expect.stringMatching(/AUTOKESTRA_SECRET_KEY[^]*secret\.key/),
    }
    expect(store.list().map(({name}) => name)).toEqual(['A'])
    for (const attempt of [
      () => store.get('A'),
      () => store.set('B', text('v')),
      () => store.delete('A'),
      () => store.verify(),
      () => store.rotateKey({newKey: 'new-file', reencrypt: false}),
      () => store.openSealer(),
    ])
      await expect(attempt()).rejects.toMatchObject(missing)
    expect(readdirSync(home).filter((name) => name.startsWith('secret.key'))).toEqual([])
    // Put back, it works again at once.
    writeFileSync(keyFileOf(home), key, {mode: 0o600})
    expect(await store.get('A')).toEqual(text('v'))
    close()
  })

  test('that is another one is named, reads nothing and writes nothing', async () => {
    const home = temporaryDir()
    const first = await openStore(home)
    await first.store.set('A', text('v'))
    first.close()
    const before = readFileSync(databaseOf(home))
    const {store, close} = await openStore(home, {AUTOKESTRA_SECRET_KEY: 'another'})
    expect(store.list()).toHaveLength(1)
    const wrong = {
      code: 'MASTER_KEY_WRONG',
      exitCode: 4,
      message: expect.stringContaining('AUTOKESTRA_SECRET_KEY is not the key'),
      // The right key stands in the file, but does not come first.
      hint: expect.stringMatching(new RegExp(`the key file ${keyFileOf(home)}.*unset AUTOKESTRA_SECRET_KEY`)),
    }
    for (const attempt of [
      () => store.get('A'),
      () => store.set('B', text('v')),
      () => store.set('A', text('w')),
      () => store.import(new Map([['B', text('v')]]), {onExisting: 'overwrite'}),
      () => store.delete('A'),
      () => store.verify(),
    ])
      await expect(attempt()).rejects.toMatchObject(wrong)
    close()
    expect(readFileSync(databaseOf(home)).equals(before)).toBe(true)
  })
})

describe('outputs', () => {
  test('are sealed with a key of the store, and open only where they belong', async () => {
    const home = temporaryDir()
    const first = await openStore(home)
    await first.store.set('A', text('v'))
    const sealer = await first.store.openSealer()
    if (sealer === undefined) throw new Error('there is a store')
    const context = {run: 'r1', task: 't', attempt: 1}
    const sealed = sealer.seal(text('{"token":"v"}'), context)
    expect(Buffer.from(sealed.ciphertext).includes('token')).toBe(false)
    first.close()
    const second = await openStore(home)
    const opener = await second.store.openSealer()
    expect(opener?.open(sealed, context)).toEqual(text('{"token":"v"}'))
    for (const other of [
      {...context, run: 'r2'},
      {...context, task: 'u'},
      {...context, attempt: 2},
    ])
      expect(() => opener?.open(sealed, other)).toThrow(
        expect.objectContaining({code: 'SECRET_TAMPERED', message: expect.stringContaining(`task "${other.task}"`)}),
      )
    second.close()
  })
})
