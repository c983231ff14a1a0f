import {appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import {Digests} from '../../../src/lib/cache/digests.ts'
import {TaskCache, type CacheMiss, type CacheQuery} from '../../../src/lib/cache/task-cache.ts'
import {openDatabase} from '../../../src/lib/storage/database.ts'
import {SqliteResultRows} from '../../../src/lib/storage/result-rows.ts'
import type {JsonValue} from '../../../src/lib/util/json.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const digests = new Digests(Buffer.alloc(32, 1))
const dayMs = 24 * 60 * 60 * 1000

async function open(more: Partial<CacheQuery> = {}) {
  const base = temporaryDir()
  mkdirSync(path.join(base, 'src'))
  mkdirSync(path.join(base, 'dist'))
  writeFileSync(path.join(base, 'src/a.ts'), 'a')
  const rows = new SqliteResultRows(await openDatabase(':memory:'))
  const clock = {ms: 10 * dayMs}
  const cache = new TaskCache({rows, digests, nowMs: () => clock.ms})
  const owner = {file: '/w/a.yaml', task: 'build'}
  const query: CacheQuery = {owner, base, files: ['src/**'], makes: [], parts: {'input command': 'make', 'env MODE': 'dev'}, ...more}
  return {
    ...{base, clock, query},
    /** Phrases of the miss, or the run whose result is used. */
    ask: async (changed: Partial<CacheQuery> = {}): Promise<readonly string[] | string> => {
      const answer = await cache.ask({...query, ...changed})
      return answer.kind === 'hit' ? answer.result.run : answer.reasons
    },
    /** What a task does that is not known yet. @returns why its result was not kept */
    run: async (run: string, output: JsonValue, work: () => void = () => undefined): Promise<string | undefined> => {
      const miss = (await cache.ask(query)) as CacheMiss
      work()
      const result = await cache.result(query, miss, run, output)
      if (typeof result === 'string') return result
      rows.keep(owner, result)
      return undefined
    },
  }
}

test('the result is found as long as nothing has changed', async () => {
  const {ask, run} = await open()
  expect(await ask()).toEqual(['no earlier result'])
  await run('r1', {n: 1})
  expect(await ask()).toBe('r1')
})

test.each<[string, string, (base: string) => void]>([
  ['a file that changed', 'file src/a.ts changed', (base) => appendFileSync(path.join(base, 'src/a.ts'), '!')],
  ['a file more', 'file src/b.ts was added', (base) => writeFileSync(path.join(base, 'src/b.ts'), '')],
  ['a file less', 'file src/a.ts was removed', (base) => rmSync(path.join(base, 'src/a.ts'))],
])('%s is a miss', async (_what, reason, change) => {
  const {ask, run, base} = await open()
  await run('r1', null)
  change(base)
  expect(await ask()).toEqual([reason])
})

test('what is said of a change names it, and no value', async () => {
  const {ask, run} = await open()
  await run('r1', null)
  expect(await ask({parts: {'input command': 'make', 'env MODE': 'prod'}})).toEqual(['env MODE changed'])
  expect(await ask({parts: {'input command': 'other', 'env NEW': ''}})).toEqual([
    'env NEW was added',
    'input command changed',
    'env MODE was removed',
  ])
})

test('going back to an earlier state finds its result', async () => {
  const {ask, run, base} = await open()
  const file = path.join(base, 'src/a.ts')
  await run('r1', null)
  writeFileSync(file, 'b')
  await run('r2', null)
  writeFileSync(file, 'a')
  expect(await ask()).toBe('r1')
  writeFileSync(file, 'b')
  expect(await ask()).toBe('r2')
})

test('products must be there as they were left', async () => {
  const {ask, run, base} = await open({makes: ['dist/**', '!dist/*.log']})
  const product = path.join(base, 'dist/a.js')
  const make = (): void => {
    writeFileSync(product, 'made')
    writeFileSync(path.join(base, 'dist/b.js'), 'made')
    writeFileSync(path.join(base, 'dist/a.log'), 'noise')
  }
  expect(await run('r1', null, make)).toBeUndefined()
  appendFileSync(path.join(base, 'dist/a.log'), 'more')
  writeFileSync(path.join(base, 'dist/stranger'), '')
  expect(await ask()).toBe('r1')
  rmSync(path.join(base, 'dist/b.js'))
  appendFileSync(product, '!')
  expect(await ask()).toEqual(['product dist/a.js changed', 'product dist/b.js is missing'])
})

test('a pattern of products that names nothing is a mistake', async () => {
  const {run} = await open({makes: ['dist/**', 'dits/**']})
  expect(await run('r1', null, () => undefined)).toBe('it made nothing that "dist/**" names')
})

test('a result is not kept when a file changed while the task ran', async () => {
  const {ask, run, base} = await open()
  expect(await run('r1', null, () => appendFileSync(path.join(base, 'src/a.ts'), '!'))).toBe('src/a.ts changed while it ran')
  expect(await ask()).toEqual(['no earlier result'])
})

test('what lies behind a link out of the directory is not watched, so nothing is kept', async () => {
  const {ask, run, base} = await open()
  symlinkSync('/tmp', path.join(base, 'src/out'))
  expect(await run('r1', null)).toMatch(/src\/out is a link to a directory outside of/)
  expect(await ask()).toEqual(['file src/out is a link that leads out'])
})

test('a result has an age, which a clock that was set back makes unknown', async () => {
  const {ask, run, clock} = await open({ttlMs: 7 * dayMs})
  await run('r1', null)
  clock.ms += 7 * dayMs
  expect(await ask()).toBe('r1')
  clock.ms += 1
  expect(await ask()).toEqual(['the result of run r1 is older than 7d'])
  clock.ms = 9 * dayMs
  expect(await ask()).toEqual(['the result of run r1 is from the future: the clock was set back'])
  expect(await ask({ttlMs: undefined})).toBe('r1')
})
