// Many processes at once, processes that are killed, disks that are full, homes that may not be written.

import {execFileSync} from 'node:child_process'
import {chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {DerivedKeys} from '../../src/lib/secrets/keys/derived-keys.ts'
import {SecretStore} from '../../src/lib/secrets/store/secret-store.ts'
import {makeLegacy} from '../rig/legacy-store.ts'
import {anchorFileOf, databaseOf, keyFileOf, openStore, quickIterations, type OpenedStore} from '../rig/secret-home.ts'
import {bundleScript, runScript} from '../rig/script-process.ts'
import {temporaryDir} from '../rig/temporary-dir.ts'
import {nodeWithoutPrivileges} from '../rig/without-privileges.ts'

const text = (value: string): Buffer => Buffer.from(value)
const isRoot = process.getuid?.() === 0

/** A home whose store opens quickly, with the secrets n0 to n4. */
async function plantHome(): Promise<string> {
  const home = path.join(temporaryDir(), 'home')
  mkdirSync(home, {mode: 0o700})
  const {store, close} = await openStore(home)
  await store.import(new Map(Array.from({length: 5}, (_, n) => [`n${String(n)}`, text('0')])), {onExisting: 'overwrite'})
  close()
  return home
}

/** Every value must be readable and the set whole. */
async function judge<T>(home: string, look: (values: Map<string, string>, opened: OpenedStore) => Promise<T> | T): Promise<T> {
  const opened = await openStore(home)
  try {
    expect((await opened.store.verify()).findings).toEqual([])
    const values = await opened.store.getAll()
    return await look(new Map([...values].map(([name, value]) => [name, value.toString()])), opened)
  } finally {
    opened.close()
  }
}

/** Works off `items`, `width` at a time. */
async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  await Promise.all(
    Array.from({length: width}, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
    }),
  )
}

