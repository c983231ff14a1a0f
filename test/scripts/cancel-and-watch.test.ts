// `workflow runs cancel` and `runs watch`: runs of other processes.

import {describe, expect, it} from 'vitest'
import type {RunEvent} from '../../src/lib/engine/events.ts'
import {endOf, Project, steps} from '../rig/project.ts'
import {until} from '../rig/processes.ts'

const files = {
  'halts.yaml': `id: halts
tasks:
  - {id: quick, type: core/shell.run, inputs: {command: echo was quick}}
  - {id: slow, type: core/shell.run, needs: [quick], inputs: {command: 'touch halted; while [ ! -e go ]; do sleep 0.05; done; echo went on'}}
  - {id: clean, type: core/shell.run, needs: [slow], if: '{{ always() }}', inputs: {command: touch cleaned}}
outputs: {said: '{{ tasks.slow.output.stdout }}'}
`,
  'bad.yaml': 'id: bad\ntasks: [{id: a, type: core/shell.run, inputs: {command: exit 3}}]\n',
}

async function halted() {
  const project = new Project(files)
  const running = project.start(['run', 'halts.yaml', '--progress', 'plain'])
  await project.appears('halted', running)
  return {project, running}
}

describe('runs cancel', () => {
  it('stops a run of another process as Ctrl-C does, and waits for its end', async () => {
    const {project, running} = await halted()
    const cancel = await project.run(['runs', 'cancel', 'latest', '-m', 'wrong branch'])
    expect([cancel.exitCode, cancel.stderr]).toEqual([0, expect.stringMatching(/^Run \S+ was cancelled\.\n$/)])
    const {exitCode, stderr} = await endOf(running)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/cancelled by \S+: wrong branch/)
    expect(project.has('cleaned')).toBe(true)
    const [run] = (await project.json(['runs', 'list'])) as {status: string; reason: string}[]
    expect(run).toMatchObject({status: 'cancelled', reason: expect.stringContaining('wrong branch') as unknown})
  })

  it('--now kills what runs, and cleans nothing up', async () => {
    const {project, running} = await halted()
    expect((await project.json(['runs', 'cancel', 'latest', '--now'])) as object).toMatchObject({status: 'cancelled'})
    expect((await endOf(running)).exitCode).toBe(1)
    expect(project.has('cleaned')).toBe(false)
    expect(await project.events()).toContainEqual(expect.objectContaining({type: 'run.stopping', cause: 'cancelled', atOnce: true}))
  })

  it('--no-wait only tells it', async () => {
    const {project, running} = await halted()
    const {exitCode, stderr} = await project.run(['runs', 'cancel', 'latest', '--no-wait'])
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('was told to stop')])
    expect((await endOf(running)).exitCode).toBe(1)
  })

  it('wakes a run that was suspended', async () => {
    const {project, running} = await halted()
    running.kill('SIGSTOP')
    expect((await project.run(['runs', 'cancel', 'latest'])).exitCode).toBe(0)
    expect((await endOf(running)).exitCode).toBe(1)
  })

  it('says so when the run has ended, or its process is gone', async () => {
    const {project, running} = await halted()
    running.kill('SIGKILL')
    await running.ended
    const gone = await project.run(['runs', 'cancel', 'latest'])
    expect([gone.exitCode, gone.stderr]).toEqual([1, expect.stringContaining('is not running: its process is gone')])
    expect(gone.stderr).toContain('workflow runs resume')
    await project.runJson('bad.yaml')
    const ended = await project.run(['runs', 'cancel', 'latest'])
    expect([ended.exitCode, ended.stderr]).toEqual([1, expect.stringContaining('has already failed')])
    expect((await project.run(['runs', 'cancel', 'none'])).stderr).toContain('no run has the id "none"')
  })
})

describe('runs watch', () => {
  it('shows the run from its beginning, and ends with it, with its outputs and events', async () => {
    const {project, running} = await halted()
    const watching = project.start(['runs', 'watch', 'latest', '--progress', 'plain', '--events', 'seen'])
    await until(() => project.has('seen') && project.read('seen').includes('"task.started","task":"slow"'))
    project.write({go: ''})
    const [watched, ran] = [await endOf(watching), await endOf(running)]
    expect([watched.exitCode, ran.exitCode]).toEqual([0, 0])
    expect(watched.stdout).toBe(ran.stdout)
    for (const text of ['was quick', 'went on', 'halts succeeded']) expect(watched.stderr).toContain(text)
    expect(project.read('seen')).toBe((await project.run(['runs', 'show', 'latest', '--events'])).stdout)
    const array = JSON.parse((await project.run(['runs', 'show', 'latest', '--events', '--json'])).stdout) as RunEvent[]
    expect(steps(array)).toEqual(steps(await project.events()))
  })

  it('has the exit code of a run that has failed or was cancelled, also afterwards', async () => {
    const project = new Project(files)
    const {result} = await project.runJson('bad.yaml')
    const {exitCode, stdout} = await project.run(['runs', 'watch', '--json', '-q'])
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout)).toEqual(result)
  })

  it('leaves the run alone when it is stopped itself', async () => {
    const {project, running} = await halted()
    const watching = project.start(['runs', 'watch', '--progress', 'plain', '--events', 'seen'])
    await until(() => project.has('seen') && project.read('seen').includes('"task.started","task":"slow"'))
    watching.kill('SIGINT')
    const {exitCode, stderr} = await watching.ended
    expect([exitCode, stderr]).toEqual([130, expect.stringMatching(/Run \S+ goes on\.\n$/)])
    project.write({go: ''})
    expect((await endOf(running)).exitCode).toBe(0)
  })

  it('ends with an error when the process of the run dies', async () => {
    const {project, running} = await halted()
    const watching = project.start(['runs', 'watch', '--progress', 'plain'])
    running.kill('SIGKILL')
    await running.ended
    const {exitCode, stderr} = await watching.ended
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('died before the run ended')])
    expect(stderr).toContain('workflow runs resume')
  })
})
