// The queue of a concurrency group on real databases: each run has a connection of its own, as each process has.

import path from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import type {AdmissionAnswer} from '../../../../src/lib/engine/requests/admission.ts'
import {GroupQueue, type GroupQueueOptions} from '../../../../src/lib/engine/requests/group-queue.ts'
import {RequestWatch} from '../../../../src/lib/engine/requests/request-watch.ts'
import {openDatabase} from '../../../../src/lib/storage/database.ts'
import {SqliteGroupTickets} from '../../../../src/lib/storage/group-tickets.ts'
import {SqliteJournal} from '../../../../src/lib/storage/journal.ts'
import {SqliteRunRequests} from '../../../../src/lib/storage/run-requests.ts'
import {keptPlan, newRun} from '../../../rig/new-run.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

interface Member {
  readonly queue: GroupQueue
  readonly tickets: SqliteGroupTickets
  /** What it was told, in order: `queued r1`, `stop …`, `admitted`, `skipped …`, `failed …`. */
  readonly told: string[]
  readonly answered: Promise<AdmissionAnswer>
}

type Wish = Partial<{group: string; limit: number; onConflict: 'queue' | 'skip' | 'cancel' | 'fail'}>

class Group {
  readonly #file = path.join(temporaryDir(), 'a.db')
  sweeps = 0

