// Concurrency groups across whole processes: whoever starts them, whatever becomes of them, never too many at a time.

import {existsSync, rmSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import type {RunEvent} from '../../src/lib/engine/events.ts'
import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {expectLawfulJournal} from '../rig/journal-laws.ts'
import {until} from '../rig/processes.ts'
import {endOf, finishedRun, Project} from '../rig/project.ts'
import type {RunningCommand} from '../rig/workflow-command.ts'

const workflow = (command: string, more = '', outputs = ''): string => `id: g
vars: {env: dev}
concurrency: {group: "deploy-{{ vars.env }}"${more}}
tasks:
  - {id: work, type: core/shell.run, inputs: {command: ${JSON.stringify(command)}}}
  - {id: tidy, type: core/shell.run, needs: [work], if: "{{ always() }}", inputs: {command: touch tidied}}
${outputs}`

const untilReleased = 'touch started; until [ -e released ]; do sleep 0.02; done'
const quiet = ['--progress', 'plain']

/** A run that has begun. It ends when the file `released` is there. */
async function startHolder(project: Project, more = ''): Promise<RunningCommand> {
  project.write({'holder.yaml': workflow(untilReleased, more)})
  const holder = project.start(['run', 'holder.yaml', ...quiet])
  await project.appears('started', holder)
  return holder
}

async function runs(project: Project): Promise<RunSummary[]> {
  return (await project.json(['runs', 'list'])) as RunSummary[]
}

function typesOf(events: readonly RunEvent[]): string[] {
  return events.filter(({type}) => type.startsWith('run.')).map(({type}) => type)
}

describe('a concurrency group', () => {
  it('waits for its holder, says for whom, and then runs; the time of waiting is not the time of its timeout', async () => {
    const project = new Project({'w.yaml': `timeout: 2s\n${workflow('true')}`})
    const holder = await startHolder(project)
    const waiting = project.start(['run', 'w.yaml', '--json', ...quiet])
    await waiting.printed('waiting: ')
    const [, {id}] = (await runs(project)) as [RunSummary, RunSummary]
    await waiting.printed(`waiting: the concurrency group "deploy-dev" is held by run ${id}`)
    await new Promise((resolve) => setTimeout(resolve, 2200))
    project.write({released: ''})
    expect((await endOf(holder)).exitCode).toBe(0)
    const ended = finishedRun(await endOf(waiting))
    expect(ended.result).toMatchObject({status: 'succeeded', counts: {succeeded: 2}})
    const events = await project.events()
    expect(typesOf(events)).toEqual(['run.started', 'run.queued', 'run.admitted', 'run.finished'])
    expect(events[1]).toMatchObject({type: 'run.queued', group: 'deploy-dev', holders: [id]})
  })

  it('is another group where its template says so', async () => {
    const project = new Project({'w.yaml': workflow('true')})
    const holder = await startHolder(project)
    expect((await project.runJson('w.yaml', ['--var', 'env=prod'])).exitCode).toBe(0)
    project.write({released: ''})
    await endOf(holder)
  })

  it.each([
    ['skip', 0, 'succeeded'],
    ['fail', 1, 'failed'],
  ])('that is taken: onConflict: %s ends with %i, has run nothing, and names the holder', async (onConflict, exitCode, status) => {
    const project = new Project({
      'w.yaml': workflow('touch ran', `, onConflict: ${onConflict}`, 'outputs: {x: "{{ tasks.work.output.stdout }}"}'),
    })
    const holder = await startHolder(project)
    const [{id}] = (await runs(project)) as [RunSummary]
    const reason = `the concurrency group "deploy-dev" is held by run ${id}`
    const ended = await project.runJson('w.yaml')
    expect(ended.exitCode).toBe(exitCode)
    expect(ended.result).toMatchObject({status, reason, counts: {skipped: 2, succeeded: 0}})
    expect(ended.result).not.toHaveProperty('outputs')
    expect(ended.stderr).toContain(reason)
    expect([project.has('ran'), project.has('tidied')]).toEqual([false, false])
    project.write({released: ''})
    await endOf(holder)
  })

  it('is handed over by a holder that is cancelled: it stops, tidies up, and says who wanted it', async () => {
    const project = new Project({'w.yaml': workflow('[ -e tidied ] && touch ran', ', onConflict: cancel')})
    const holder = await startHolder(project)
    const ended = await project.runJson('w.yaml')
    expect(ended.exitCode).toBe(0)
    expect(project.has('ran')).toBe(true)
    const cancelled = await endOf(holder)
    expect(cancelled.exitCode).toBe(1)
    const [newer, older] = (await runs(project)) as [RunSummary, RunSummary]
    const reason = `the run was cancelled by run ${newer.id}: it takes over the concurrency group "deploy-dev"`
    expect(older).toMatchObject({status: 'cancelled', reason})
    expect(cancelled.stderr).toContain(reason)
    const events = await project.events(older.id)
    expect(events.find(({type}) => type === 'run.stopping')).toMatchObject({cause: 'cancelled'})
  })

  it('is not handed over faster by a holder that stops already: what cleans up is left in peace', async () => {
    const project = new Project({'w.yaml': workflow('[ -e tidied ] && touch ran', ', onConflict: cancel')})
    project.write({
      'holder.yaml': workflow("trap '' TERM INT; touch started; until [ -e released ]; do sleep 0.02; done"),
      'autokestra.yaml': 'limits: {killGrace: 20s}\n',
    })
    const holder = project.start(['run', 'holder.yaml', ...quiet])
    await project.appears('started', holder)
    holder.kill('SIGINT')
    await holder.printed('stopping')
    const next = project.start(['run', 'w.yaml', ...quiet])
    await next.printed('waiting: ')
    await new Promise((resolve) => setTimeout(resolve, 800))
    project.write({released: ''})
    expect((await endOf(holder)).exitCode).toBe(130)
    expect((await endOf(next)).exitCode).toBe(0)
    expect(project.has('ran')).toBe(true)
    expect((await runs(project))[1]).toMatchObject({status: 'cancelled', reason: 'the run was interrupted'})
  })

  it('is left by Ctrl-C while waiting: the run is cancelled, nothing of it ran, and the next one gets its turn', async () => {
    const project = new Project({'w.yaml': workflow('touch ran')})
    const holder = await startHolder(project)
    const waiting = project.start(['run', 'w.yaml', ...quiet])
    await waiting.printed('waiting: ')
    waiting.kill('SIGINT')
    expect((await endOf(waiting)).exitCode).toBe(130)
    expect([project.has('ran'), project.has('tidied')]).toEqual([false, false])
    expect((await runs(project))[0]).toMatchObject({status: 'cancelled', reason: 'the run was interrupted', counts: {skipped: 2}})
    project.write({released: ''})
    await endOf(holder)
    expect((await project.runJson('w.yaml')).exitCode).toBe(0)
  })

  it('is free after a holder that failed, and after one that was told twice to stop', async () => {
    const project = new Project({'fails.yaml': workflow('false'), 'w.yaml': workflow('true', ', onConflict: fail')})
    expect((await project.runJson('fails.yaml')).exitCode).toBe(1)
    expect((await project.runJson('w.yaml')).exitCode).toBe(0)
    project.write({'stubborn.yaml': workflow("trap '' TERM INT; touch stubborn; sleep 600; sleep 600")})
    const running = project.start(['run', 'stubborn.yaml', ...quiet])
    await project.appears('stubborn', running)
    running.kill('SIGINT')
    await running.printed('stopping')
    running.kill('SIGINT')
    expect((await endOf(running)).exitCode).toBe(130)
    expect((await project.runJson('w.yaml')).exitCode).toBe(0)
  })

  it('is free at once after kill -9 of its holder, whose tasks have ended by then', async () => {
    const project = new Project({'w.yaml': workflow('true')})
    for (let time = 0; time < 5; time += 1) {
      const holder = await startHolder(project)
      const waiting = project.start(['run', 'w.yaml', '--json', ...quiet])
      await waiting.printed('waiting: ')
      const startedAt = performance.now()
      holder.kill('SIGKILL')
      const ended = finishedRun(await endOf(waiting))
      expect(ended.result.status).toBe('succeeded')
      expect(performance.now() - startedAt).toBeLessThan(5000)
      rmSync(project.path('started'))
    }
  })

  it.each([86_400_000, -86_400_000])('does not mind a clock that jumps by %i ms', async (jumpMs) => {
    const clock = `const {existsSync} = require('node:fs')
const now = Date.now
Date.now = () => now() + (existsSync(process.env.JUMP_FILE) ? Number(process.env.JUMP_MS) : 0)
`
    const project = new Project({'clock.cjs': clock, 'w.yaml': workflow('touch ran')})
    const env = {NODE_OPTIONS: `--require ${project.path('clock.cjs')}`, JUMP_FILE: project.path('jumped'), JUMP_MS: String(jumpMs)}
    const holder = await startHolder(project)
    const waiting = project.start(['run', 'w.yaml', ...quiet], {env})
    await waiting.printed('waiting: ')
    project.write({jumped: ''})
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(project.has('ran')).toBe(false)
    project.write({released: ''})
    await endOf(holder)
    expect((await endOf(waiting)).exitCode).toBe(0)
  })
})

interface Interval {
  readonly from: number
  readonly to: number
}

/** Most of them that overlap at any moment. */
function mostAtOnce(intervals: readonly Interval[]): number {
  const moments = intervals.flatMap(({from, to}) => [
    {at: from, change: 1},
    {at: to, change: -1},
  ])
  moments.sort((a, b) => a.at - b.at || a.change - b.change)
  let open = 0
  return moments.reduce((most, {change}) => Math.max(most, (open += change)), 0)
}

const processes = 50

describe(`${String(processes)} processes at one group`, () => {
  it.each([1, 3])('go on %i at a time, by what their own tasks have written', {timeout: 240_000}, async (limit) => {
    const project = new Project()
    // The kernel's clock since boot, in 10 ms: the same for all processes, and nothing sets it.
    const command =
      'a=$(cut -d" " -f1 /proc/uptime); sleep 0.05; echo "$a $(cut -d" " -f1 /proc/uptime)" >> intervals; mkdir -p alone; echo x > alone/$$; ls alone | wc -l >> counts; sleep 0.05; rm alone/$$'
    project.write({'w.yaml': workflow(command, `, limit: ${String(limit)}`)})
    const all = Array.from({length: processes}, () => project.start(['run', 'w.yaml', '--progress', 'quiet']))
    // Some of them die while they wait or hold it.
    const killed = [7, 19, 31]
    await until(() => existsSync(project.path('intervals')))
    for (const index of killed) all[index]?.kill('SIGKILL')
    const ends = await Promise.all(all.map(({ended}) => ended))
    const exits = ends.flatMap(({exitCode}, index) => (killed.includes(index) ? [] : [exitCode]))
    expect(exits).toEqual(exits.map(() => 0))
    const intervals = project
      .read('intervals')
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number))
      .map(([from = 0, to = 0]) => ({from, to}))
    expect(intervals.length).toBeGreaterThanOrEqual(processes - killed.length)
    expect(mostAtOnce(intervals)).toBeLessThanOrEqual(limit)
    if (limit > 1) expect(mostAtOnce(intervals)).toBe(limit)
    const counts = project.read('counts').trim().split('\n').map(Number)
    expect(Math.max(...counts)).toBeLessThanOrEqual(limit + killed.length)

    // And by the journal: each from the moment in which it was let in to its end.
    const held: Interval[] = []
    for (const {id, status} of (await project.json(['runs', 'list', '--limit', '100'])) as RunSummary[]) {
      if (status !== 'succeeded') continue
      const events = await project.events(id)
      const at = (type: string): number => Date.parse(events.find((event) => event.type === type)?.ts ?? '')
      held.push({from: at('run.admitted'), to: at('run.finished')})
    }
    expect(held.length).toBeGreaterThanOrEqual(processes - killed.length)
    expect(mostAtOnce(held)).toBeLessThanOrEqual(limit)
    expectLawfulJournal(project.home)
  })
})
