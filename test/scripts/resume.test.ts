// `workflow runs resume`: what happens to each task of a run whose command was killed.

import {renameSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {haltOnce, killAt, resume, resumed} from '../rig/interrupted-run.ts'
import {Project, steps} from '../rig/project.ts'

/** Three tasks that need each other; the second halts. Each writes its name into `log`. */
const chain = (second = ''): string => `id: chain
inputs: {word: {type: string, default: none}}
tasks:
  - {id: one, type: core/shell.run, inputs: {command: 'echo one >> log; echo 1'}}
  - {id: two, type: core/shell.run, needs: [one], inputs: {command: ${JSON.stringify(`echo two >> log; ${haltOnce('halted')}; echo 2`)}}${second}}
  - {id: three, type: core/shell.run, needs: [two], env: {X: "{{ tasks.one.output.stdout }} {{ inputs.word }}"}, inputs: {command: 'echo "three $X" >> log; echo 3'}}
outputs: {all: "{{ tasks.one.output.stdout }}{{ tasks.two.output.stdout }}{{ tasks.three.output.stdout }}"}
`

describe('runs resume', () => {
  it('goes on where the run stood: what has ended is not run again, and what was given is still known', async () => {
    const project = new Project({'w.yaml': chain()})
    const run = await killAt(project, 'halted', ['run', 'w.yaml', '-i', 'word=given'])
    project.write({'w.yaml': 'not even a workflow'})
    const {result, exitCode, stderr} = await resumed(project, ['--retry', 'two'])
    expect({exitCode, run: result.run, status: result.status, outputs: result.outputs}).toEqual({
      exitCode: 0,
      run,
      status: 'succeeded',
      outputs: {all: '123'},
    })
    expect(result.tasks.map(({id, attempts}) => [id, attempts])).toEqual([
      ['one', 1],
      ['two', 2],
      ['three', 1],
    ])
    expect(project.read('log')).toBe('one\ntwo\ntwo\nthree 1 given\n')
    expect(stderr).toContain(`run ${run} is resumed`)
    expect(steps(await project.events())).toEqual([
      'run.started',
      'task.started one',
      'task.finished one',
      'task.started two',
      'run.resumed',
      'task.interrupted two',
      'task.started two',
      'task.finished two',
      'task.started three',
      'task.finished three',
      'run.finished',
    ])
  })

  it('asks what becomes of a task that was running, says what to type, and changes nothing', async () => {
    const project = new Project({'w.yaml': chain()})
    const run = await killAt(project, 'halted', ['run', 'w.yaml'])
    expect((await project.run(['runs', 'show'])).stdout).toContain(`workflow runs resume ${run}\n`)
    const {exitCode, stderr} = await resume(project)
    expect(exitCode).toBe(1)
    expect(stderr).toContain(`task "two" of run ${run} was running when its process died`)
    expect(stderr).toContain('two (attempt 1): --retry two runs it again, --skip two skips it, --fail two counts it as failed')
    expect(stderr).toContain(`workflow runs resume ${run} --retry-interrupted`)
    expect(steps(await project.events())).not.toContain('run.resumed')
    expect((await resumed(project, ['--retry-interrupted'])).result.status).toBe('succeeded')
  })

  it.each<[string, string[], string, string[]]>([
    ['--skip', ['--skip', 'two'], 'succeeded', ['succeeded', 'skipped', 'skipped']],
    ['--fail', ['--fail', 'two'], 'failed', ['succeeded', 'failed', 'skipped']],
  ])('%s ends the task without another attempt', async (_flag, args, status, tasks) => {
    const project = new Project({'w.yaml': chain().replace(/outputs:.*\n/, '')})
    await killAt(project, 'halted', ['run', 'w.yaml'])
    const {result, exitCode} = await resumed(project, args)
    expect([result.status, exitCode]).toEqual([status, status === 'failed' ? 1 : 0])
    expect(result.tasks.map((task) => task.status)).toEqual(tasks)
    expect(project.read('log')).toBe('one\ntwo\n')
  })

  it.each<[string, string, string]>([
    ['the task says so', ', idempotent: true', 'halted'],
    [
      'its program had not started, because what it requires was still asked',
      `, require: [{command: ${JSON.stringify(haltOnce('asked'))}, message: no}]`,
      'asked',
    ],
  ])('runs a task again by itself when %s', async (_why, second, file) => {
    const project = new Project({'w.yaml': chain(second)})
    if (file === 'asked') project.write({halted: ''})
    await killAt(project, file, ['run', 'w.yaml'])
    expect((await resumed(project)).result.status).toBe('succeeded')
  })

  it('refuses names that were not interrupted, and two words about one task', async () => {
    const project = new Project({'w.yaml': chain()})
    const run = await killAt(project, 'halted', ['run', 'w.yaml'])
    const unknown = await resume(project, ['--retry', 'tow'])
    expect(unknown.exitCode).toBe(2)
    expect(unknown.stderr).toContain(`task "tow" of run ${run} was not interrupted: running were: two`)
    expect(unknown.stderr).toContain('did you mean "two"?')
    const twice = await resume(project, ['--retry', 'two', '--skip', 'two'])
    expect([twice.exitCode, twice.stderr]).toEqual([2, expect.stringContaining('more than one thing is said of task "two"')])
  })

  it('does nothing, once a minute, when there is nothing to do; but a run that is named must be one to resume', async () => {
    const project = new Project({'w.yaml': 'id: w\ntasks: [{id: a, type: core/shell.run, inputs: {command: echo hi}}]\n'})
    expect(await resume(project)).toMatchObject({exitCode: 0, stdout: '', stderr: 'nothing to resume: there are no runs yet\n'})
    const {result} = await project.runJson('w.yaml')
    expect(await resume(project)).toMatchObject({exitCode: 0, stderr: `nothing to resume: run ${result.run} has succeeded\n`})
    const json = await resume(project, ['--json'])
    expect(JSON.parse(json.stdout)).toEqual({id: result.run, status: 'succeeded'})
    const named = await project.run(['runs', 'resume', result.run])
    expect([named.exitCode, named.stderr]).toEqual([1, expect.stringContaining(`nothing to resume: run ${result.run} has succeeded`)])
  })

  it('refuses a run that goes on', async () => {
    const project = new Project({'w.yaml': chain()})
    const running = project.start(['run', 'w.yaml'])
    await project.appears('halted', running)
    const [run] = (await project.json(['runs', 'list'])) as RunSummary[]
    const {exitCode, stderr} = await project.run(['runs', 'resume', run?.id ?? ''])
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`goes on: process ${String(running.pid)} drives it`)])
    expect(await resume(project)).toMatchObject({exitCode: 0})
    running.kill('SIGKILL')
    await running.ended
  })

  it('can itself be killed, ten times in a row', async () => {
    const command = 'n=$(wc -l < count); echo >> count; touch at$n; [ $n -ge 10 ] || sleep 600; echo $n'
    const project = new Project({
      'w.yaml': `id: w\ntasks:\n  - {id: a, type: core/shell.run, inputs: {command: 'echo once >> log'}}\n  - {id: b, type: core/shell.run, needs: [a], idempotent: true, inputs: {command: '${command}'}}\n`,
      count: '',
    })
    await killAt(project, 'at0', ['run', 'w.yaml'])
    for (let nth = 1; nth < 10; nth += 1) await killAt(project, `at${nth}`, ['runs', 'resume', 'latest'])
    const {result} = await resumed(project)
    expect([result.status, result.tasks[1]?.attempts, project.read('log')]).toEqual(['succeeded', 11, 'once\n'])
  })

  it('needs the plugins as they were, unless others are accepted', async () => {
    const manifest = (version: string): string =>
      `namespace: test\nname: p\nversion: ${version}\ncommand: [sh, main.sh]\nprotocol: plain\nactions: [{name: act}]\n`
    const project = new Project({
      'plugins/p/plugin.yaml': manifest('1.0.0'),
      'plugins/p/main.sh': 'echo {}\n',
      'w.yaml': chain(', idempotent: true').replace('outputs:', '  - {id: p, type: test/p.act, needs: [three]}\noutputs:'),
    })
    await killAt(project, 'halted', ['run', 'w.yaml'])
    project.write({'plugins/p/plugin.yaml': manifest('2.0.0')})
    const changed = await resume(project)
    expect([changed.exitCode, changed.stderr]).toEqual([
      1,
      expect.stringContaining('plugin "test/p" has version 2.0.0 now, and the run began with 1.0.0'),
    ])
    expect(changed.stderr).toContain('--accept-changed-plugins')
    renameSync(project.path('plugins'), project.path('gone'))
    const missing = await resume(project, ['--accept-changed-plugins'])
    expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringContaining('there is no plugin "test/p"')])
    renameSync(project.path('gone'), project.path('plugins'))
    project.write({'plugins/p/plugin.yaml': manifest('1.0.0'), 'plugins/p/main.sh': 'echo {} # another\n'})
    expect((await resume(project)).stderr).toMatch(/the files of plugin "test\/p" in \S+ have changed since the run began/)
    project.write({'plugins/p/plugin.yaml': manifest('2.0.0')})
    const {result, stderr} = await resumed(project, ['--accept-changed-plugins'])
    expect([result.status, stderr]).toEqual(['succeeded', expect.stringContaining('has version 2.0.0 now')])
  })
})
