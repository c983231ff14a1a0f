import path from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {openDatabase} from '../../../../src/lib/storage/database.ts'
import {SqliteJournal} from '../../../../src/lib/storage/journal.ts'
import {RunPruner} from '../../../../src/lib/storage/keeping/prune-runs.ts'
import {RunRows} from '../../../../src/lib/storage/run-rows.ts'
import {SqliteRunRequests} from '../../../../src/lib/storage/run-requests.ts'
import type {NewRun} from '../../../../src/lib/engine/ports.ts'
import {keptPlan, newRun} from '../../../rig/new-run.ts'
import {begun, finished, log, numberEvents, started, succeeded} from '../../../rig/run-events.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

const all = ['succeeded', 'failed', 'cancelled'] as const
const afterAllMs = Date.UTC(2026, 1, 1)

async function openAll() {
  const file = path.join(temporaryDir(), 'a.db')
  const [writer, remover] = [await openDatabase(file), await openDatabase(file)]
  onTestFinished(() => {
    writer.close()
    remover.close()
  })
  const journal = new SqliteJournal(writer)
  const add = (id: string, more: Partial<NewRun> = {}, lines = 1): void => {
    journal.create(newRun(id, more), keptPlan({file: id}))
    journal.append(
      id,
      numberEvents(id, [started('a'), begun('a'), ...Array.from({length: lines}, (_, n) => log('a', String(n))), succeeded('a')]),
    )
  }
  const end = (id: string): void => {
    const events = numberEvents(id, [started('a'), begun('a'), succeeded('a'), finished('succeeded', {succeeded: 1})])
    journal.append(id, events.slice(-1))
  }
  const ended = (id: string, more: Partial<NewRun> = {}, lines = 1): void => {
    add(id, more, lines)
    end(id)
  }
  const ids = (): string[] => writer.prepare<[], string>('SELECT id FROM runs ORDER BY number').pluck().all()
  const rows = (): unknown =>
    Object.fromEntries(
      ['runs', 'events', 'log_lines', 'run_requests', 'plans'].map((table) => [
        table,
        writer.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get(),
      ]),
    )
  return {file, writer, journal, pruner: new RunPruner(remover), add, end, ended, ids, rows}
}

const nothingElse = {onRemoved: () => Promise.resolve()}

describe('which runs may be removed', () => {
  it('are those that ended before a time, and not the newest of their workflow', async () => {
    const {pruner, ended} = await openAll()
    for (const id of ['a1', 'a2', 'a3']) ended(id, {workflowId: 'a'})
    ended('b1', {workflowId: 'b'})
    const found = (more: object): string[] => pruner.find({statuses: all, ...more}).map(({id}) => id)
    expect(found({keep: 1})).toEqual(['a1', 'a2'])
    expect(found({keep: 1, limit: 1})).toEqual(['a1'])
    expect(found({endedBeforeMs: afterAllMs})).toEqual(['a1', 'a2', 'a3', 'b1'])
    expect(found({endedBeforeMs: afterAllMs, keep: 2})).toEqual(['a1'])
    expect(found({endedBeforeMs: Date.UTC(2026, 0, 1)})).toEqual([])
    expect(found({workflow: 'b'})).toEqual(['b1'])
    expect(found({statuses: ['failed', 'cancelled', 'interrupted']})).toEqual([])
  })

  it('are never those that go on, nor those that were made for another run', async () => {
    const {pruner, add, ended} = await openAll()
    add('goes-on')
    ended('made', {parent: {run: 'goes-on', task: 'a'}})
    ended('orphan', {parent: {run: 'gone', task: 'a'}})
    expect(pruner.find({statuses: all}).map(({id}) => id)).toEqual(['orphan'])
  })
})

