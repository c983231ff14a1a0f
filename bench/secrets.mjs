// The secret store at 10 000 secrets, against what the machine can do at all: one derivation, one read, one synced insert. Usage: node bench/secrets.mjs [--secrets N]

import {randomBytes, scryptSync} from 'node:crypto'
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {parseArgs} from 'node:util'
import Sqlite from 'better-sqlite3'
import {build} from 'esbuild'

const {values: flags} = parseArgs({options: {secrets: {type: 'string', default: '10000'}}})
const count = Number(flags.secrets)
const root = fileURLToPath(new URL('..', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'autokestra-bench-secrets-'))
const home = join(dir, 'home')

/** The store as it is inside of the command, without the command around it. */
async function loadStore() {
  const cache = join(root, 'node_modules', '.cache')
  mkdirSync(cache, {recursive: true})
  const outfile = join(mkdtempSync(join(cache, 'bench-')), 'store.mjs')
  try {
    await build({
      entryPoints: [join(root, 'test', 'rig', 'secret-home.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      loader: {'.sql': 'text'},
      logLevel: 'silent',
    })
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(join(outfile, '..'), {recursive: true, force: true})
  }
}

/**
 * Runs the two in turn, so that a machine whose speed drifts slows both alike.
 * @param {string} title
 * @param {number} rounds
 * @param {{ours: (round: number) => unknown, limit: (round: number) => unknown, goalMs?: number}} subjects
 */
async function compare(title, rounds, {ours, limit, goalMs}) {
  const times = {ours: /** @type {number[]} */ ([]), limit: /** @type {number[]} */ ([])}
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, action] of /** @type {const} */ ([
      ['ours', ours],
      ['limit', limit],
    ])) {
      const startedAt = performance.now()
      await action(round)
      times[name].push(performance.now() - startedAt)
    }
  }
  const median = (/** @type {number[]} */ list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN
  const [a, b] = [median(times.ours), median(times.limit)]
  const goal = goalMs === undefined ? '' : `   goal ${show(goalMs)}`
  console.log(`  ${title.padEnd(34)} p50 ${show(a)}   limit ${show(b)}   ${(a / b).toFixed(2).padStart(6)} x${goal}`)
}

/** @param {number} ms */
function show(ms) {
  return (ms < 1 ? `${(ms * 1000).toFixed(1)} µs` : `${ms.toFixed(2)} ms`).padStart(10)
}

try {
  const {openStore, databaseOf} = await loadStore()
  mkdirSync(home, {mode: 0o700})
  const {store, close} = await openStore(home, {}, {kdf: 'scrypt:n=32768,r=8,p=1'})
  const names = Array.from({length: count}, (_, index) => `SECRET_${index}`)
  await store.import(new Map(names.map((name) => [name, randomBytes(64)])), {onExisting: 'overwrite'})
  console.log(`${count} secrets of 64 bytes`)

  const salt = randomBytes(32)
  await compare('unlock', 5, {
    ours: async () => {
      const other = await openStore(home)
      await other.store.get('SECRET_7')
      other.close()
    },
    limit: () => scryptSync('key', salt, 32, {N: 32_768, r: 8, p: 1, maxmem: 2 ** 26}),
    goalMs: 150,
  })

  const raw = new Sqlite(databaseOf(home))
  raw.pragma('synchronous = FULL')
  const select = raw.prepare('SELECT * FROM secrets WHERE name = ?')
  const pick = (/** @type {number} */ round) => `SECRET_${(round * 7919) % count}`
  await compare('get', 5000, {ours: (round) => store.get(pick(round)), limit: (round) => select.get(pick(round)), goalMs: 0.025})
  const selectAll = raw.prepare('SELECT name, version, created_at, updated_at FROM secrets ORDER BY name')
  await compare('list', 15, {ours: () => store.list(), limit: () => selectAll.all()})

  const plain = new Sqlite(join(dir, 'plain.db'))
  plain.pragma('journal_mode = WAL')
  plain.pragma('synchronous = FULL')
  plain.exec('CREATE TABLE plain (name TEXT PRIMARY KEY, iv BLOB, tag BLOB, value BLOB)')
  const insert = plain.prepare('INSERT INTO plain VALUES (?, ?, ?, ?)')
  await compare('set, a new one', 200, {
    ours: (round) => store.set(`NEW_${round}`, randomBytes(64)),
    limit: (round) => insert.run(`NEW_${round}`, randomBytes(12), randomBytes(16), randomBytes(64)),
    goalMs: 2,
  })
  const update = plain.prepare('UPDATE plain SET value = ? WHERE name = ?')
  await compare('set, an old one, and purge it', 100, {
    ours: (round) => store.set(`NEW_${round}`, randomBytes(64)),
    limit: (round) => {
      update.run(randomBytes(64), `NEW_${round}`)
      plain.pragma('wal_checkpoint(TRUNCATE)')
    },
  })
  plain.close()
  raw.close()

  await compare('rotate-key', 3, {
    ours: () => store.rotateKey({newKey: 'new-file', reencrypt: false}),
    limit: () => scryptSync('key', salt, 32, {N: 32_768, r: 8, p: 1, maxmem: 2 ** 26}),
    goalMs: 350,
  })
  await compare('rotate-key --reencrypt', 2, {
    ours: () => store.rotateKey({newKey: 'new-file', reencrypt: true}),
    limit: () => scryptSync('key', salt, 32, {N: 32_768, r: 8, p: 1, maxmem: 2 ** 26}),
  })
  await compare('verify', 2, {ours: () => store.verify(), limit: () => store.getAll()})
  close()
} finally {
  rmSync(dir, {recursive: true, force: true})
}
