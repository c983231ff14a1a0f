// Looking back at runs: list, show, logs.

import {describe, expect, it} from 'vitest'
import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {endOf, Project} from '../rig/project.ts'

const two = `id: two
tasks:
  - {id: one, type: core/shell.run, inputs: {command: 'echo 1a; echo 1b >&2'}}
  - {id: two, type: core/shell.run, needs: [one], retry: {max: 2, delay: 1ms}, inputs: {command: 'echo 2a; test -e tried || { touch tried; exit 1; }'}}
`
/** Prints a line, then waits for the file `go`. */
const gated = `id: gated
tasks:
  - {id: gate, type: core/shell.run, inputs: {command: 'echo before; until [ -e go ]; do sleep 0.01; done; echo after'}}
`

describe('runs list', () => {
  it('shows the newest first, by status, workflow and number', async () => {
    const project = new Project({
      'ok.yaml': 'id: ok\ntasks: [{id: a, type: core/shell.run, inputs: {command: "true"}}]\n',
      'bad.yaml': 'id: bad\ntasks: [{id: a, type: core/shell.run, inputs: {command: "false"}}]\n',
    })
    for (const file of ['ok.yaml', 'bad.yaml', 'ok.yaml']) await project.run(['run', file])
    const list = async (...args: string[]): Promise<string[]> =>
      ((await project.json(['runs', 'list', ...args])) as RunSummary[]).map(({workflow, status}) => `${workflow} ${status}`)
    expect(await list()).toEqual(['ok succeeded', 'bad failed', 'ok succeeded'])
    expect(await list('--limit', '1')).toEqual(['ok succeeded'])
    expect(await list('--status', 'failed')).toEqual(['bad failed'])
    expect(await list('--workflow', 'ok', '--limit', '5')).toEqual(['ok succeeded', 'ok succeeded'])
    expect(await list('--status', 'interrupted')).toEqual([])
    const {stdout} = await project.run(['runs', 'list'])
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t').length),
    ).toEqual([6, 6, 6])
  })

  it('of an empty home is empty, and makes nothing', async () => {
    const project = new Project()
    expect(await project.run(['runs', 'list'])).toEqual({exitCode: 0, signal: null, stdout: '', stderr: 'No runs yet.\n'})
    const {exitCode, stderr} = await project.run(['runs', 'show'])
    expect({exitCode, stderr}).toEqual({exitCode: 1, stderr: 'error[RUN_NOT_FOUND]: there are no runs yet\nhint: workflow run FILE\n'})
  })
})

describe('runs show', () => {
  it('tells of every task, by id, by the beginning of an id, and as the latest', async () => {
    const project = new Project({'w.yaml': two})
    const {result} = await project.runJson('w.yaml')
    for (const reference of [result.run, result.run.slice(0, -1), 'latest']) {
      expect(await project.json(['runs', 'show', reference])).toMatchObject({
        id: result.run,
        status: 'succeeded',
        tasks: [
          {id: 'one', status: 'succeeded', attempts: 1},
          {id: 'two', status: 'succeeded', attempts: 2},
        ],
      })
    }
    expect(await project.run(['runs', 'show', 'nonsense'])).toMatchObject({exitCode: 1})
  })

  it('of a run that goes on says so', async () => {
    const project = new Project({'w.yaml': gated})
    const running = project.start(['run', 'w.yaml'])
    await running.printed('gate | before')
    expect(await project.json(['runs', 'show'])).toMatchObject({status: 'running', tasks: [{id: 'gate', status: 'running'}]})
    project.write({go: ''})
    expect(await endOf(running)).toMatchObject({exitCode: 0})
  })
})

describe('runs logs', () => {
  it('prints what tasks wrote, of all or of some', async () => {
    const project = new Project({'w.yaml': two})
    await project.run(['run', 'w.yaml'])
    const logs = async (...args: string[]): Promise<string[]> =>
      (await project.run(['runs', 'logs', 'latest', ...args])).stdout.split('\n').sort()
    expect(await logs()).toEqual(['', 'one | 1a', 'one | 1b', 'two | 2a', 'two | 2a'])
    expect(await logs('--task', 'one')).toEqual(['', '1a', '1b'])
    expect(await logs('--task', 'one', '--task', 'two')).toEqual(['', 'one | 1a', 'one | 1b', 'two | 2a', 'two | 2a'])
    expect(await logs('--task', 'two', '--attempt', '2')).toEqual(['', '2a'])
    const json = JSON.parse((await project.run(['runs', 'logs', '--task', 'two', '--json'])).stdout) as object[]
    expect(json).toMatchObject([
      {type: 'task.log', task: 'two', attempt: 1, stream: 'stdout', message: '2a'},
      {type: 'task.log', task: 'two', attempt: 2, stream: 'stdout', message: '2a'},
    ])
    const wrong = await project.run(['runs', 'logs', 'latest', '--task', 'tow'])
    expect(wrong).toMatchObject({exitCode: 2})
    expect(wrong.stderr).toContain('did you mean "two"?')
  })

  it('--follow prints while the run goes on, and ends with it', async () => {
    const project = new Project({'w.yaml': gated})
    const running = project.start(['run', 'w.yaml'])
    await running.printed('gate | before')
    const following = project.start(['runs', 'logs', 'latest', '--follow'])
    await following.printed('gate | before\n', 'stdout')
    project.write({go: ''})
    expect(await following.ended).toMatchObject({exitCode: 0, stdout: 'gate | before\ngate | after\n', stderr: ''})
    expect(await endOf(running)).toMatchObject({exitCode: 0})
  })

  it('--follow ends when the process of the run dies', async () => {
    const project = new Project({'w.yaml': gated})
    const running = project.start(['run', 'w.yaml'])
    await running.printed('gate | before')
    const following = project.start(['runs', 'logs', 'latest', '--follow'])
    await following.printed('gate | before\n', 'stdout')
    running.kill('SIGKILL')
    expect(await following.ended).toMatchObject({exitCode: 0, stdout: 'gate | before\n'})
    project.write({go: ''})
  })

  it('go into a pipe without escape sequences, and with --raw as they are', async () => {
    const project = new Project({
      'w.yaml': `id: w\ntasks:\n  - {id: t, type: core/shell.run, inputs: {command: "printf 'a\\\\033[31mb\\\\rc\\\\n'"}}\n`,
    })
    await project.run(['run', 'w.yaml'])
    expect((await project.run(['runs', 'logs', '--task', 't'])).stdout).toBe('ab^Mc\n')
    expect((await project.run(['runs', 'logs', '--task', 't', '--raw'])).stdout).toBe('a\u001b[31mb\rc\n')
  })
})
