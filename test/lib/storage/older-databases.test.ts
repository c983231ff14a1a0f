// A database that an earlier version of this program made, brought up to date. Its lines are what that program wrote; only paths and the
// name of the system are others.

import {readFileSync} from 'node:fs'
import path from 'node:path'
import BetterSqlite from 'better-sqlite3'
import {expect, test} from 'vitest'
import {openDatabase} from '../../../src/lib/storage/database.ts'
import {SqliteJournal} from '../../../src/lib/storage/journal.ts'
import {RunRows} from '../../../src/lib/storage/run-rows.ts'
import {keptPlan, newRun} from '../../rig/new-run.ts'
import {begun, finished, log, numberEvents, started, succeeded} from '../../rig/run-events.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

/** Of schema 3: runs `ended`, `old` (failed, with a retry) and `killed`, with log lines among their events. */
function oldDatabase(): {file: string; linesOf: (run: number, where?: string) => string[]} {
  const file = path.join(temporaryDir(), 'a.db')
  const db = new BetterSqlite(file)
  // The tables come in the order of their names.
  db.pragma('foreign_keys = OFF')
  db.exec(readFileSync(new URL('databases/schema-3.sql', import.meta.url), 'utf8'))
  const lines = db.prepare<[], {run: number; type: string; task: string | null; line: string}>(
    'SELECT run_number AS run, type, task, line FROM events ORDER BY run_number, seq',
  )
  const all = lines.all()
  db.close()
  const linesOf = (run: number, where = ''): string[] =>
    all.filter((row) => row.run === run && `${row.type} ${row.task ?? ''}`.startsWith(where)).map(({line}) => line)
  return {file, linesOf}
}

test('the runs of an older database are read as they were written', async () => {
  const {file, linesOf} = oldDatabase()
  const rows = await RunRows.open(file)
  const runs = rows.list({limit: 9}).reverse()
  expect(runs.map(({workflow, status}) => [workflow, status])).toEqual([
    ['ended', 'succeeded'],
    ['old', 'failed'],
    ['killed', 'interrupted'],
  ])
  for (const [index, run] of runs.entries()) {
    const read = (filter: Parameters<RunRows['events']>[1]): string[] => [...rows.events(run, filter)].map(({line}) => line)
    const all = linesOf(index + 1)
    expect(all.length).toBeGreaterThan(2)
    expect(read({})).toEqual(all)
    expect(read({kind: 'logs'})).toEqual(linesOf(index + 1, 'task.log'))
    expect(read({kind: 'steps'})).toEqual(all.filter((line) => !line.includes('"task.log"')))
    expect(read({kind: 'logs', tasks: ['right']})).toEqual(linesOf(index + 1, 'task.log right'))
    expect(read({after: {seq: 3, number: 0}})).toEqual(all.slice(3))
    expect(rows.eventsVersion(run)).toBe(1)
  }
  const [, old] = runs
  if (old === undefined) throw new Error('there are three runs')
  expect([rows.hasLog(old, 'right'), rows.hasLog(old, 'after')]).toEqual([true, false])
  expect(rows.details(old).tasks.map(({id, status, attempts}) => [id, status, attempts])).toEqual([
    ['left', 'succeeded', 1],
    ['right', 'failed', 2],
    ['after', 'skipped', 0],
  ])
  const followed: string[] = []
  for await (const event of rows.follow(old, {kind: 'logs'})) followed.push(event.line)
  expect(followed).toEqual(linesOf(2, 'task.log'))
  await rows.close()
})

test('new runs stand beside the old ones', async () => {
  const {file, linesOf} = oldDatabase()
  const db = await openDatabase(file)
  const journal = new SqliteJournal(db)
  const events = numberEvents('new', [started('a'), begun('a'), log('a', 'x'), succeeded('a'), finished('succeeded', {succeeded: 1})])
  journal.create(newRun('new'), keptPlan())
  journal.append('new', events)
  const old = journal.read('20261121-180234-8aecfa')
  const states: string[] = []
  for await (const event of old?.events ?? []) states.push(JSON.stringify(event))
  expect(states).toEqual(linesOf(2).filter((line) => !line.includes('"task.log"')))
  expect([old?.epoch, old?.plan]).toEqual([1, undefined])
  db.close()
  const rows = await RunRows.open(file)
  expect([...rows.events(rows.get('latest'))].map(({line}) => line)).toEqual(events.map((event) => JSON.stringify(event)))
  expect(rows.eventsVersion(rows.get('latest'))).toBe(2)
  expect(rows.list({limit: 9})).toHaveLength(4)
  await rows.close()
})
