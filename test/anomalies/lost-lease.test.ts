// The process of a run that loses the run: it was suspended for longer than its lease, or another process has taken the run for another reason.

import path from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {RunOwners} from '../../src/lib/engine/owners/run-owners.ts'
import {endProgramsOf} from '../../src/lib/processes/reaper.ts'
import {openDatabase} from '../../src/lib/storage/database.ts'
import {SqliteJournal} from '../../src/lib/storage/journal.ts'
import {SqliteRunLeases} from '../../src/lib/storage/owners/run-leases.ts'
import {SqliteRunRequests} from '../../src/lib/storage/run-requests.ts'
import {RunRows} from '../../src/lib/storage/run-rows.ts'
import {stateOf, tagHolders, until} from '../rig/processes.ts'
import {Project} from '../rig/project.ts'

/** What another process knows and does of the runs in the home of the project. */
async function openOther(project: Project) {
  const file = path.join(project.home, 'autokestra.db')
  const db = await openDatabase(file)
  const rows = await RunRows.open(file)
  onTestFinished(async () => {
    db.close()
    await rows.close()
  })
  const leases = new SqliteRunLeases(db)
  return {db, rows, leases, journal: new SqliteJournal(db), owners: new RunOwners({leases, leaseMs: 1000})}
}

const busy = `id: w\ntasks:\n  - {id: t, type: core/shell.run, timeout: 1h, inputs: {command: "setsid sleep 600 & touch up; sleep 600"}}\n`

describe('a run whose process is suspended', () => {
  it('can be taken over; its programs end, and when its process goes on it records nothing and says why', async () => {
    const project = new Project({'w.yaml': busy})
    const running = project.start(['run', 'w.yaml', '--progress', 'plain'])
    await project.appears('up', running)
    const {rows, leases, journal, owners} = await openOther(project)
    const {id} = rows.get('latest')
    await until(() => (leases.find(id)?.beats ?? 0) > 0)
    expect((await owners.judge(id)).kind).toBe('held')
    expect(journal.claim(id, 2)).toBe(false)

    running.kill('SIGSTOP')
    await until(() => stateOf(running.pid) === 'T')
    const judged = await owners.judge(id)
    expect(judged).toMatchObject({kind: 'free', run: {epoch: 1, owner: {pid: running.pid}}})
    expect(journal.claim(id, 1)).toBe(true)
    expect(tagHolders(running.pid).length).toBeGreaterThanOrEqual(2)
    expect(await endProgramsOf(judged.run.owner)).toBeGreaterThanOrEqual(2)
    expect(tagHolders(running.pid)).toEqual([])
    const before = [...rows.events(rows.get(id))]

    running.kill('SIGCONT')
    const {exitCode, stderr} = await running.ended
    expect(exitCode).toBe(9)
    expect(stderr).toContain(`another process has taken over run ${id}`)
    expect(stderr).toContain('RUN_TAKEN_OVER')
    expect([...rows.events(rows.get(id))]).toEqual(before)
    expect(leases.find(id)).toMatchObject({status: 'running', epoch: 2, owner: {pid: process.pid}})
    expect(tagHolders(running.pid)).toEqual([])
  })

  it('goes on as if nothing had happened when nobody has taken it over', async () => {
    const project = new Project({
      'w.yaml': `id: w\ntasks:\n  - {id: t, type: core/shell.run, inputs: {command: "touch up; while ! test -e go; do sleep 0.05; done"}}\n  - {id: u, type: core/shell.run, needs: [t], inputs: {command: "true"}}\n`,
    })
    const running = project.start(['run', 'w.yaml'])
    await project.appears('up', running)
    running.kill('SIGSTOP')
    await until(() => stateOf(running.pid) === 'T')
    project.write({go: ''})
    running.kill('SIGCONT')
    expect((await running.ended).exitCode).toBe(0)
  })
})

describe('a run that was taken over while its process lives', () => {
  it.each([
    ['runs a task', busy],
    [
      'waits for a retry',
      'id: w\ntasks:\n  - {id: t, type: core/shell.run, retry: {max: 3, delay: 1h}, inputs: {command: "touch up; exit 1"}}\n',
    ],
    [
      'waits for an approval, in a run of its own',
      'id: w\ntasks:\n  - {id: first, type: core/shell.run, inputs: {command: "touch up"}}\n  - {id: t, needs: [first], type: core/workflow.run, inputs: {file: child.yaml}}\n',
    ],
  ])('is dropped within a few seconds while it %s', async (_name, text) => {
    const project = new Project({
      'w.yaml': text,
      'child.yaml': 'id: child\ntasks:\n  - {id: ask, type: core/approval.wait, inputs: {message: "Go on?"}}\n',
    })
    const running = project.start(['run', 'w.yaml', '--progress', 'plain'])
    await project.appears('up', running)
    const {rows, leases, journal} = await openOther(project)
    const {id} = rows.get('latest')
    await until(() => (leases.find(id)?.beats ?? 0) > 0)
    expect(journal.claim(id, 1)).toBe(true)
    const all = rows.list({limit: 9})
    const before = all.map((run) => [...rows.events(run)].length)
    const {exitCode, stderr} = await running.ended
    expect(stderr).toContain(`another process has taken over run ${id}`)
    expect(exitCode).toBe(9)
    expect(rows.list({limit: 9}).map((run) => [...rows.events(run)].length)).toEqual(before)
    expect(tagHolders(running.pid)).toEqual([])
  })
})

it('a run that another process asks to be cancelled stops, cleans up, and says who asked', async () => {
  const project = new Project({
    'w.yaml': `${busy}hooks:\n  finally:\n    - {id: tidy, type: core/shell.run, inputs: {command: "touch tidied"}}\n`,
  })
  const running = project.start(['run', 'w.yaml', '--progress', 'plain'])
  await project.appears('up', running)
  const {rows, db} = await openOther(project)
  const run = rows.get('latest')
  const requests = new SqliteRunRequests(db)
  requests.add(run.id, {kind: 'cancel', by: 'ann', comment: 'wrong branch'})
  const {exitCode, stderr} = await running.ended
  expect(stderr).toContain('cancelled by ann: wrong branch')
  expect(exitCode).toBe(1)
  expect(project.has('tidied')).toBe(true)
  expect(rows.get(run.id)).toMatchObject({status: 'cancelled'})
  expect(requests.listOpen(run.id)).toEqual([])
})
