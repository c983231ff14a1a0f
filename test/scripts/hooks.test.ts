// Hooks of real runs: after every kind of end, with real signals.

import {describe, expect, it} from 'vitest'
import {expectNoLeaks} from '../rig/canary.ts'
import {endOf, parseEvents, Project, steps} from '../rig/project.ts'

const shell = (id: string, command: string, more = ''): string =>
  `{id: ${id}, type: core/shell.run${more}, inputs: {command: '${command}'}}`
const note = (id: string, more = ''): string => shell(id, `echo ${id} >> notes`, more)
const everyList = `hooks:
  onSuccess: [${note('won')}]
  onFailure: [${note('lost')}]
  onCancel: [${note('stopped')}]
  finally: [${note('last')}, ${note('very-last')}]
`
const workflow = (task: string, hooks = everyList, head = ''): string => `id: w\n${head}tasks: [${task}]\n${hooks}`
const hanging = shell('hang', 'touch hangs; exec sleep 1000')

describe('hooks', () => {
  it.each([
    ['a success', shell('a', 'true'), '', 0, 'succeeded', 'won'],
    ['a failure', shell('a', 'false'), '', 1, 'failed', 'lost'],
    ['a tolerated failure', shell('a', 'false', ', continueOnError: true'), '', 0, 'succeeded', 'won'],
    ['the timeout of the run', shell('a', 'exec sleep 1000'), 'timeout: 300ms\n', 7, 'failed', 'lost'],
  ])('that fit run after %s, then finally', async (_title, task, head, exitCode, status, first) => {
    const project = new Project({'w.yaml': workflow(task, everyList, head)})
    const run = await project.runJson('w.yaml')
    expect({exitCode: run.exitCode, status: run.result.status}).toEqual({exitCode, status})
    expect(project.read('notes')).toBe(`${first}\nlast\nvery-last\n`)
    expect(run.result.tasks.map(({id, hook}) => [id, hook])).toEqual([
      ['a', undefined],
      [first, {won: 'onSuccess', lost: 'onFailure'}[first]],
      ['last', 'finally'],
      ['very-last', 'finally'],
    ])
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('of onCancel and finally run after %s', async (signal, exitCode) => {
    const project = new Project({'w.yaml': workflow(hanging)})
    const running = project.start(['run', 'w.yaml', '--events', '-', '--progress', 'plain'])
    await project.appears('hangs', running)
    running.kill(signal)
    const ended = await endOf(running)
    expect(ended.exitCode).toBe(exitCode)
    expect(project.read('notes')).toBe('stopped\nlast\nvery-last\n')
    expect(steps(parseEvents(ended.stdout)).filter((step) => !step.startsWith('task.started'))).toEqual([
      'run.started',
      'run.stopping',
      'task.finished hang',
      'hooks.started',
      'task.finished stopped',
      'hooks.started',
      'task.finished last',
      'task.finished very-last',
      'run.finished',
    ])
  })

  it('are ended by a second Ctrl-C, and no more start', async () => {
    const project = new Project({
      'w.yaml': workflow(hanging, `hooks:\n  onCancel: [${shell('slow', 'touch slow; exec sleep 1000')}]\n  finally: [${note('last')}]\n`),
    })
    const running = project.start(['run', 'w.yaml', '--progress', 'plain'])
    await project.appears('hangs', running)
    running.kill('SIGINT')
    await project.appears('slow', running)
    running.kill('SIGINT')
    expect(await endOf(running)).toMatchObject({exitCode: 130})
    expect(project.has('notes')).toBe(false)
    const events = await project.events()
    expect(events.at(-1)).toMatchObject({type: 'run.finished', status: 'cancelled', counts: {cancelled: 2, succeeded: 0}})
  })

  it('go on when Ctrl-C is pressed while they run, and the run ends as cancelled', async () => {
    const project = new Project({
      'w.yaml': workflow(
        shell('a', 'true'),
        `hooks:\n  onSuccess: [${shell('slow', 'touch slow; while ! test -e go; do sleep 0.02; done; echo slow >> notes')}]\n  finally: [${note('last')}]\n`,
      ),
    })
    const running = project.start(['run', 'w.yaml', '--progress', 'plain'])
    await project.appears('slow', running)
    running.kill('SIGINT')
    await running.printed('stopping: Ctrl-C was pressed')
    project.write({go: ''})
    const ended = await endOf(running)
    expect(ended).toMatchObject({exitCode: 130})
    expect(ended.stderr).toContain('the hooks that run go on')
    expect(project.read('notes')).toBe('slow\nlast\n')
  })

  it('have timeouts and retries of their own, also after the timeout of the run', async () => {
    const hooks = `hooks:\n  onFailure:\n    - ${shell('again', 'test -e tried || { touch tried; exit 1; }', ', retry: {max: 2, delay: 1ms}')}\n    - ${shell('slow', 'exec sleep 1000', ', timeout: 200ms')}\n  finally: [${note('last')}]\n`
    const project = new Project({'w.yaml': workflow(shell('a', 'exec sleep 1000'), hooks, 'timeout: 300ms\n')})
    const run = await project.runJson('w.yaml')
    expect(run).toMatchObject({exitCode: 7, result: {status: 'failed', reason: 'the run timed out'}})
    expect(run.task('again')).toMatchObject({status: 'succeeded', attempts: 2})
    expect(run.error('slow').code).toBe('TIMEOUT')
    expect(project.read('notes')).toBe('last\n')
  })

  it('fail a run that would have succeeded, with a reason that names them, unless continueOnError', async () => {
    const project = new Project({
      'w.yaml': workflow(
        shell('a', 'true'),
        `hooks: {onSuccess: [${shell('bad', 'exit 3')}, ${note('next')}], finally: [${shell('look', 'test "$S" = failed', ", env: {S: '{{ run.status }}'}")}]}\n`,
      ),
      'tolerated.yaml': workflow(shell('a', 'true'), `hooks: {onSuccess: [${shell('bad', 'exit 3', ', continueOnError: true')}]}\n`),
    })
    const run = await project.runJson('w.yaml')
    expect(run).toMatchObject({exitCode: 1, result: {status: 'failed', reason: "hook 'bad' failed"}})
    expect(run.task('look').status).toBe('succeeded')
    expect(project.read('notes')).toBe('next\n')
    expect(await project.runJson('tolerated.yaml')).toMatchObject({exitCode: 0, result: {status: 'succeeded'}})
    const {stdout} = await project.run(['runs', 'list', '--json'])
    expect(JSON.parse(stdout)).toMatchObject([{status: 'succeeded'}, {reason: "hook 'bad' failed"}])
  })

  it('see the tasks, the outputs and what has failed, and run after outputs that cannot be evaluated', async () => {
    const env = `, env: {S: '{{ run.status }}', F: '{{ run.failed.join(",") }}', O: '{{ toJson(outputs) }}'}`
    const hooks = `hooks: {finally: [${shell('look', 'echo "$S|$F|$O" >> notes', env)}]}\n`
    const project = new Project({
      'good.yaml': workflow(shell('a', 'echo 7'), `${hooks}outputs: {n: '{{ int(tasks.a.output.stdout.trim()) }}'}\n`),
      'bad.yaml': workflow(
        `${shell('a', 'false')}, ${shell('b', 'false', ', continueOnError: true')}, ${shell('c', 'false')}`,
        `${hooks}outputs: {n: 1}\n`,
        'failFast: false\n',
      ),
      'broken.yaml': workflow(shell('a', 'true'), `${hooks}outputs: {n: '{{ tasks.a.output.value.nothing }}'}\n`),
    })
    expect(await project.runJson('good.yaml')).toMatchObject({exitCode: 0, result: {outputs: {n: 7}}})
    expect(await project.runJson('bad.yaml')).toMatchObject({exitCode: 1})
    const broken = await project.runJson('broken.yaml')
    expect(broken).toMatchObject({exitCode: 1, result: {status: 'failed'}})
    expect(broken.result.reason).toContain('tasks.a.output.value does not exist')
    expect(project.read('notes')).toBe('succeeded||{"n":7}\nfailed|a,c|{}\nfailed||{}\n')
  })

  it('run whichever tasks are selected, and have the default inputs of their type', async () => {
    const project = new Project({
      'w.yaml': `id: w\ndefault: [a]\ndefaults: {core/shell.run: {command: echo default >> notes}}\ntasks: [{id: a, type: core/shell.run}, {id: b, type: core/shell.run}]\nhooks: {finally: [{id: last, type: core/shell.run}]}\n`,
      'reads.yaml': workflow(
        `${shell('a', 'true')}, ${shell('b', 'true')}`,
        `hooks: {finally: [${shell('last', 'true', ", env: {B: '{{ tasks.b.status }}'}")}]}\n`,
      ),
      'bad.yaml': `id: w\ndefault: [last]\ntasks: [{id: a, type: core/shell.run}]\nhooks: {finally: [{id: last, type: core/shell.run, inputs: {x: 1}}]}\n`,
    })
    expect((await project.runJson('w.yaml')).result.tasks.map(({id}) => id)).toEqual(['a', 'last'])
    expect(project.read('notes')).toBe('default\ndefault\n')
    expect(JSON.parse((await project.run(['tasks', 'w.yaml', '--json'])).stdout)).toMatchObject({tasks: [{id: 'a'}, {id: 'b'}]})
    const left = await project.run(['run', 'reads.yaml', 'a'])
    expect(left).toMatchObject({exitCode: 2})
    expect(left.stderr).toContain('"last" reads the task "b", which does not run')
    expect(await project.run(['run', 'reads.yaml', 'last'])).toMatchObject({exitCode: 2})
    const bad = await project.run(['validate', 'bad.yaml'])
    expect(bad.stdout).toContain('there is no task "last"')
    expect(bad.stdout).toContain('bad.yaml:4:')
  })

  it('are shown by --dry-run, runs show and runs logs', async () => {
    const project = new Project({
      'w.yaml': workflow(shell('a', 'false'), `hooks: {onFailure: [${shell('tell', 'echo told')}], finally: [${shell('end', 'true')}]}\n`),
    })
    const planned = JSON.parse((await project.run(['run', 'w.yaml', '--dry-run', '--json'])).stdout) as {tasks: object[]; hooks: object}
    expect(planned).toMatchObject({tasks: [{id: 'a'}], hooks: {onFailure: [{id: 'tell', maxAttempts: 1}], finally: [{id: 'end'}]}})
    expect((await project.run(['run', 'w.yaml', '--dry-run'])).stdout).toMatch(/^tell \(onFailure\)\t/m)
    const {stderr} = await project.run(['run', 'w.yaml', '--progress', 'plain'])
    expect(stderr).toContain("the run has failed: task 'a' failed; starting hooks: tell\ntell: started\n")
    expect((await project.run(['runs', 'show', 'latest'])).stdout).toMatch(/\ttell \(onFailure\)\tsucceeded\t/)
    expect((await project.run(['runs', 'logs', 'latest', '--task', 'tell'])).stdout).toContain('told')
  })

  it('get only the secrets they name, and nothing of these leaks', async () => {
    const secret = 'k7Jq-hook-5512-secretly'
    const project = new Project({
      'w.yaml': workflow(
        shell('a', 'false'),
        `hooks: {onFailure: [${shell('tell', 'echo "<$TOKEN>"; exit 4', ", env: {TOKEN: '{{ secrets.CHAT }}'}")}]}\n`,
        'secrets: [CHAT]\n',
      ),
    })
    const ended = await project.run(['run', 'w.yaml', '--events', '-', '--progress', 'plain', '-v'], {env: {CHAT: secret}})
    expect(ended.exitCode).toBe(1)
    expect(ended.stderr).toContain('tell | <***SECRET***>')
    expectNoLeaks({CHAT: secret}, project.home, {stdout: ended.stdout, stderr: ended.stderr})
  })
})
