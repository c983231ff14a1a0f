import path from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import {RequestWatch} from '../../../src/lib/engine/requests/request-watch.ts'
import type {RunRequest} from '../../../src/lib/engine/requests/run-requests.ts'
import {openDatabase} from '../../../src/lib/storage/database.ts'
import {SqliteJournal} from '../../../src/lib/storage/journal.ts'
import {SqliteRunRequests} from '../../../src/lib/storage/run-requests.ts'
import {keptPlan, newRun} from '../../rig/new-run.ts'
import {finished, numberEvents, started} from '../../rig/run-events.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

/** Two connections to one database, as two processes have them; runs r1 and r2 are there. */
async function openTwo() {
  const file = path.join(temporaryDir(), 'a.db')
  const [owner, other] = [await openDatabase(file), await openDatabase(file)]
  onTestFinished(() => {
    owner.close()
    other.close()
  })
  const journal = new SqliteJournal(owner)
  for (const id of ['r1', 'r2']) journal.create(newRun(id), keptPlan())
  return {journal, owner: new SqliteRunRequests(owner), other: new SqliteRunRequests(other)}
}

it('gives the owner of a run what another process asks, in order, until it is answered', async () => {
  const {owner, other} = await openTwo()
  const first = other.add('r1', {kind: 'approve', task: 'ship', by: 'ann', comment: "it's \u0000 fine; DROP TABLE runs"})
  const second = other.add('r1', {kind: 'cancel', by: 'run r9'})
  other.add('r2', {kind: 'reject', task: 'ship', by: 'ben'})
  expect(owner.listOpen('r1')).toEqual([first, second])
  expect(first).toEqual({
    number: first?.number,
    kind: 'approve',
    task: 'ship',
    by: 'ann',
    comment: "it's \u0000 fine; DROP TABLE runs",
    at: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
  })
  expect(Object.keys(second ?? {}).sort()).toEqual(['at', 'by', 'kind', 'number'])
  owner.markAnswered(first?.number ?? 0)
  expect(other.listOpen('r1')).toEqual([second])
})

it('takes no request for a run that is not there, or over', async () => {
  const {journal, other} = await openTwo()
  expect(other.add('r3', {kind: 'cancel', by: 'ann'})).toBeUndefined()
  journal.append('r1', numberEvents('r1', [started(), finished('succeeded', {})]))
  expect(other.add('r1', {kind: 'cancel', by: 'ann'})).toBeUndefined()
  expect(other.add('r2', {kind: 'cancel', by: 'ann'})).toMatchObject({kind: 'cancel'})
})

it('looks for requests only while somebody listens, and gives each to one listener, once', async () => {
  const {owner, other} = await openTwo()
  let looks = 0
  const counting = {
    add: owner.add.bind(owner),
    markAnswered: owner.markAnswered.bind(owner),
    listOpen: (run: string) => {
      looks += 1
      return owner.listOpen(run)
    },
  }
  const watch = new RequestWatch({runId: 'r1', open: () => Promise.resolve(counting), pollMs: 5})
  other.add('r1', {kind: 'cancel', by: 'early'})
  await pass(30)
  expect(looks).toBe(0)

  const cancels: string[] = []
  const answers: RunRequest[] = []
  const endCancels = watch.listen(
    ({kind}) => kind === 'cancel',
    ({by}) => cancels.push(by),
  )
  const endAnswers = watch.listen(
    ({kind, task}) => kind !== 'cancel' && task === 'ship',
    (request) => answers.push(request),
  )
  other.add('r1', {kind: 'approve', task: 'ship', by: 'ann'})
  other.add('r1', {kind: 'reject', task: 'another', by: 'ann'})
  await expect.poll(() => answers.map(({by}) => by)).toEqual(['ann'])
  await pass(30)
  expect(cancels).toEqual(['early'])
  expect(answers).toHaveLength(1)

  for (const request of answers) await watch.markAnswered(request)
  expect(owner.listOpen('r1').map(({kind}) => kind)).toEqual(['cancel', 'reject'])
  endCancels()
  endAnswers()
  await pass(20)
  const before = looks
  await pass(30)
  expect(looks).toBe(before)
})

it('goes on when it could not look', async () => {
  const {owner, other} = await openTwo()
  let failures = 0
  const errors: unknown[] = []
  const watch = new RequestWatch({
    runId: 'r1',
    open: () => Promise.resolve({add: owner.add.bind(owner), markAnswered: owner.markAnswered.bind(owner), listOpen}),
    onError: (error) => errors.push(error),
    pollMs: 5,
  })
  function listOpen(run: string): RunRequest[] {
    failures += 1
    if (failures < 3) throw new Error('busy')
    return owner.listOpen(run)
  }
  other.add('r1', {kind: 'cancel', by: 'ann'})
  const taken = new Promise<RunRequest>((resolve) => {
    onTestFinished(watch.listen(() => true, resolve))
  })
  expect(await taken).toMatchObject({by: 'ann'})
  expect(errors).toHaveLength(2)
})

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
