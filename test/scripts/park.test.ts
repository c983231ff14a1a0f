// `run --park`: a run whose tasks only wait needs no process, and goes on when somebody resumes it.

import {rmSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {Project, steps} from '../rig/project.ts'

const approval = (timeout = ''): string => `id: release
tasks:
  - {id: build, type: core/shell.run, inputs: {command: 'echo build >> log; echo 1'}}
  - {id: ask, type: core/approval.wait, needs: [build], inputs: {message: "Publish?"${timeout}}}
  - {id: out, type: core/shell.run, needs: [ask], env: {V: "{{ tasks.build.output.stdout }}"}, inputs: {command: 'echo "out $V" >> log'}}
`

async function status(project: Project): Promise<RunSummary | undefined> {
  const runs = (await project.json(['runs', 'list'])) as RunSummary[]
  return runs[0]
}

async function park(project: Project, args: readonly string[] = []): Promise<string> {
  const {exitCode, stderr} = await project.run(['run', 'w.yaml', '--park', '--progress', 'plain', ...args])
  expect([exitCode, stderr]).toEqual([10, expect.stringContaining('and no process drives it')])
  return (await status(project))?.id ?? ''
}

const resumeAndPark = ['runs', 'resume', 'latest', '--park', '--progress', 'plain']

describe('a parked run that waits for an approval', () => {
  it('is waiting, keeps the answer, and goes on when it is resumed; of two answers the first one counts', async () => {
    const project = new Project({'w.yaml': approval()})
    const run = await park(project)
    expect(await status(project)).toMatchObject({status: 'waiting'})
    expect((await project.json(['runs', 'list', '--status', 'waiting'])) as unknown[]).toHaveLength(1)
    expect(await project.json(['runs', 'list', '--status', 'interrupted'])).toEqual([])
    // Nothing is to do, however often somebody looks.
    for (let look = 0; look < 3; look += 1)
      expect(await project.run(resumeAndPark)).toMatchObject({
        exitCode: 10,
        stdout: '',
        stderr: `nothing to do: run ${run} waits for an answer\n`,
      })
    const before = steps(await project.events())
    expect(before).toEqual([
      'run.started',
      'task.started build',
      'task.finished build',
      'task.started ask',
      'task.waiting ask',
      'run.parked',
    ])
    const why = await project.run(['explain', 'latest', 'ask'])
    expect(why.stdout).toContain('It waits for approval: Publish?')
    expect(why.stdout).toContain('The run is parked: no process drives it.')
    const answers = await Promise.all([project.run(['runs', 'approve', 'latest']), project.run(['runs', 'reject', 'latest'])])
    expect(answers.map(({exitCode}) => exitCode).sort()).toEqual([0, 1])
    const lost = answers.find(({exitCode}) => exitCode === 1)
    expect(lost?.stderr).toContain('before this answer')
    const isApproved = answers[0].exitCode === 0
    expect(answers.find(({exitCode}) => exitCode === 0)?.stdout).toContain(
      `the run is parked, and goes on with: workflow runs resume ${run}`,
    )
    const ended = await project.run(resumeAndPark)
    expect(ended.exitCode).toBe(isApproved ? 0 : 1)
    expect(await status(project)).toMatchObject({id: run, status: isApproved ? 'succeeded' : 'failed'})
    expect(project.read('log')).toBe(isApproved ? 'build\nout 1\n' : 'build\n')
  })

  it('goes on at once with --resume, and its result is that of an undisturbed run', async () => {
    const project = new Project({'w.yaml': approval()})
    const run = await park(project)
    const ended = await project.run(['runs', 'approve', 'latest', '--resume', '--json', '-m', 'fine'])
    expect(ended.exitCode).toBe(0)
    const result: unknown = JSON.parse(ended.stdout)
    expect(result).toMatchObject({isKept: true, answer: 'approved', result: {run, status: 'succeeded'}})
    expect(project.read('log')).toBe('build\nout 1\n')
    expect((await project.run(['runs', 'approve', 'latest'])).exitCode).toBe(1)
  })

  it('keeps its deadline: an answer after it is refused, and the task fails when the run is resumed', async () => {
    const project = new Project({'w.yaml': approval(', timeout: 12s')})
    await park(project)
    expect((await status(project))?.waitsUntil).toMatch(/^\d{4}-/)
    await new Promise((resolve) => setTimeout(resolve, 12_200))
    const late = await project.run(['runs', 'approve', 'latest'])
    expect([late.exitCode, late.stderr]).toEqual([1, expect.stringContaining('APPROVAL_TOO_LATE')])
    const ended = await project.run(resumeAndPark)
    expect([ended.exitCode, ended.stderr]).toEqual([1, expect.stringContaining('nobody has answered within 12s')])
  }, 60_000)

  it('says what it waits for as JSON', async () => {
    const project = new Project({'w.yaml': approval(', timeout: 2h')})
    const ended = await project.run(['run', 'w.yaml', '--park', '--json'])
    expect(ended.exitCode).toBe(10)
    const result = JSON.parse(ended.stdout) as {until: string}
    expect(result).toMatchObject({
      status: 'waiting',
      counts: {succeeded: 1, failed: 0, skipped: 0, cancelled: 0},
      tasks: [
        {id: 'build', status: 'succeeded'},
        {id: 'ask', status: 'running', waiting: {for: 'approval', message: 'Publish?', deadlineAt: result.until}},
        {id: 'out', status: 'pending'},
      ],
    })
  })

  it('asks items one by one where they wait for each other, and each is answered by itself', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks:
  - id: each
    type: core/approval.wait
    forEach: {items: [a, b], key: "{{ item }}", parallelism: 1}
    inputs: {message: "{{ item }}?"}
`,
    })
    await park(project)
    expect((await project.run(['runs', 'approve', 'latest', 'each[a]'])).exitCode).toBe(0)
    expect((await project.run(resumeAndPark)).exitCode).toBe(10)
    expect((await project.run(['runs', 'approve', 'latest', 'each[b]'])).exitCode).toBe(0)
    expect((await project.run(resumeAndPark)).exitCode).toBe(0)
  })

  it('is left alone by prune', async () => {
    const project = new Project({'w.yaml': approval()})
    await park(project)
    const pruned = await project.run(['runs', 'prune', '--keep', '0', '--status', 'interrupted'])
    expect([pruned.exitCode, pruned.stderr]).toEqual([0, 'Removed 0 runs.\n'])
    expect(await status(project)).toMatchObject({status: 'waiting'})
  })

  it('releases its concurrency group, and asks for it again', async () => {
    const project = new Project({
      'w.yaml': `concurrency: {group: g}\n${approval()}`,
      'other.yaml': 'id: other\nconcurrency: {group: g}\ntasks: [{id: a, type: core/shell.run, inputs: {command: echo hi}}]\n',
    })
    const run = await park(project)
    expect((await project.run(['run', 'other.yaml'])).exitCode).toBe(0)
    expect((await project.run(['runs', 'approve', run])).exitCode).toBe(0)
    expect((await project.run(['runs', 'resume', run, '--park'])).exitCode).toBe(0)
  })
})

describe('a parked run that waits for an attempt', () => {
  it('goes on when a retry is due: not before, and at once afterwards', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks: [{id: a, type: core/shell.run, retry: {max: 3, delay: 12s, jitter: false}, inputs: {command: 'echo a >> log; test -e ready'}}]
`,
    })
    const run = await park(project)
    const {waitsUntil = ''} = (await status(project)) ?? {}
    expect(await project.run(resumeAndPark)).toMatchObject({exitCode: 10, stderr: `nothing to do: run ${run} waits until ${waitsUntil}\n`})
    expect((await project.run(['explain', 'latest', 'a'])).stdout).toContain(`It waits for its next attempt, at ${waitsUntil}.`)
    project.write({ready: ''})
    await new Promise((resolve) => setTimeout(resolve, Date.parse(waitsUntil) - Date.now()))
    const startedMs = Date.now()
    expect((await project.run(resumeAndPark)).exitCode).toBe(0)
    expect(Date.now() - startedMs).toBeLessThan(9000)
    expect(project.read('log')).toBe('a\na\n')
  }, 60_000)

  it('waits in the foreground without --park, and parks again when what it polls for is not there', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks: [{id: a, type: core/shell.run, until: {if: "{{ output.stdout == 'yes' }}", every: 11s, limit: 5m}, inputs: {command: 'cat ready 2>/dev/null || echo no'}}]
`,
    })
    await park(project)
    await new Promise((resolve) => setTimeout(resolve, 3000))
    expect((await project.run(resumeAndPark)).exitCode).toBe(10)
    expect(await status(project)).toMatchObject({status: 'waiting'})
    project.write({ready: 'yes\n'})
    expect((await project.run(['runs', 'resume', 'latest'])).exitCode).toBe(0)
  }, 60_000)
})

describe('the process that parks a run', () => {
  it('may be killed at any moment around it: the run is waiting or interrupted, and comes to its end', async () => {
    const project = new Project({'w.yaml': approval()})
    const seen = new Set<string>()
    for (const afterMs of [0, 20, 60, 150, 400]) {
      const running = project.start(['run', 'w.yaml', '--park', '--progress', 'plain'])
      await project.appears('log', running)
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      running.kill('SIGKILL')
      await running.ended
      const left = await status(project)
      seen.add(left?.status ?? '')
      expect(['waiting', 'interrupted']).toContain(left?.status)
      const parked = await project.run([...resumeAndPark, '--retry-interrupted'])
      expect(parked.exitCode, parked.stderr).toBe(10)
      expect((await project.run(['runs', 'approve', 'latest', '--resume'])).exitCode).toBe(0)
      rmSync(project.path('log'))
    }
    expect(seen).toContain('waiting')
  }, 90_000)

  it('does not park a run that stops, or one that still has something to do', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks:
  - {id: ask, type: core/approval.wait, inputs: {message: "?"}}
  - {id: work, type: core/shell.run, inputs: {command: 'sleep 1; echo done > log'}}
`,
    })
    await park(project)
    expect(project.read('log')).toBe('done\n')
  })
})
