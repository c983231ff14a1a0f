// The process of a run that cannot be looked at: it is in a pid namespace of its own, as in a container, and its clock may be another one.

import {spawnSync} from 'node:child_process'
import path from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {RunOwners, type FirstLook} from '../../src/lib/engine/owners/run-owners.ts'
import type {OwnedRun} from '../../src/lib/engine/owners/run-leases.ts'
import {openDatabase} from '../../src/lib/storage/database.ts'
import {SqliteJournal} from '../../src/lib/storage/journal.ts'
import {SqliteRunLeases} from '../../src/lib/storage/owners/run-leases.ts'
import {RunRows} from '../../src/lib/storage/run-rows.ts'
import {until} from '../rig/processes.ts'
import {Project} from '../rig/project.ts'
import {builtCommand} from '../rig/workflow-command.ts'

const dayMs = 86_400_000
const jumpingClock = `const now = Date.now; Date.now = () => now() + Number(process.env.JUMP_MS)\n`

/** Where namespaces are not permitted, nothing is shown here. */
const unshare = [
  ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'],
  ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--mount-proc', '--kill-child'],
].find(([program = '', ...args]) => spawnSync(program, [...args, 'true']).status === 0)

/** A run in a namespace of its own, and what another process knows of it. */
async function startUnseen(jumpMs = 0) {
  const project = new Project({
    'clock.cjs': jumpingClock,
    'w.yaml': 'id: w\ntasks:\n  - {id: t, type: core/shell.run, timeout: 1h, inputs: {command: "touch up; sleep 600"}}\n',
  })
  const env = jumpMs === 0 ? {} : {NODE_OPTIONS: `--require ${project.path('clock.cjs')}`, JUMP_MS: String(jumpMs)}
  const command = [...(unshare ?? []), process.execPath, builtCommand] as unknown as readonly [string, ...string[]]
  const running = project.start(['run', 'w.yaml'], {env, command})
  await project.appears('up', running)
  const file = path.join(project.home, 'autokestra.db')
  const db = await openDatabase(file)
  onTestFinished(() => {
    db.close()
  })
  const leases = new SqliteRunLeases(db)
  /** Where `leaseMs` is short, it is still longer than two signs of life. */
  const owners = new RunOwners({leases, leaseMs: 5000})
  const list = async (): Promise<string[]> => {
    const rows = await RunRows.open(file)
    try {
      return rows.list({limit: 9}).map(({status}) => status)
    } finally {
      await rows.close()
    }
  }
  const id = db.prepare<[], string>('SELECT id FROM runs').pluck().get() ?? ''
  return {db, id, leases, owners, list, running, journal: new SqliteJournal(db)}
}

describe.runIf(unshare !== undefined)('a run in another pid namespace', () => {
  it('is held as long as it gives signs of life, and free a lease after its process was killed', {timeout: 60_000}, async () => {
    const {id, owners, list, running, journal, leases, db} = await startUnseen()
    expect((await owners.look(id)).kind).toBe('unknown')
    const waits: OwnedRun[] = []
    expect((await owners.judge(id, {onWait: (run) => waits.push(run)})).kind).toBe('held')
    expect(waits).toHaveLength(1)
    expect(await list()).toEqual(['running'])

    running.kill('SIGKILL')
    await running.ended
    const before = performance.now()
    const judged: FirstLook = await owners.judge(id)
    expect(judged.kind).toBe('free')
    expect(performance.now() - before).toBeGreaterThan(4000)
    // A list has a wider margin.
    expect(await list()).toEqual(['running'])
    db.prepare('UPDATE runs SET beat_at = beat_at - 61000').run()
    expect(await list()).toEqual(['interrupted'])
    expect(journal.claim(id, judged.run.epoch)).toBe(true)
    expect(leases.find(id)).toMatchObject({status: 'running', epoch: 2, owner: {pid: process.pid}})
  })

  it.each([dayMs, -dayMs])('whose clock is %i ms off is not taken for dead', {timeout: 60_000}, async (jumpMs) => {
    const {id, db, owners, list, running, leases} = await startUnseen(jumpMs)
    await until(() => (leases.find(id)?.beats ?? 0) > 0)
    const beatAt = db.prepare<[], number>('SELECT beat_at FROM runs').pluck().get() ?? 0
    expect(Math.abs(Date.now() + jumpMs - beatAt)).toBeLessThan(60_000)
    expect((await owners.judge(id)).kind).toBe('held')
    // What a list says by a clock that is wrong is put right by the next sign of life, and takes nothing from the owner.
    expect(await list()).toEqual([jumpMs < 0 ? 'interrupted' : 'running'])
    const {beats} = leases.find(id) ?? {beats: 0}
    await until(() => (leases.find(id)?.beats ?? 0) > beats)
    expect(leases.find(id)).toMatchObject({status: 'running', epoch: 1})
    running.kill('SIGKILL')
    await running.ended
  })
})
