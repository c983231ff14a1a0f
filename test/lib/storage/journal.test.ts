import {randomBytes} from 'node:crypto'
import path from 'node:path'
import {describe, expect, onTestFinished, test} from 'vitest'
import {openDatabase} from '../../../src/lib/storage/database.ts'
import {SqliteJournal} from '../../../src/lib/storage/journal.ts'
import {RunRows} from '../../../src/lib/storage/run-rows.ts'
import {describeJournal} from '../../contracts/journal.ts'
import {keptPlan, newRun} from '../../rig/new-run.ts'
import {bundleScript, runScript} from '../../rig/script-process.ts'
import {begun, finished, log, numberEvents, started, succeeded} from '../../rig/run-events.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

describeJournal('SqliteJournal', async () => {
  const file = path.join(temporaryDir(), 'a.db')
  const open = async (): Promise<SqliteJournal> => {
    const db = await openDatabase(file)
    onTestFinished(() => void db.close())
    return new SqliteJournal(db)
  }
  return {journal: await open(), open}
})

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
    journal.create(newRun('r1'), keptPlan())
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
    journal.create(newRun('r1'), keptPlan())
    journal.append('r1', numberEvents('r1', [started('a'), finished('cancelled', counts, 'the run was interrupted')]))
    db.close()
    const rows = await RunRows.open(file)
    expect(rows.get('r1')).toMatchObject({status: 'cancelled', reason: 'the run was interrupted', durationMs: 62_500, counts})
    await rows.close()
  })

  test('keeps sealed outputs with the events they belong to, for as long as the run', async () => {
    const db = await openDatabase(':memory:')
    const journal = new SqliteJournal(db)
    const events = numberEvents('r1', [started('a', 'b'), begun('a'), succeeded('a'), finished('succeeded', {succeeded: 1})])
    const sealed = {keyId: 'k1', iv: randomBytes(12), tag: randomBytes(16), ciphertext: randomBytes(40)}
    journal.create(newRun('r1'), keptPlan())
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

  test('keeps a plan once, however many runs have it, and as long as one has it', async () => {
    const db = await openDatabase(':memory:')
    const journal = new SqliteJournal(db)
    const count = (): unknown => db.prepare('SELECT count(*) FROM plans').pluck().get()
    for (const id of ['r1', 'r2', 'r3']) journal.create(newRun(id), keptPlan())
    journal.create(newRun('r4'), keptPlan({failFast: false}))
    expect(count()).toBe(2)
    db.exec("DELETE FROM runs WHERE id IN ('r1', 'r2')")
    expect([count(), journal.read('r3')?.plan]).toEqual([2, keptPlan()])
    db.exec("DELETE FROM runs WHERE id = 'r3'")
    expect([count(), journal.read('r4')?.plan?.plan.failFast]).toEqual([1, false])
    db.close()
  })

  test('never lets an event or a log line be changed', async () => {
    const db = await openDatabase(':memory:')
    const journal = new SqliteJournal(db)
    journal.create(newRun('r1'), keptPlan())
    journal.append('r1', numberEvents('r1', [started('a'), begun('a'), log('a', 'x')]))
    expect(() => db.exec("UPDATE events SET line = '{}'")).toThrow('events are append-only')
    expect(() => db.exec("UPDATE log_lines SET line = '{}'")).toThrow('log lines are append-only')
    db.close()
  })

  test('loses no event that was acknowledged when the process is killed', {timeout: 120_000}, async () => {
    const script = await bundleScript(`
      import {openDatabase} from 'src/lib/storage/database.ts'
      import {SqliteJournal} from 'src/lib/storage/journal.ts'
      import {describeJournal} from '../../contracts/journal.ts'
import {keptPlan, newRun} from 'test/rig/new-run.ts'
      import {writeSync} from 'node:fs'
      const db = await openDatabase(process.argv[2])
      const journal = new SqliteJournal(db)
      journal.create(newRun('r'), keptPlan())
      journal.append('r', [{type: 'run.started', seq: 1, ts: '', run: 'r', workflow: 'w', file: '-', tasks: [{id: 't', type: 'a/b.c', needs: []}]}])
      journal.append('r', [{type: 'task.started', seq: 2, ts: '', run: 'r', task: 't', attempt: 1}])
      for (let line = 1; ; line += 5) {
        journal.append('r', [0, 1, 2, 3, 4].map((n) => ({type: 'task.log', line: line + n, ts: '', run: 'r', task: 't', attempt: 1, stream: 'stdout', level: 'info', message: 'x'.repeat(500)})))
        writeSync(1, 'line ' + (line + 4) + '\\n')
      }
    `)
    for (const lines of [1, 40, 400, 2500]) {
      const file = path.join(temporaryDir(), 'a.db')
      const child = runScript(script, [file])
      let acknowledged = 0
      for (let count = 0; count < lines; count++) acknowledged = Number((await child.line('line ')).slice(5))
      child.kill('SIGKILL')
      // What it wrote to its pipe before it died was acknowledged too.
      await child.exit
      for (;;) {
        const next = await child.line('line ').catch(() => undefined)
        if (next === undefined) break
        acknowledged = Number(next.slice(5))
      }
      const rows = await RunRows.open(file)
      const run = rows.get('r')
      expect(run.status).toBe('interrupted')
      expect(rows.details(run).tasks).toMatchObject([{id: 't', status: 'interrupted'}])
      let line = 0
      for (const event of rows.events(run, {kind: 'logs'})) {
        line += 1
        expect(JSON.parse(event.line)).toMatchObject({line})
      }
      expect(line).toBeGreaterThanOrEqual(acknowledged)
      expect(line % 5).toBe(0)
      await rows.close()
    }
  })
})