describe('many processes at once', () => {
  test('eight first uses of an empty home end with one key and eight readable secrets', {timeout: 120_000}, async () => {
    const script = await bundleScript(`
      import {openStore} from 'src/../test/rig/secret-home.ts'
      const [, , home, name] = process.argv
      console.log('ready')
      process.stdin.once('data', async () => {
        const {store, close} = await openStore(home)
        await store.set(name, Buffer.from('value of ' + name))
        close()
        process.stdin.destroy()
      })
    `)
    for (let round = 0; round < 3; round++) {
      const home = path.join(temporaryDir(), 'home')
      const names = Array.from({length: 8}, (_, n) => `S${String(n)}`)
      const children = names.map((name) => runScript(script, [home, name]))
      for (const child of children) await child.line('ready')
      for (const child of children) child.stdin.write('go\n')
      for (const child of children) expect(await child.exit).toEqual({code: 0, signal: null, stderr: ''})
      expect(readdirSync(home).filter((name) => name.includes('key'))).toEqual(['secret.key'])
      await judge(home, (values) => {
        expect(values).toEqual(new Map(names.map((name) => [name, `value of ${name}`])))
      })
    }
  })

  test('twenty that store twenty secrets each store four hundred, and none sees a lock', {timeout: 300_000}, async () => {
    const home = await plantHome()
    const script = await bundleScript(`
      import {openStore} from 'src/../test/rig/secret-home.ts'
      const [, , home, id] = process.argv
      const {store, close} = await openStore(home)
      await store.get('n0')
      console.log('ready')
      process.stdin.once('data', async () => {
        for (let n = 0; n < 20; n++) {
          await store.set('p' + id + '-' + n, Buffer.from('value ' + id + ' ' + n))
          await store.set('n0', Buffer.from(id.repeat(20)))
        }
        close()
        process.stdin.destroy()
      })
    `)
    const children = Array.from({length: 20}, (_, id) => runScript(script, [home, String(id)]))
    for (const child of children) await child.line('ready')
    for (const child of children) child.stdin.write('go\n')
    // Somebody reads all the while, and never sees half of anything.
    const {store, close} = await openStore(home)
    const writers = {areOver: false}
    const reading = (async () => {
      for (let count = 0; ; count++) {
        expect((await store.get('n0')).toString()).toMatch(/^(\d+)\1*$/)
        if (writers.areOver) return count
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    for (const child of children) expect(await child.exit).toEqual({code: 0, signal: null, stderr: ''})
    writers.areOver = true
    expect(await reading).toBeGreaterThan(10)
    close()
    await judge(home, (values, opened) => {
      const wanted = Array.from({length: 20}, (_, id) =>
        Array.from({length: 20}, (__, n) => [`p${String(id)}-${String(n)}`, `value ${String(id)} ${String(n)}`] as const),
      )
      for (const [name, value] of wanted.flat()) expect(values.get(name)).toBe(value)
      expect(values.size).toBe(405)
      // One of the last, whole: as many versions as there were writers.
      expect(values.get('n0')).toMatch(/^(\d+?)\1{19}$/)
      expect(opened.store.require('n0').version).toBe(401)
    })
  })

  test('sets and rotations of several processes leave every value readable', {timeout: 120_000}, async () => {
    const home = await plantHome()
    const script = await bundleScript(`
      import {openStore, quickIterations} from 'src/../test/rig/secret-home.ts'
      const [, , home, id] = process.argv
      const {store, close} = await openStore(home)
      for (let n = 0; n < 10; n++) {
        if (id === '0' || id === '1') await store.rotateKey({newKey: 'new-file', reencrypt: n % 2 === 0, iterations: quickIterations})
        else await store.set('p' + id + '-' + n, Buffer.from('value ' + n))
      }
      close()
    `)
    const children = Array.from({length: 5}, (_, id) => runScript(script, [home, String(id)]))
    for (const child of children) expect(await child.exit).toEqual({code: 0, signal: null, stderr: ''})
    expect(existsSync(`${keyFileOf(home)}.new`)).toBe(false)
    await judge(home, (values) => {
      expect(values.size).toBe(35)
    })
  })
})

/** What is done over and over; `round` counts from 1. */
const steps: Readonly<Record<string, (store: SecretStore, round: number) => Promise<unknown>>> = {
  set: (store, round) => store.set(`n${String(round % 5)}`, text(String(round))),
  import: (store, round) =>
    store.import(new Map([0, 1, 2, 3, 4].map((n) => [`n${String(n)}`, text(String(round))])), {onExisting: 'overwrite'}),
  'rotate-key': (store) => store.rotateKey({newKey: 'new-file', reencrypt: false, iterations: quickIterations}),
  'rotate-key --reencrypt': (store) => store.rotateKey({newKey: 'new-file', reencrypt: true, iterations: quickIterations}),
  'the first set': (store) => store.set('n0', text('0')),
  'the upgrade of an older store': (store) => store.get('n0'),
}

/** What the store must hold after `done` rounds were acknowledged and perhaps one more was made. */
function expectRounds(step: string, values: ReadonlyMap<string, string>, done: number): void {
  const after = (rounds: number): Map<string, string> => {
    const expected = new Map(Array.from({length: 5}, (_, n) => [`n${String(n)}`, '0']))
    for (let round = 1; round <= rounds; round++) {
      if (step === 'set') expected.set(`n${String(round % 5)}`, String(round))
      if (step === 'import') for (const name of expected.keys()) expected.set(name, String(round))
    }
    return expected
  }
  expect([after(done), after(done + 1)]).toContainEqual(values)
}

function copyHome(home: string): string {
  const copy = path.join(temporaryDir(), 'home')
  cpSync(home, copy, {recursive: true, mode: 0})
  return copy
}

/** A home as `step` finds it. */
async function plantFor(step: string): Promise<string> {
  if (step === 'the first set') {
    const home = path.join(temporaryDir(), 'home')
    mkdirSync(home, {mode: 0o700})
    return home
  }
  const home = await plantHome()
  if (step.includes('upgrade')) makeLegacy(home)
  return home
}

describe.each(Object.keys(steps))('a process that is killed during %s', (step) => {
  test('between any two of its steps loses nothing', {timeout: 120_000}, async () => {
    const home = await plantFor(step)
    const derived = new DerivedKeys()
    const {rows, keys, anchor, close} = await openStore(home, {}, {derived})
    // What a process leaves that is killed here: its files as they are, since nothing is in them that the kernel does not have.
    const copies: string[] = []
    const die = (): void => {
      copies.push(copyHome(home))
    }
    let isCounting = false
    const watched = <T extends object>(target: T): T =>
      new Proxy(target, {
        get: (_, key) => {
          const value: unknown = Reflect.get(target, key, target)
          if (typeof value !== 'function') return value
          return (...args: unknown[]) => {
            const writes =
              isCounting &&
              /^(put|add|delete|prune|clear|transaction|write|advance|remove|stage|commit|discard|purge|find)/.test(String(key))
            if (writes) die()
            const inner = args[0] as () => unknown
            const given =
              key === 'transaction'
                ? [
                    () => {
                      const result = inner()
                      die()
                      return result
                    },
                  ]
                : args
            const result: unknown = value.apply(target, given)
            if (writes && !(result instanceof Promise)) die()
            return result
          }
        },
      })
    const store = new SecretStore({
      rows: watched(rows),
      keys: watched(keys),
      anchor: watched(anchor),
      clock: {now: () => 0},
      actor: {user: 'tester', command: 'test'},
      kdf: `pbkdf2-sha256:i=${String(quickIterations)}`,
    })
    if (!/first|upgrade/.test(step)) await store.get('n0')
    isCounting = true
    await steps[step]?.(store, 1)
    die()
    close()
    expect(copies.length).toBeGreaterThan(8)
    for (const copy of copies) {
      const opened = await openStore(copy, {}, {derived})
      try {
        expect((await opened.store.verify()).findings).toEqual([])
        const values = new Map([...(await opened.store.getAll())].map(([name, value]) => [name, value.toString()]))
        if (step === 'the first set') expect([new Map(), new Map([['n0', '0']])]).toContainEqual(values)
        else expectRounds(step, values, 0)
        // Nothing stands in the way of going on, and of doing it again.
        await opened.store.set('again', text('x'))
        if (step.startsWith('rotate')) await steps[step]?.(opened.store, 2)
        expect((await opened.store.getAll()).size).toBe(values.size + 1)
        expect((await opened.store.verify()).findings).toEqual([])
      } finally {
        opened.close()
      }
      expect(existsSync(`${keyFileOf(copy)}.new`)).toBe(false)
    }
  })
})

/** The same for a script, which loops until it is killed. */
const scripts: Readonly<Record<string, string>> = {
  set: "await store.set('n' + (round % 5), Buffer.from(String(round)))",
  import: "await store.import(new Map([0, 1, 2, 3, 4].map((n) => ['n' + n, Buffer.from(String(round))])), {onExisting: 'overwrite'})",
  'rotate-key --reencrypt': "await store.rotateKey({newKey: 'new-file', reencrypt: true, iterations: quickIterations})",
}

describe.each(Object.keys(scripts))('a process that is killed during %s', (step) => {
  test('at any moment loses nothing that was acknowledged', {timeout: 120_000}, async () => {
    const script = await bundleScript(`
      import {openStore, quickIterations} from 'src/../test/rig/secret-home.ts'
      import {writeSync} from 'node:fs'
      const [, , home, first] = process.argv
      const {store} = await openStore(home)
      await store.get('n0')
      writeSync(1, 'ready\\n')
      for (let round = Number(first); ; round++) {
        ${scripts[step] ?? ''}
        writeSync(1, 'done ' + round + '\\n')
      }
    `)
    await inParallel([0, 1], 2, async () => {
      const home = await plantHome()
      let done = 0
      for (let trial = 0; trial < 5; trial++) {
        const child = runScript(script, [home, String(done + 1)])
        await child.line('ready')
        // Any moment will do: there is nothing to wait for.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * (step.startsWith('rotate') ? 250 : 30)))
        child.kill('SIGKILL')
        await child.exit
        for (
          let line = await child.line('done').catch(() => undefined);
          line !== undefined;
          line = await child.line('done').catch(() => undefined)
        )
          done = Number(line.slice(5))
        await judge(home, (values, opened) => {
          expectRounds(step, values, done)
          if (step === 'import' && values.get('n0') === String(done + 1)) done += 1
          if (step === 'set' && values.get(`n${String((done + 1) % 5)}`) === String(done + 1)) done += 1
          expect(opened.store.list()).toHaveLength(5)
        })
      }
    })
  })
})

describe('a disk that is full', () => {
  test('gives a clear error and keeps the old values', {timeout: 60_000}, async () => {
    const script = await bundleScript(`
      import {openStore} from 'src/../test/rig/secret-home.ts'
      import {randomBytes} from 'node:crypto'
      import {closeSync, openSync, rmSync, writeSync} from 'node:fs'
      const home = process.argv[2] + '/home'
      const say = (what, error) => console.log(what + ' ' + (error === undefined ? 'ok' : error.code + ' ' + error.message))
      const attempt = async (what, action) => { try { await action(); say(what) } catch (error) { say(what, error) } }
      let opened = await openStore(home)
      await attempt('first', () => opened.store.set('A', Buffer.from('old value')))
      const ballast = openSync(home + '/ballast', 'w')
      try { for (;;) writeSync(ballast, Buffer.alloc(512)) } catch {}
      closeSync(ballast)
      await attempt('large', () => opened.store.set('B', randomBytes(900_000)))
      await attempt('replaced', () => opened.store.set('A', randomBytes(900_000)))
      await attempt('rotated', () => opened.store.rotateKey({newKey: 'new-file', reencrypt: false}))
      console.log('value ' + await opened.store.get('A'))
      opened.close()
      await attempt('elsewhere', async () => { const other = await openStore(home + '/fresh'); await other.store.set('A', Buffer.from('x')) })
      rmSync(home + '/ballast')
      opened = await openStore(home)
      console.log('value ' + await opened.store.get('A'))
      console.log('findings ' + JSON.stringify((await opened.store.verify()).findings))
      await attempt('later', () => opened.store.set('B', randomBytes(100_000)))
      opened.close()
    `)
    const dir = temporaryDir()
    const mount = path.join(dir, 'mount.sh')
    // The small disk goes with the mount namespace when that ends.
    writeFileSync(mount, 'set -e\nmkdir "$2/home"\nmount -t tmpfs -o size=1M,mode=0700 tmpfs "$2/home"\nexec "$NODE" "$1" "$2"\n')
    const [program, ...args] = ['unshare', ...(isRoot ? [] : ['--user', '--map-root-user']), '--mount', 'sh', mount, script, dir] as const
    const output = execFileSync(program, args, {encoding: 'utf8', env: {...process.env, NODE: process.execPath}})
      .trim()
      .split('\n')
    const full = (what: string) => expect.stringMatching(new RegExp(`^${what} STORAGE_NOT_WRITABLE the disk is full`))
    expect(output).toEqual([
      'first ok',
      full('large'),
      full('replaced'),
      full('rotated'),
      'value old value',
      expect.stringMatching(/^elsewhere STORAGE_NOT_WRITABLE /),
      'value old value',
      'findings []',
      'later ok',
    ])
  })
})

describe('a home that may not be written', () => {
  test('is read, and says so when something is to be stored', {timeout: 60_000}, async () => {
    const script = await bundleScript(`
      import {openStore} from 'src/../test/rig/secret-home.ts'
      const {store, close} = await openStore(process.argv[2])
      const attempt = async (what, action) => { try { console.log(what + ' ' + await action()) } catch (error) { console.log(what + ' ' + error.code + ' ' + error.message) } }
      await attempt('list', () => store.list().length)
      await attempt('get', () => store.get('n0'))
      await attempt('findings', async () => (await store.verify()).findings.length)
      await attempt('set', () => store.set('n0', Buffer.from('x')))
      await attempt('delete', () => store.delete('n0'))
      await attempt('rotate', () => store.rotateKey({newKey: 'new-file', reencrypt: false}))
      close()
      console.log('over')
    `)
    const home = await plantHome()
    chmodSync(path.dirname(home), 0o755)
    const look = async (): Promise<string[]> => {
      const child = runScript(script, [home], {node: nodeWithoutPrivileges})
      const lines: string[] = []
      for (let line = await child.line(''); line !== 'over'; line = await child.line('')) lines.push(line)
      expect(await child.exit).toMatchObject({code: 0, stderr: ''})
      return lines
    }
    const before = readFileSync(databaseOf(home))
    const refused = ['set', 'delete', 'rotate'].map((what) =>
      expect.stringMatching(new RegExp(`^${what} STORAGE_NOT_WRITABLE .*autokestra\\.db|^${what} STORAGE_NOT_WRITABLE .*${home}`)),
    )
    // The directory with the file, then the file alone, then the directory again with what SQLite left beside the file.
    chmodSync(databaseOf(home), 0o400)
    for (const mode of [0o500, 0o700, 0o500]) {
      chmodSync(home, mode)
      expect(await look()).toEqual(['list 5', 'get 0', 'findings 0', ...refused])
    }
    chmodSync(home, 0o700)
    chmodSync(databaseOf(home), 0o600)
    expect(readFileSync(databaseOf(home)).equals(before)).toBe(true)
    expect(readdirSync(home).filter((name) => name.endsWith('.new'))).toEqual([])
  })
})

describe('a database file', () => {
  test('that is none is refused and left as it is', async () => {
    const home = await plantHome()
    const file = databaseOf(home)
    const sound = readFileSync(file)
    writeFileSync(file, 'remember the milk\n'.repeat(500))
    await expect(openStore(home)).rejects.toMatchObject({code: 'STORAGE_UNREADABLE', exitCode: 9, message: expect.stringContaining(file)})
    expect(readFileSync(file, 'utf8')).toContain('remember the milk')
    writeFileSync(file, sound)
    truncateSync(file, 20_480)
    await expect(
      (async () => {
        const opened = await openStore(home)
        try {
          await opened.store.getAll()
          await opened.store.verify()
          opened.store.list()
        } finally {
          opened.close()
        }
      })(),
    ).rejects.toMatchObject({code: 'STORAGE_UNREADABLE'})
    const other = path.join(temporaryDir(), 'home')
    mkdirSync(databaseOf(other), {recursive: true})
    await expect(openStore(other)).rejects.toMatchObject({code: 'STORAGE_UNREADABLE', message: expect.stringContaining('is a directory')})
  })

  test('that is copied while secrets are stored opens and verifies', {timeout: 60_000}, async () => {
    const home = await plantHome()
    const {store, close} = await openStore(home)
    const BetterSqlite = (await import('better-sqlite3')).default
    const copyHome = temporaryDir()
    copyFileSync(keyFileOf(home), keyFileOf(copyHome))
    // Before the database: the anchor is never ahead of it.
    copyFileSync(anchorFileOf(home), anchorFileOf(copyHome))
    const source = new BetterSqlite(databaseOf(home))
    let round = 0
    const writing = (async () => {
      for (; round < 50; round++)
        await store.import(new Map([0, 1, 2, 3, 4].map((n) => [`n${String(n)}`, text(String(round))])), {onExisting: 'overwrite'})
    })()
    await source.backup(databaseOf(copyHome))
    await writing
    source.close()
    close()
    await judge(copyHome, (values) => {
      expect(values.size).toBe(5)
      expect(new Set(values.values()).size).toBe(1)
    })
  })
})
