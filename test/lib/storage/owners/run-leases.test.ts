import path from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {openDatabase} from '../../../../src/lib/storage/database.ts'
import {SqliteGroupTickets} from '../../../../src/lib/storage/group-tickets.ts'
import {SqliteJournal} from '../../../../src/lib/storage/journal.ts'
import {SqliteRunLeases} from '../../../../src/lib/storage/owners/run-leases.ts'
import {SqliteRunRequests} from '../../../../src/lib/storage/run-requests.ts'
import {RunRows} from '../../../../src/lib/storage/run-rows.ts'
import {identifyProcess} from '../../../../src/lib/util/process-identity.ts'
import {keptPlan, newRun} from '../../../rig/new-run.ts'
import {begun, finished, numberEvents, started} from '../../../rig/run-events.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

/** Two connections to one database, as two processes have them; run `r` goes on and belongs to the first. */
async function openTwo() {
  const file = path.join(temporaryDir(), 'a.db')
  const [first, second] = [await openDatabase(file), await openDatabase(file)]
  onTestFinished(() => {
    first.close()
    second.close()
  })
  const journal = new SqliteJournal(first)
  journal.create(newRun('r'), keptPlan())
  journal.append('r', numberEvents('r', [started('a')]))
  return {file, db: first, journal, leases: new SqliteRunLeases(first), other: {journal: new SqliteJournal(second), db: second}}
}

describe('signs of life', () => {
  it('are counted, and say who the owner is', async () => {
    const {leases} = await openTwo()
    expect(leases.find('r')).toMatchObject({status: 'running', epoch: 1, beats: 0, owner: {...identifyProcess()}})
    expect([leases.beat('r', 1), leases.beat('r', 1)]).toEqual([
      {isLost: false, hasRequests: false},
      {isLost: false, hasRequests: false},
    ])
    expect(leases.find('r')?.beats).toBe(2)
    expect(leases.find('nothing')).toBeUndefined()
  })

  it('say that other processes ask something, until it is answered', async () => {
    const {leases, other} = await openTwo()
    const requests = new SqliteRunRequests(other.db)
    const request = requests.add('r', {kind: 'cancel', by: 'ann'})
    expect(leases.beat('r', 1).hasRequests).toBe(true)
    requests.markAnswered(request?.number ?? 0)
    expect(leases.beat('r', 1).hasRequests).toBe(false)
  })

  it('are none of a run that was taken over, and say so', async () => {
    const {leases, other} = await openTwo()
    expect(other.journal.claim('r', 1)).toBe(true)
    const before = leases.find('r')
    expect(leases.beat('r', 1)).toEqual({isLost: true, hasRequests: false})
    expect(leases.find('r')).toEqual(before)
    expect(before?.epoch).toBe(2)
  })

  it('are over with the run, which is not lost by that', async () => {
    const {leases, journal} = await openTwo()
    journal.append('r', numberEvents('r', [started('a'), finished('succeeded', {})]).slice(1))
    expect(leases.beat('r', 1)).toEqual({isLost: false, hasRequests: false})
    expect(leases.find('r')).toMatchObject({status: 'succeeded', beats: 0})
  })

  it('put a run right that somebody has taken for dead', async () => {
    const {leases, db, file} = await openTwo()
    db.prepare("UPDATE runs SET owner_system = '00000000-1', beat_at = ?").run(Date.now() - 61_000)
    const rows = await RunRows.open(file)
    expect(rows.get('r').status).toBe('interrupted')
    await rows.close()
    expect(leases.find('r')?.status).toBe('interrupted')
    leases.beat('r', 1)
    expect(leases.find('r')?.status).toBe('running')
    const again = await RunRows.open(file)
    expect(again.get('r').status).toBe('running')
    await again.close()
    expect(leases.find('r')?.status).toBe('running')
  })
})

describe('a run in a list, whose owner cannot be seen', () => {
  it.each([
    ['with a sign of life of now', "beat_at = unixepoch() * 1000, started_at = '2020-01-01T00:00:00.000Z'", 'running'],
    ['with an old sign of life', 'beat_at = unixepoch() * 1000 - 61000', 'interrupted'],
    ['with a sign of life from the future', 'beat_at = unixepoch() * 1000 + 86400000', 'running'],
    ['that has just begun', "started_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')", 'running'],
    ['that has begun long ago and given none', "started_at = '2020-01-01T00:00:00.000Z'", 'interrupted'],
  ])('%s', async (_name, change, status) => {
    // A system of another boot, and one that cannot be told from this one but has another name.
    for (const elsewhere of ["owner_system = '00000000-1'", "owner_pid = 4194305, owner_host = 'another-machine'"]) {
      const {db, file} = await openTwo()
      db.exec(`UPDATE runs SET ${elsewhere}, ${change}`)
      const rows = await RunRows.open(file)
      expect(rows.get('r').status).toBe(status)
      await rows.close()
    }
  })
})

describe('taking a run over', () => {
  it('has one winner, and the old owner writes nothing more', async () => {
    const {journal, leases, other} = await openTwo()
    expect([other.journal.claim('r', 1), journal.claim('r', 1)]).toEqual([true, false])
    const next = numberEvents('r', [started('a'), begun('a')]).slice(1)
    expect(() => {
      journal.append('r', next)
    }).toThrow(expect.objectContaining({code: 'RUN_TAKEN_OVER'}))
    other.journal.append('r', next)
    expect(leases.find('r')).toMatchObject({epoch: 2, beats: 1})
  })

  it('takes the runs from the old owner that it has made for it, but those that are over', async () => {
    const {journal, leases, other} = await openTwo()
    const parent = (run: string) => ({parent: {run, task: 'a'}})
    for (const [id, of] of [
      ['child', 'r'],
      ['done', 'r'],
      ['grandchild', 'child'],
      ['stranger', 'q'],
    ] as const)
      journal.create(newRun(id, parent(of)), keptPlan())
    journal.append('done', numberEvents('done', [started(), finished('succeeded', {})]))
    expect(other.journal.claim('r', 1)).toBe(true)
    expect(['child', 'grandchild', 'done', 'stranger'].map((id) => [leases.find(id)?.epoch, leases.find(id)?.status])).toEqual([
      [2, 'interrupted'],
      [2, 'interrupted'],
      [1, 'succeeded'],
      [1, 'running'],
    ])
    expect(() => {
      journal.append('child', numberEvents('child', [started('x')]))
    }).toThrow(expect.objectContaining({code: 'RUN_TAKEN_OVER'}))
    expect(other.journal.claim('child', 2)).toBe(true)
  })

  it('gives back what the old owner holds for it', async () => {
    const {db, other} = await openTwo()
    const tickets = new SqliteGroupTickets(db)
    for (const run of ['r', 'q']) tickets.add({group: 'g', run, limit: 1})
    expect(other.journal.claim('r', 1)).toBe(true)
    expect(tickets.list('g').map(({run}) => run)).toEqual(['q'])
  })

  it('changes nothing when it comes too late', async () => {
    const {db, journal, leases, other} = await openTwo()
    new SqliteGroupTickets(db).add({group: 'g', run: 'r', limit: 1})
    journal.append('r', numberEvents('r', [started('a'), finished('succeeded', {})]).slice(1))
    expect(other.journal.claim('r', 1)).toBe(false)
    expect(new SqliteGroupTickets(db).list('g')).toHaveLength(1)
    expect(leases.find('r')).toMatchObject({epoch: 1, beats: 0})
  })
})