describe('removing runs', () => {
  it('takes all their rows, and what their tasks have made, but not what others use', async () => {
    const {pruner, ended, writer, ids, rows} = await openAll()
    ended('old', {}, 250)
    ended('made', {parent: {run: 'old', task: 'a'}})
    ended('made-by-made', {parent: {run: 'made', task: 'a'}})
    ended('new')
    writer
      .prepare(
        "INSERT INTO run_requests (run_number, kind, requested_by, requested_at) SELECT number, 'cancel', 'x', 'y' FROM runs WHERE id = 'old'",
      )
      .run()
    const told: string[][] = []
    const count = await pruner.remove(pruner.find({statuses: all, keep: 1}), {onRemoved: (of) => Promise.resolve(void told.push([...of]))})
    expect(count).toBe(3)
    expect(told).toEqual([['old', 'made', 'made-by-made']])
    expect(ids()).toEqual(['new'])
    expect(rows()).toEqual({runs: 1, events: 4, log_lines: 1, run_requests: 0, plans: 1})
    expect(writer.pragma('freelist_count', {simple: true})).toBe(0)
    expect(writer.pragma('foreign_key_check')).toEqual([])
    expect(writer.pragma('integrity_check', {simple: true})).toBe('ok')
  })

  it('leaves a run alone that goes on again, and one that a living run has made', async () => {
    const {pruner, ended, add, ids, writer, journal} = await openAll()
    ended('resumed')
    ended('parent')
    const found = pruner.find({statuses: all})
    writer.prepare("UPDATE runs SET status = 'running' WHERE id = 'resumed'").run()
    add('child', {parent: {run: 'parent', task: 'a'}})
    expect(await pruner.remove(found, nothingElse)).toBe(0)
    expect(ids()).toEqual(['resumed', 'parent', 'child'])
    expect(journal.claim('child', 1)).toBe(true)
  })

  it('that was cut short leaves each run as it was or unknown, and the next call ends it', async () => {
    const {file, pruner, ended, ids, writer} = await openAll()
    ended('one', {}, 50)
    ended('two')
    const cut = pruner.remove(pruner.find({statuses: all, keep: 1}), {onRemoved: () => Promise.reject(new Error('killed'))})
    await expect(cut).rejects.toThrow('killed')
    expect(ids()).toEqual(['one', 'two'])
    const rows = await RunRows.open(file)
    expect(rows.list({limit: 10}).map(({id}) => id)).toEqual(['two'])
    expect(() => rows.get('one')).toThrow('no run has the id "one"')
    await rows.close()
    expect(new SqliteRunRequests(writer).add('one', {kind: 'cancel', by: 'x'})).toBeUndefined()
    expect(await pruner.remove([], nothingElse)).toBe(1)
    expect(ids()).toEqual(['two'])
  })

  it('is over at once when its time is up', async () => {
    const {pruner, ended, ids} = await openAll()
    ended('one')
    expect(await pruner.remove(pruner.find({statuses: all}), {...nothingElse, signal: AbortSignal.abort()})).toBe(0)
    expect(ids()).toEqual(['one'])
  })

  it('keeps nobody waiting who writes at the same time', async () => {
    const {pruner, ended, journal, add, writer} = await openAll()
    for (let number = 0; number < 300; number += 1) ended(`r${String(number).padStart(4, '0')}`, {}, 40)
    add('goes-on')
    const found = pruner.find({statuses: all})
    const state = {isOver: false}
    const removing = pruner.remove(found, nothingElse).finally(() => {
      state.isOver = true
    })
    let appended = 0
    let longestMs = 0
    while (!state.isOver) {
      const beganMs = performance.now()
      const line = numberEvents('goes-on', [log('a', 'x')])
      journal.append('goes-on', line)
      longestMs = Math.max(longestMs, performance.now() - beganMs)
      appended += 1
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    expect(await removing).toBe(300)
    expect(appended).toBeGreaterThan(10)
    expect(writer.prepare<[], number>('SELECT count(*) FROM log_lines').pluck().get()).toBe(appended + 1)
    // The exact wait is for the benchmark: here others may use the processor.
    expect(longestMs).toBeLessThan(1000)
  })
})
