import {existsSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import type {RunEventBody} from '../../../src/lib/engine/events.ts'
import {openDatabase} from '../../../src/lib/storage/database.ts'
import {SqliteJournal} from '../../../src/lib/storage/journal.ts'
import {RunRows} from '../../../src/lib/storage/run-rows.ts'
import {begun, failed, finished, log, numberEvents, started, succeeded} from '../../rig/run-events.ts'
import {keptPlan, newRun} from '../../rig/new-run.ts'
import {bundleScript, runScript} from '../../rig/script-process.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

async function journalOf(
  runs: Readonly<Record<string, readonly RunEventBody[]>>,
): Promise<{rows: RunRows; journal: SqliteJournal; file: string}> {
  const file = path.join(temporaryDir(), 'a.db')
  const db = await openDatabase(file)
  const journal = new SqliteJournal(db)
  for (const [id, bodies] of Object.entries(runs)) {
    journal.create(newRun(id, {workflowId: id.startsWith('x') ? 'other' : 'demo'}), keptPlan())
    journal.append(id, numberEvents(id, bodies))
  }
  return {rows: await RunRows.open(file), journal, file}
}

const done = [started('a'), begun('a'), succeeded('a'), finished('succeeded', {succeeded: 1})]
const broken = [started('a'), begun('a'), failed('a'), finished('failed', {failed: 1}, 'task "a" failed')]

describe('RunRows', () => {
  test('reads a home without a database as one without runs, and makes none', async () => {
    const file = path.join(temporaryDir(), 'home', 'a.db')
    const rows = await RunRows.open(file)
    expect(rows.list({limit: 10})).toEqual([])
    expect(() => rows.get('latest')).toThrow(expect.objectContaining({code: 'RUN_NOT_FOUND', message: 'there are no runs yet'}))
    await rows.close()
    expect(existsSync(path.dirname(file))).toBe(false)
  })

  test('tells a home that cannot be reached from one without a database', async () => {
    const home = path.join(temporaryDir(), 'home')
    writeFileSync(home, 'not a directory')
    const refused = expect.objectContaining({code: 'STORAGE_UNREADABLE', message: `${home} is not a directory`})
    await expect(RunRows.open(path.join(home, 'a.db'))).rejects.toThrow(refused)
  })

  test('lists the newest first, limited and filtered', async () => {
    const {rows} = await journalOf({r1: done, x2: broken, r3: [started('a')], r4: broken})
    expect(rows.list({limit: 10}).map((run) => [run.id, run.status])).toEqual([
      ['r4', 'failed'],
      ['r3', 'running'],
      ['x2', 'failed'],
      ['r1', 'succeeded'],
    ])
    expect(rows.list({limit: 1}).map((run) => run.id)).toEqual(['r4'])
    expect(rows.list({limit: 10, workflow: 'other'}).map((run) => run.id)).toEqual(['x2'])
    expect(rows.list({limit: 1, status: 'succeeded'})).toEqual([
      {
        id: 'r1',
        workflow: 'demo',
        file: '/srv/demo.yaml',
        status: 'succeeded',
        startedAt: '2026-01-01T00:00:00.000Z',
        finishedAt: '2026-01-01T00:00:04.000Z',
        durationMs: 62_500,
        taskCount: 1,
        counts: {succeeded: 1, failed: 0, skipped: 0, cancelled: 0},
      },
    ])
    expect(rows.get('x2').reason).toBe('task "a" failed')
    await rows.close()
  })

  test('tells a run whose process died from one that goes on', {timeout: 60_000}, async () => {
    const {rows, file} = await journalOf({mine: [started('a')]})
    const script = await bundleScript(`
      import {openDatabase} from 'src/lib/storage/database.ts'
      import {SqliteJournal} from 'src/lib/storage/journal.ts'
      import {keptPlan, newRun} from 'test/rig/new-run.ts'
      const journal = new SqliteJournal(await openDatabase(process.argv[2]))
      journal.create(newRun('theirs'), keptPlan())
      console.log('ready')
      process.stdin.resume()
    `)
    const child = runScript(script, [file])
    await child.line('ready')
    expect(rows.list({limit: 9, status: 'running'}).map((run) => run.id)).toEqual(['theirs', 'mine'])
    child.kill('SIGKILL')
    await child.exit
    expect(rows.list({limit: 9, status: 'running'}).map((run) => run.id)).toEqual(['mine'])
    expect(rows.list({limit: 9, status: 'interrupted'}).map((run) => run.id)).toEqual(['theirs'])
    await rows.close()
  })

  test('stores dead runs as interrupted, once, and leaves those alone that live', async () => {
    const {rows, journal, file} = await journalOf({mine: [started('a')]})
    const db = await openDatabase(file)
    // A start time that no process of this machine has.
    const insert = db.prepare(
      "INSERT INTO runs (id, workflow_id, file, started_at, owner_pid, owner_start_time, owner_system) SELECT ?, 'w', '-', '', 1, '-1', owner_system FROM runs WHERE id = 'mine'",
    )
    db.transaction(() => {
      for (let index = 0; index < 2500; index++) insert.run(`dead-${String(index)}`)
    })()
    const stored = (): unknown => db.prepare('SELECT status, count(*) AS runs FROM runs GROUP BY status ORDER BY status').raw().all()
    expect(stored()).toEqual([['running', 2501]])
    expect(rows.list({limit: 20, status: 'running'}).map((run) => run.id)).toEqual(['mine'])
    await rows.close()
    expect(stored()).toEqual([
      ['interrupted', 2500],
      ['running', 1],
    ])
    const again = await RunRows.open(file)
    expect(again.list({limit: 3, status: 'interrupted'}).map((run) => run.id)).toEqual(['dead-2499', 'dead-2498', 'dead-2497'])
    expect(again.list({limit: 20, status: 'running'}).map((run) => run.id)).toEqual(['mine'])
    await again.close()
    journal.append('mine', numberEvents('mine', done).slice(1))
    expect(stored()).toEqual([
      ['interrupted', 2500],
      ['succeeded', 1],
    ])
    db.close()
  })

  test('shows dead runs of a database that somebody else writes to for long', async () => {
    const {rows, file} = await journalOf({mine: [started('a')]})
    const db = await openDatabase(file)
    db.prepare("UPDATE runs SET owner_start_time = '-1'").run()
    db.exec('BEGIN IMMEDIATE')
    expect(rows.get('latest').status).toBe('interrupted')
    await rows.close()
    db.exec('ROLLBACK')
    db.close()
  })

  test('finds a run by its id, by a prefix that only one id has, and the latest', async () => {
    const {rows} = await journalOf({abc: done, abd: done, b: done, bc: done})
    expect(rows.get('abc').id).toBe('abc')
    expect(rows.get('b').id).toBe('b')
    expect(rows.get('latest').id).toBe('bc')
    expect(rows.get('abd').id).toBe('abd')
    expect(() => rows.get('ab')).toThrow(
      expect.objectContaining({code: 'RUN_NOT_FOUND', message: 'several run ids begin with "ab": abd, abc'}),
    )
    for (const reference of ['zzz', '', '%', "' OR 1=1 --"]) {
      expect(() => rows.get(reference), reference).toThrow(
        expect.objectContaining({code: 'RUN_NOT_FOUND', message: `no run has the id "${reference}"`}),
      )
    }
    await rows.close()
  })

  test('tells what became of each task', async () => {
    const {rows} = await journalOf({
      r: [
        started('a', 'b', 'c', 'd'),
        begun('a'),
        log('a', 'hello'),
        {
          type: 'task.retrying',
          task: 'a',
          attempt: 1,
          delayMs: 5,
          error: {code: 'TIMEOUT', message: 'too slow', retryable: true},
          metrics: {durationMs: 1},
        },
        begun('a', 2),
        failed('a', {attempt: 2, isTolerated: true}),
        {type: 'task.skipped', task: 'b', reason: 'its condition is false'},
        begun('c'),
      ],
    })
    expect(rows.details(rows.get('r')).tasks).toMatchObject([
      {
        id: 'a',
        type: 'core/shell.run',
        status: 'failed',
        attempts: 2,
        startedAt: '2026-01-01T00:00:02.000Z',
        durationMs: 4000,
        isTolerated: true,
        error: {code: 'EXIT_CODE'},
      },
      {id: 'b', status: 'skipped', attempts: 0, reason: 'its condition is false'},
      {id: 'c', status: 'running', attempts: 1},
      {id: 'd', status: 'pending', attempts: 0},
    ])
    await rows.close()
  })

  test('selects log lines by task and attempt, in order', async () => {
    const {rows} = await journalOf({
      r: [
        started('a', 'b', 'c'),
        begun('a'),
        log('a', 'a1'),
        begun('b'),
        log('b', 'b1'),
        log('a', 'a2'),
        begun('a', 2),
        log('a', 'a3', {attempt: 2}),
        succeeded('a'),
        log('b', 'b2'),
        begun('c'),
      ],
    })
    const run = rows.get('r')
    const messages = (filter: Parameters<RunRows['events']>[1]): unknown[] =>
      [...rows.events(run, {kind: 'logs', ...filter})].map((event) => (JSON.parse(event.line) as {message: string}).message)
    expect(messages({})).toEqual(['a1', 'b1', 'a2', 'a3', 'b2'])
    expect(messages({tasks: ['a']})).toEqual(['a1', 'a2', 'a3'])
    expect(messages({tasks: ['b']})).toEqual(['b1', 'b2'])
    expect(messages({tasks: ['a', 'b'], attempt: 1})).toEqual(['a1', 'b1', 'a2', 'b2'])
    expect(messages({tasks: ['a'], attempt: 2})).toEqual(['a3'])
    expect(messages({tasks: ['nobody']})).toEqual([])
    expect(messages({after: {seq: 3, number: 2}})).toEqual(['a2', 'a3', 'b2'])
    expect(messages({after: {seq: 3, number: 2}, tasks: ['b']})).toEqual(['b2'])
    expect(['a', 'b', 'c', 'nobody'].map((task) => rows.hasLog(run, task))).toEqual([true, true, false, false])
    expect([...rows.events(run, {kind: 'steps'})].map(({seq, number}) => ({seq, number}))).toEqual(
      [1, 2, 3, 4, 5, 6].map((seq) => ({seq, number: 0})),
    )
    await rows.close()
  })

  test('pages through lines of any size without leaving one out', async () => {
    const bodies: RunEventBody[] = [started('a'), begun('a')]
    for (let index = 0; index < 2500; index++) bodies.push(log('a', 'x'.repeat(index % 500 === 0 ? 1_100_000 : 10)))
    const {rows} = await journalOf({r: bodies})
    expect([...rows.events(rows.get('r'))].map((event) => event.line)).toEqual(
      numberEvents('r', bodies).map((event) => JSON.stringify(event)),
    )
    await rows.close()
  })

  test('keeps events and lines in order across the ends of pages', async () => {
    const tasks = Array.from({length: 1700}, (_, index) => `t${String(index)}`)
    const bodies = [
      started(...tasks),
      ...tasks.flatMap((task, index) => [begun(task), ...Array.from({length: index % 4}, () => log(task, 'x'))]),
    ]
    const {rows} = await journalOf({other: done, r: bodies})
    const wanted = numberEvents('r', bodies).map((event) => JSON.stringify(event))
    const all = [...rows.events(rows.get('r'))]
    expect(all.map((event) => event.line)).toEqual(wanted)
    for (const from of [0, 1, 999, 1000, 1001, 2500, wanted.length - 1]) {
      const after = all[from]
      if (after === undefined) throw new Error('there are so many')
      expect([...rows.events(rows.get('r'), {after})].map((event) => event.line)).toEqual(wanted.slice(from + 1))
    }
    await rows.close()
  })

  test('follows a run to its end while it is written', async () => {
    const {rows, journal} = await journalOf({r: [started('a')]})
    const later = numberEvents('r', [started('a'), begun('a'), log('a', 'one'), succeeded('a'), finished('succeeded', {succeeded: 1})])
    const seen: string[] = []
    for await (const event of rows.follow(rows.get('r'), {pollMs: 1})) {
      seen.push(event.line)
      journal.append('r', later.slice(seen.length, seen.length + 1))
    }
    expect(seen).toEqual(later.map((event) => JSON.stringify(event)))
    await rows.close()
  })

  test('stops following when it is told to', async () => {
    const {rows} = await journalOf({r: [started('a')]})
    const controller = new AbortController()
    const seen: number[] = []
    for await (const event of rows.follow(rows.get('r'), {signal: controller.signal, pollMs: 60_000})) {
      seen.push(event.seq)
      setImmediate(() => {
        controller.abort()
      })
    }
    expect(seen).toEqual([1])
    await rows.close()
  })

  test('reads 100 000 events in little memory', {timeout: 120_000}, async () => {
    const file = path.join(temporaryDir(), 'a.db')
    const db = await openDatabase(file)
    const journal = new SqliteJournal(db)
    journal.create(newRun('r'), keptPlan())
    for (let seq = 1; seq <= 100_000; seq += 500) {
      journal.append(
        'r',
        Array.from({length: 500}, (_, index) => ({
          type: 'task.log',
          line: seq + index,
          ts: '',
          run: 'r',
          task: 't',
          attempt: 1,
          stream: 'stdout',
          level: 'info',
          message: 'm'.repeat(1000),
        })),
      )
    }
    db.close()
    const script = await bundleScript(`
      import {RunRows} from 'src/lib/storage/run-rows.ts'
      const rows = await RunRows.open(process.argv[2])
      let count = 0
      let peak = 0
      for (const event of rows.events(rows.get('r'))) {
        count += event.line.length > 1000 ? 1 : 0
        if (count % 1000 === 0) peak = Math.max(peak, process.memoryUsage().heapUsed)
      }
      console.log(count + ' ' + Math.round(peak / 1e6))
    `)
    const child = runScript(script, [file], {nodeArgs: ['--max-old-space-size=40']})
    const [count, peakMegabytes] = (await child.line('')).split(' ').map(Number)
    expect(count).toBe(100_000)
    // All at once would be over 100 MB, and would not fit into the heap this process was given.
    expect(peakMegabytes).toBeLessThan(60)
    expect((await child.exit).code).toBe(0)
  })
})