  async enter(runId: string, wish: Wish = {}, more: Partial<GroupQueueOptions> = {}): Promise<Member> {
    const db = await openDatabase(this.#file)
    new SqliteJournal(db).create(newRun(runId), keptPlan())
    const tickets = new SqliteGroupTickets(db)
    const requests = new SqliteRunRequests(db)
    const watch = new RequestWatch({runId, open: () => Promise.resolve(requests), pollMs: 5})
    const queue = new GroupQueue({
      runId,
      openTickets: () => Promise.resolve(tickets),
      openRequests: () => Promise.resolve(requests),
      requests: watch,
      ancestors: [],
      sweep: () => Promise.resolve((this.sweeps += 1)),
      elapsed: () => performance.now(),
      pollMs: 5,
      beatMs: 20,
      ...more,
    })
    onTestFinished(async () => {
      await queue.leave()
      db.close()
    })
    const told: string[] = []
    const answered = queue.enter(
      {group: 'g', limit: 1, onConflict: 'queue', ...wish},
      {onQueued: (holders) => told.push(`queued ${holders.join(' ')}`), onStop: (reason) => told.push(`stop ${reason}`)},
    )
    void answered.then((answer) =>
      told.push(answer.kind === 'admitted' ? 'admitted' : `${answer.isSkipped ? 'skipped' : 'failed'} ${answer.reason}`),
    )
    // Its ticket is there: the next one comes after it.
    await expect.poll(() => tickets.list(wish.group ?? 'g').some(({run}) => run === runId) || told.length > 0).toBe(true)
    return {queue, tickets, told, answered}
  }
}

it('lets one in after the other, in the order of arrival', async () => {
  const group = new Group()
  const members: Member[] = []
  for (const run of ['r1', 'r2', 'r3', 'r4']) members.push(await group.enter(run))
  for (const [index, {answered, queue}] of members.entries()) {
    expect(await answered).toEqual({kind: 'admitted'})
    await pass(30)
    expect(members.filter(({told}) => told.includes('admitted'))).toHaveLength(index + 1)
    await queue.leave()
  }
  expect(members.map(({told}) => told)).toEqual([
    ['admitted'],
    ['queued r1', 'admitted'],
    ['queued r1', 'queued r2', 'admitted'],
    ['queued r1', 'queued r2', 'queued r3', 'admitted'],
  ])
})

it('lets as many in as the limit says, and never more than the strictest of those before says', async () => {
  const group = new Group()
  const first = await group.enter('r1', {limit: 2})
  const second = await group.enter('r2', {limit: 2})
  await Promise.all([first.answered, second.answered])
  const strict = await group.enter('r3', {limit: 1})
  const last = await group.enter('r4', {limit: 3})
  await first.queue.leave()
  await pass(40)
  expect([strict.told, last.told]).toEqual([
    ['queued r1', 'queued r2'],
    ['queued r1', 'queued r2'],
  ])
  await second.queue.leave()
  await strict.answered
  await pass(30)
  expect(last.told).toEqual(['queued r1', 'queued r2', 'queued r3'])
  await strict.queue.leave()
  expect(await last.answered).toEqual({kind: 'admitted'})
})

it('is not entered by a run that gave up waiting', async () => {
  const group = new Group()
  const [holder, tired, next] = [await group.enter('r1'), await group.enter('r2'), await group.enter('r3')]
  await holder.answered
  await tired.queue.leave()
  await holder.queue.leave()
  expect(await next.answered).toEqual({kind: 'admitted'})
  expect(tired.told).toEqual(['queued r1'])
  expect(next.tickets.list('g').map(({run, isHolding}) => [run, isHolding])).toEqual([['r3', true]])
})

it('refuses those that do not wait, and says who is in the way', async () => {
  const group = new Group()
  const holder = await group.enter('r1')
  await holder.answered
  const reason = 'the concurrency group "g" is held by run r1'
  expect(await (await group.enter('r2', {onConflict: 'skip'})).answered).toEqual({kind: 'refused', isSkipped: true, reason})
  expect(await (await group.enter('r3', {onConflict: 'fail'})).answered).toEqual({kind: 'refused', isSkipped: false, reason})
  expect(await (await group.enter('r4', {onConflict: 'fail', group: 'other'})).answered).toEqual({kind: 'admitted'})
  expect(holder.tickets.list('g').map(({run}) => run)).toEqual(['r1'])
})

it('asks as many of the oldest runs to stop as must end, each once', async () => {
  const group = new Group()
  const members = [await group.enter('r1', {limit: 2}), await group.enter('r2', {limit: 2}), await group.enter('r3', {limit: 2})]
  const newest = await group.enter('r4', {limit: 2, onConflict: 'cancel'})
  const stop = 'stop cancelled by run r4: it takes over the concurrency group "g"'
  await expect.poll(() => members[1]?.told).toEqual(['admitted', stop])
  await pass(40)
  expect(members.map(({told}) => told)).toEqual([['admitted', stop], ['admitted', stop], ['queued r1 r2']])
  await members[0]?.queue.leave()
  await members[2]?.answered
  expect(newest.told.at(-1)).not.toBe('admitted')
  await members[1]?.queue.leave()
  expect(await newest.answered).toEqual({kind: 'admitted'})
})

it('takes the place of a process that is gone, after what it left running has ended', async () => {
  const group = new Group()
  // The process of r1 is gone as soon as this says so.
  let isGone = false
  const lifeOf = (): 'alive' | 'gone' => (isGone ? 'gone' : 'alive')
  await (
    await group.enter('r1')
  ).answered
  const next = await group.enter('r2', {}, {lifeOf})
  await expect.poll(() => next.told).toEqual(['queued r1'])
  isGone = true
  expect(await next.answered).toEqual({kind: 'admitted'})
  expect(group.sweeps).toBe(1)
})

it('never takes the place of a process that lives, however long it shows no sign of life', async () => {
  const group = new Group()
  await (
    await group.enter('r1', {}, {beatMs: 3_600_000})
  ).answered
  const next = await group.enter('r2', {}, {leaseMs: 10})
  await pass(80)
  expect(next.told).toEqual(['queued r1'])
})

it('waits for the lease of a process that nobody can look at, counted from its last sign of life', async () => {
  const group = new Group()
  const holder = await group.enter('r1')
  await holder.answered
  // Its computer may lose the network.
  const beat = holder.tickets.beat.bind(holder.tickets)
  let isCutOff = false
  holder.tickets.beat = (number) => isCutOff || beat(number)
  let nowMs = 0
  const next = await group.enter('r2', {}, {lifeOf: () => 'unknown', leaseMs: 1000, elapsed: () => nowMs})
  for (let time = 0; time < 20; time += 1) {
    nowMs += 400
    const {beats = 0} = holder.tickets.list('g')[0] ?? {}
    await expect.poll(() => holder.tickets.list('g')[0]?.beats).toBeGreaterThan(beats)
    await pass(15)
  }
  expect(next.told).toEqual(['queued r1'])
  isCutOff = true
  await pass(40)
  nowMs += 999
  await pass(40)
  expect(next.told).toEqual(['queued r1'])
  nowMs += 1
  expect(await next.answered).toEqual({kind: 'admitted'})
  isCutOff = false
  await expect.poll(() => holder.told.at(-1)).toMatch(/^stop its concurrency group was given to another run/)
})

it('judges one that nobody can look at before it refuses: it may have died long ago', async () => {
  const group = new Group()
  // No sign of life will come.
  await (
    await group.enter('r1', {}, {beatMs: 3_600_000})
  ).answered
  let nowMs = 0
  const next = await group.enter('r2', {onConflict: 'fail'}, {lifeOf: () => 'unknown', leaseMs: 1000, elapsed: () => nowMs})
  await pass(40)
  expect(next.told).toEqual(['queued r1'])
  nowMs = 999
  await pass(40)
  expect(next.told).toEqual(['queued r1'])
  nowMs = 1000
  expect(await next.answered).toEqual({kind: 'admitted'})

  const living = new Group()
  await (
    await living.enter('r1', {}, {beatMs: 10})
  ).answered
  const refused = await living.enter('r2', {onConflict: 'fail'}, {lifeOf: () => 'unknown', leaseMs: 60_000})
  expect(await refused.answered).toMatchObject({kind: 'refused', isSkipped: false})
})

it.each(['queue', 'skip', 'cancel', 'fail'] as const)('refuses a run that would wait for its own ancestor: %s', async (onConflict) => {
  const group = new Group()
  const holder = await group.enter('r1')
  await holder.answered
  expect(await (await group.enter('r2', {onConflict}, {ancestors: ['r0', 'r1']})).answered).toEqual({
    kind: 'refused',
    isSkipped: false,
    reason: 'the concurrency group "g" is held by run r1, which waits for this run: neither could ever end',
  })
  expect(holder.told).toEqual(['admitted'])
})

it('waits for the other run of a group that an ancestor holds, and never asks the ancestor to stop', async () => {
  const group = new Group()
  const members = [await group.enter('r1', {limit: 2}), await group.enter('other', {limit: 2})]
  for (const {answered} of members) expect(await answered).toEqual({kind: 'admitted'})
  const child = await group.enter('r2', {limit: 2}, {ancestors: ['r1'], deadlockMs: 10})
  await pass(60)
  expect(child.told).toEqual(['queued r1 other'])
  await child.queue.leave()
  const eager = await group.enter('r3', {limit: 2, onConflict: 'cancel'}, {ancestors: ['r1']})
  await expect.poll(() => members[1]?.told.at(-1)).toMatch(/^stop cancelled by run r3/)
  await members[1]?.queue.leave()
  expect(await eager.answered).toEqual({kind: 'admitted'})
  expect(members[0]?.told).toEqual(['admitted'])
})

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
