// Tasks that wait for something, in real runs.

import {describe, expect, it} from 'vitest'
import {expectNoLeaks} from '../rig/canary.ts'
import {endOf, Project} from '../rig/project.ts'

/** Prints 1, 1, 2, 2, 3, …: one word per attempt. */
const counting = 'n=$(cat n 2>/dev/null || echo 1); echo $((n+1)) > n; echo "say $n"; echo $(((n+1)/2)) >&2'
const waiting = (until: string, more = '', command = counting): string =>
  `  - {id: wait, type: core/shell.run, until: ${until}${more}, inputs: {command: '${command}'}}\n`
const number = '{{ int(output.stderr.trim()) }}'.slice(3, -3)

describe('until', () => {
  it('runs the task until its condition holds; what follows sees the last output', async () => {
    const next = `  - {id: next, type: core/shell.run, needs: [wait], env: {SEEN: '{{ tasks.wait.output.stdout }}{{ tasks.wait.attempts }}'}, inputs: {command: 'echo "$SEEN" > seen'}}\n`
    const project = new Project({'w.yaml': `id: w\ntasks:\n${waiting(`{if: "{{ ${number} >= 3 }}", every: 20ms}`)}${next}`})
    const run = await project.runJson('w.yaml')
    expect(run).toMatchObject({exitCode: 0, result: {counts: {succeeded: 2}}})
    expect(run.task('wait')).toMatchObject({status: 'succeeded', attempts: 5})
    expect(project.read('seen')).toBe('say 55\n')
  })

  it('shows a line when something has changed, not for every attempt', async () => {
    const project = new Project({'w.yaml': `id: w\ntasks:\n${waiting(`{if: "{{ ${number} >= 3 }}", every: 20ms}`)}`})
    const {stderr} = await project.run(['run', 'w.yaml', '--progress', 'plain'])
    const lines = stderr.split('\n').filter((line) => line.startsWith('wait'))
    expect(lines.map((line) => line.replace(/ in [\d.]+ m?s/, ''))).toEqual([
      'wait: started',
      'wait | say 1',
      'wait | 1',
      'wait: waiting: output.stderr is "1"; runs again',
      'wait: waiting: output.stderr is "2"; runs again',
      'wait | say 5',
      'wait | 3',
      'wait: succeeded after 5 attempts',
    ])
    const logs = await project.run(['runs', 'logs', 'latest', '--task', 'wait'])
    expect(logs.stdout).toContain('say 2')
    const [shown] = ((await project.json(['runs', 'show', 'latest'])) as {tasks: object[]}).tasks
    expect(shown).toMatchObject({attempts: 5, polls: 4, seen: 'output.stderr is "2"'})
  })

  it('holds for each item of a task by itself', async () => {
    const task = `  - {id: wait, type: core/shell.run, forEach: {items: [1, 2, 3]}, until: {if: "{{ int(output.stdout) >= item }}", every: 20ms}, env: {N: '{{ index }}'}, inputs: {command: 'echo . >> "n$N"; wc -l < "n$N"'}}\n`
    const project = new Project({'w.yaml': `id: w\ntasks:\n${task}`})
    expect(await project.runJson('w.yaml')).toMatchObject({exitCode: 0, result: {counts: {succeeded: 1}}})
    const ends = (await project.events()).flatMap((event) => (event.type === 'task.finished' ? [[event.task, event.attempt] as const] : []))
    expect(Object.fromEntries(ends)).toMatchObject({'wait[0]': 1, 'wait[1]': 2, 'wait[2]': 3})
  })

  it('fails with TIMEOUT at its limit, and the message names it', async () => {
    const project = new Project({'w.yaml': `id: w\ntasks:\n${waiting('{if: "{{ false }}", every: 500ms, limit: 2s}')}`})
    const run = await project.runJson('w.yaml')
    expect(run.exitCode).toBe(1)
    expect(run.error('wait')).toMatchObject({
      code: 'TIMEOUT',
      message: 'the condition of "until" did not hold within 2s; until.limit allows more',
    })
    // Every 500 ms; a busy machine may miss some.
    expect(run.task('wait').attempts).toBeGreaterThan(1)
  })

  it('leaves its slot to others while it waits', async () => {
    const other = `  - {id: other, type: core/shell.run, inputs: {command: touch done}}\n`
    const project = new Project({
      'w.yaml': `id: w\nparallelism: 1\ntasks:\n${waiting('{if: "{{ output.exitCode == 0 && output.stdout != "" }}", every: 10ms}'.replaceAll('""', "''"), '', 'test -e done && echo yes; true')}${other}`,
    })
    expect(await project.runJson('w.yaml')).toMatchObject({exitCode: 0, result: {counts: {succeeded: 2}}})
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('is ended by %s while it waits', async (signal, exitCode) => {
    const project = new Project({
      'w.yaml': `id: w\ntasks:\n${waiting('{if: "{{ false }}", every: 1h, limit: 2h}')}hooks: {onCancel: [{id: last, type: core/shell.run, inputs: {command: touch last}}]}\n`,
    })
    const running = project.start(['run', 'w.yaml', '--progress', 'plain'])
    await running.printed('runs again in')
    running.kill(signal)
    expect(await endOf(running)).toMatchObject({exitCode})
    expect(project.has('last')).toBe(true)
    expect((await project.events()).find(({type}) => type === 'task.finished')).toMatchObject({
      status: 'cancelled',
      error: {message: expect.stringContaining('stopped, because the run was') as string},
    })
  })

  it('is ended by the timeout of the run', async () => {
    const project = new Project({'w.yaml': `id: w\ntimeout: 400ms\ntasks:\n${waiting('{if: "{{ false }}", every: 1h, limit: 2h}')}`})
    expect(await project.runJson('w.yaml')).toMatchObject({exitCode: 7, result: {counts: {cancelled: 1}}})
  })

  it('fails the task when its condition cannot be evaluated, or is neither true nor false', async () => {
    const project = new Project({
      'missing.yaml': `id: w\ntasks:\n${waiting('{if: "{{ output.value.nothing == 1 }}", every: 20ms}')}`,
      'number.yaml': `id: w\ntasks:\n${waiting('{if: "{{ output.exitCode }}", every: 20ms}')}`,
    })
    const missing = await project.runJson('missing.yaml')
    expect(missing.error('wait')).toMatchObject({
      code: 'TEMPLATE_FAILED',
      message: expect.stringMatching(/^in until\.if, missing\.yaml:3:\d+: /) as string,
    })
    expect(missing.task('wait').attempts).toBe(1)
    expect((await project.runJson('number.yaml')).error('wait').message).toBe(
      'in until.if: the condition must be true or false, not a value of type number',
    )
  })

  it('hides secrets in what it has seen, also in a value that is cut', async () => {
    const secret = 'Zq81-polled-value-77'
    const command = 'printf "%0110d%s" 0 "$TOKEN"'
    const project = new Project({
      'w.yaml': `id: w\nsecrets: [KEY]\ntasks:\n${waiting('{if: "{{ output.stdout == \'x\' }}", every: 300ms, limit: 1s}', ", env: {TOKEN: '{{ secrets.KEY }}'}", command)}`,
    })
    const ended = await project.run(['run', 'w.yaml', '--events', '-', '--progress', 'plain'], {env: {KEY: secret}})
    expect(ended.exitCode).toBe(1)
    expect(ended.stdout).toContain('"task.polled"')
    expectNoLeaks({KEY: secret, beginning: secret.slice(0, 9)}, project.home, {stdout: ended.stdout, stderr: ended.stderr})
  })
})
