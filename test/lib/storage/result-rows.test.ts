import {spawnSync} from 'node:child_process'
import path from 'node:path'
import {expect, test} from 'vitest'
import type {KeptResult} from '../../../src/lib/cache/result-rows.ts'
import {openDatabase} from '../../../src/lib/storage/database.ts'
import {SqliteResultRows} from '../../../src/lib/storage/result-rows.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const owner = {file: '/w/a.yaml', task: 'build'}
const dayMs = 24 * 60 * 60 * 1000

function result(digest: string, more: Partial<KeptResult> = {}): KeptResult {
  const fingerprint = {
    digest,
    parts: {'input command': 'x'},
    files: [
      {path: 'a', digest: 'd', state: '1'},
      {path: 'b', digest: 'e'},
    ],
  }
  return {fingerprint, run: 'r1', storedAtMs: 1000, products: [{path: 'out', digest: 'f'}], output: {text: 'ü'}, ...more}
}

test('what is kept is found again, by its digest and as the latest', async () => {
  const db = await openDatabase(':memory:')
  const rows = new SqliteResultRows(db)
  rows.keep(owner, result('one'))
  rows.keep(owner, result('two', {output: null, run: 'r2'}))
  expect(rows.find(owner, 'one')).toEqual(result('one'))
  expect(rows.latest(owner)).toEqual(result('two', {output: null, run: 'r2'}))
  expect(rows.find({...owner, task: 'other'}, 'one')).toBeUndefined()
  expect(rows.latest({...owner, file: '/w/b.yaml'})).toBeUndefined()
  rows.keep(owner, result('one', {run: 'r3'}))
  expect(rows.latest(owner)?.run).toBe('r3')
  db.close()
})

test('ten results of a task stay, and each for ninety days', async () => {
  const db = await openDatabase(':memory:')
  const rows = new SqliteResultRows(db)
  rows.keep({...owner, task: 'old'}, result('old'))
  for (let nth = 0; nth < 12; nth++) rows.keep(owner, result(String(nth), {storedAtMs: nth * 1000}))
  expect(Array.from({length: 12}, (_, nth) => rows.find(owner, String(nth)) !== undefined)).toEqual([
    ...[false, false],
    ...Array.from({length: 10}, () => true),
  ])
  expect(rows.latest({...owner, task: 'old'})).toBeDefined()
  rows.keep(owner, result('late', {storedAtMs: 91 * dayMs}))
  expect(rows.latest({...owner, task: 'old'})).toBeUndefined()
  db.close()
})

test('a task that runs twice at once was not alone, either time', async () => {
  const db = await openDatabase(':memory:')
  const rows = new SqliteResultRows(db)
  const [first, second] = [rows.begin(owner, 'r1'), rows.begin(owner, 'r2')]
  const other = rows.begin({...owner, task: 'other'}, 'r1')
  expect(rows.end(first)).toBe(false)
  expect(rows.end(second)).toBe(false)
  expect(rows.end(other)).toBe(true)
  expect(rows.end(rows.begin(owner, 'r3'))).toBe(true)
  db.close()
})

test('a process that died while it ran the task does not disturb the next one', async () => {
  const file = path.join(temporaryDir(), 'a.db')
  const db = await openDatabase(file)
  const rows = new SqliteResultRows(db)
  const begun = rows.begin(owner, 'r1')
  const {pid} = spawnSync('true')
  db.prepare('UPDATE running_makers SET owner_pid = ? WHERE number = ?').run(pid, begun)
  expect(rows.end(rows.begin(owner, 'r2'))).toBe(true)
  expect(db.prepare('SELECT count(*) FROM running_makers').pluck().get()).toBe(0)
  db.close()
})
