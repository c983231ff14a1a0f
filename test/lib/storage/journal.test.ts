import {randomBytes} from 'node:crypto'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {openDatabase} from '../../../src/lib/storage/database.ts'
import {SqliteJournal} from '../../../src/lib/storage/journal.ts'
import {RunRows} from '../../../src/lib/storage/run-rows.ts'
import {bundleScript, runScript} from '../../rig/script-process.ts'
import {begun, finished, log, numberEvents, started, succeeded} from '../../rig/run-events.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const newRun = (id: string) => ({id, workflowId: 'demo', file: '/srv/demo.yaml', startedAt: '2026-01-01T00:00:00.000Z'})

describe('SqliteJournal', () => {
  test('keeps each event as the very line that --events prints', async () => {
    const file = path.join(temporaryDir(), 'a.db')
    const events = numberEvents('r1', [
      started('a'),
      begun('a'),
      log('a', 'nul \u0000, line separator \u2028, half a pair \ud800, 😀, "quotes"'),
      succeeded('a'),
      finished('succeeded', {succeeded: 1}),
    ])
    const db = await openDatabase(file)
    const journal = new SqliteJournal(db)
    journal.create(newRun('r1'))
    journal.append('r1', events.slice(0, 2))
    journal.append('r1', [])
    journal.append('r1', events.slice(2))
    db.close()
    const rows = await RunRows.open(file)
    expect([...rows.events(rows.get('r1'))].map((event) => event.line)).toEqual(events.map((event) => JSON.stringify(event)))
    await rows.close()
  })

  test('keeps in the row of a run what its end says, each count in its place', async () => {
    const file = path.join(temporaryDir(), 'a.db')
    const db = await openDatabase(file)
    const journal = new SqliteJournal(db)
    const counts = {succeeded: 1, failed: 2, skipped: 3, cancelled: 4}
    journal.create(newRun('r1'))
    journal.append('r1', numberEvents('r1', [started('a'), finished('cancelled', counts, 'the run was interrupted')]))
    db.close()
    const rows = await RunRows.open(file)
    expect(rows.get('r1')).toMatchObject({status: 'cancelled', reason: 'the run was interrupted', durationMs: 62_500, counts})
    await rows.close()
  })

  test('writes all events of one call or none', async () => {
    const db = await openDatabase(':memory:')
    const journal = new SqliteJournal(db)
    journal.create(newRun('r1'))
    const [first, second] = numberEvents('r1', [started('a'), begun('a')])
    if (first === undefined || second === undefined) throw new Error('two events were asked for')
    journal.append('r1', [first])
    expect(() => {
      journal.append('r1', [second, first])
    }).toThrow(/UNIQUE/)
    expect(db.prepare('SELECT seq FROM events').all()).toEqual([{seq: 1}])
    db.close()
  })

  test('keeps sealed outputs with the events they belong to, for as long as the run', async () => {
    const db = await openDatabase(':memory:')
    const journal = new SqliteJournal(db)
    const events = numberEvents('r1', [started('a', 'b'), begun('a'), succeeded('a'), finished('succeeded', {succeeded: 1})])
    const sealed = {keyId: 'k1', iv: randomBytes(12), tag: randomBytes(16), ciphertext: randomBytes(40)}
    journal.create(newRun('r1'))
    // All or nothing, and only with the end of a task.
    expect(() => {
      journal.append('r1', events.slice(0, 2), new Map([[2, sealed]]))
    }).toThrow(/end of a task/)
    expect(db.prepare('SELECT count(*) AS n FROM events').get()).toEqual({n: 0})
    journal.append('r1', events, new Map([[3, sealed]]))
    expect(db.prepare('SELECT task, attempt, key_id, iv, auth_tag, ciphertext FROM sealed_outputs').all()).toEqual([
      {task: 'a', attempt: 1, key_id: 'k1', iv: sealed.iv, auth_tag: sealed.tag, ciphertext: sealed.ciphertext},
    ])
    db.exec("DELETE FROM runs WHERE id = 'r1'")
    expect(db.prepare('SELECT count(*) AS n FROM sealed_outputs').get()).toEqual({n: 0})
    db.close()
  })

  test('never lets an event be changed', async () => {
    const db = await openDatabase(':memory:')
    const journal = new SqliteJournal(db)
    journal.create(newRun('r1'))
    journal.append('r1', numberEvents('r1', [started('a')]))
    expect(() => db.exec("UPDATE events SET line = '{}'")).toThrow('events are append-only')
    db.close()
  })

  test('goes on with a run that another process created, and refuses one that nobody did', async () => {
    const file = path.join(temporaryDir(), 'a.db')
    const first = await openDatabase(file)
    new SqliteJournal(first).create(newRun('r1'))
    first.close()
    const second = await openDatabase(file)
    const journal = new SqliteJournal(second)
    journal.append('r1', numberEvents('r1', [started('a')]))
    expect(() => {
      journal.append('r2', numberEvents('r2', [started('a')]))
    }).toThrow(/never created/)
    second.close()
  })

  test('loses no event that was acknowledged when the process is killed', {timeout: 120_000}, async () => {
    const script = await bundleScript(`
      import {openDatabase} from 'src/lib/storage/database.ts'
      import {SqliteJournal} from 'src/lib/storage/journal.ts'
      import {writeSync} from 'node:fs'
      const db = await openDatabase(process.argv[2])
      const journal = new SqliteJournal(db)
      journal.create({id: 'r', workflowId: 'w', file: '-', startedAt: '2026-01-01T00:00:00.000Z'})
      journal.append('r', [{type: 'run.started', seq: 1, ts: '', run: 'r', workflow: 'w', file: '-', tasks: [{id: 't', type: 'a/b.c', needs: []}]}])
      journal.append('r', [{type: 'task.started', seq: 2, ts: '', run: 'r', task: 't', attempt: 1}])
      for (let seq = 3; ; seq += 5) {
        journal.append('r', [0, 1, 2, 3, 4].map((n) => ({type: 'task.log', seq: seq + n, ts: '', run: 'r', task: 't', attempt: 1, stream: 'stdout', level: 'info', message: 'x'.repeat(500)})))
        writeSync(1, 'seq ' + (seq + 4) + '\\n')
      }
    `)
    for (const lines of [1, 40, 400, 2500]) {
      const file = path.join(temporaryDir(), 'a.db')
      const child = runScript(script, [file])
      let acknowledged = 0
      for (let count = 0; count < lines; count++) acknowledged = Number((await child.line('seq ')).slice(4))
      child.kill('SIGKILL')
      // What it wrote to its pipe before it died was acknowledged too.
      await child.exit
      for (;;) {
        const next = await child.line('seq ').catch(() => undefined)
        if (next === undefined) break
        acknowledged = Number(next.slice(4))
      }
      const rows = await RunRows.open(file)
      const run = rows.get('r')
      expect(run.status).toBe('interrupted')
      expect(rows.details(run).tasks).toMatchObject([{id: 't', status: 'interrupted'}])
      let seq = 0
      for (const event of rows.events(run)) {
        seq += 1
        expect(event.seq).toBe(seq)
      }
      expect(seq).toBeGreaterThanOrEqual(acknowledged)
      expect((seq - 2) % 5).toBe(0)
      await rows.close()
    }
  })
})
