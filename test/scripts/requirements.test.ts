// `require`: what must hold before a task starts.

import {describe, expect, it} from 'vitest'
import {expectNoLeaks} from '../rig/canary.ts'
import {parseEvents, Project} from '../rig/project.ts'
import {storeSecrets} from '../rig/secret-store.ts'

const workflow = (require: string, more = ''): Record<string, string> => ({
  'w.yaml': `id: w
vars: {limit: 0, name: "'; touch never; '"}
tasks:
  - id: t
    type: core/shell.run
    require: ${require}
    inputs: {command: 'echo ran; touch started'}
    ${more}
`,
})

describe('what a task requires', () => {
  it('is asked once, in order, before its first attempt', async () => {
    const project = new Project(
      workflow(
        '[{command: "echo one >> asked", message: m}, {if: "{{ vars.limit == 0 }}", message: m}, {command: "echo two >> asked; echo said", message: m}]',
        'retry: {max: 2, delay: 1ms}\n    env: {X: y}',
      ),
    )
    project.write({'w.yaml': project.read('w.yaml').replace("'echo ran; touch started'", "'test -e again || { touch again; exit 3; }'")})
    const run = await project.runJson('w.yaml', ['--events', 'events'])
    expect(run.task('t')).toMatchObject({status: 'succeeded', attempts: 2})
    expect(project.read('asked')).toBe('one\ntwo\n')
    const types = parseEvents(project.read('events')).map((event) => event.type)
    expect(types).toEqual([
      'run.started',
      'task.started',
      'task.required',
      'task.retrying',
      'task.started',
      'task.finished',
      'run.finished',
    ])
  })

  it.each([
    ['a command', '{command: "echo looked; echo why >&2; exit 4", message: "do {{ vars.name }}"}', "do '; touch never; '", 'exit code 4'],
    ['a command that hangs', '{command: "sleep 600", timeout: 200ms, message: slow}', 'slow', 'took longer than 200ms'],
    ['a command that is not there', '{command: no-such-program-here, message: install it}', 'install it', 'exit code 127'],
  ])('fails it with the message: %s', async (_title, requirement, message, detail) => {
    const project = new Project(workflow(`[${requirement}]`, 'retry: {max: 5}'))
    const run = await project.runJson('w.yaml')
    expect(run.exitCode).toBe(1)
    expect(run.error('t')).toMatchObject({code: 'REQUIREMENT_FAILED', message, retryable: false})
    expect(run.error('t').details?.[0]).toContain(detail)
    expect([run.task('t').attempts, project.has('started'), project.has('never')]).toEqual([1, false, false])
  })

  it('fails it when a condition is false, and when it is neither true nor false', async () => {
    const project = new Project(workflow('[{if: "{{ vars.limit > 0 }}", message: "limit is {{ vars.limit }}"}]'))
    expect((await project.runJson('w.yaml')).error('t')).toMatchObject({code: 'REQUIREMENT_FAILED', message: 'limit is 0'})
    expect((await project.runJson('w.yaml', ['--var', 'limit=1'])).exitCode).toBe(0)
    project.write(workflow('[{if: "{{ vars.limit }}", message: m}]'))
    expect((await project.runJson('w.yaml')).error('t')).toMatchObject({
      code: 'TEMPLATE_FAILED',
      message: expect.stringContaining('not a value of type number'),
    })
  })

  it('has the env and the directory of the task, and shows none of its secrets', async () => {
    const key = 'canary-of-a-requirement'
    const project = new Project({
      'w.yaml': `id: w
secrets: [KEY]
tasks:
  - id: t
    type: core/shell.run
    workingDir: sub
    env: {TOKEN: '{{ secrets.KEY }}'}
    require: [{command: 'test -e here; echo "token is $TOKEN"; exit 1', message: no}]
    inputs: {command: 'true'}
`,
      'sub/here': '',
    })
    await storeSecrets(project, {KEY: key})
    const run = await project.runJson('w.yaml', ['--events', 'events'])
    expect(run.error('t')).toMatchObject({details: [expect.stringContaining('exit code 1'), 'token is ***SECRET***']})
    expectNoLeaks({KEY: key}, project.home, {stdout: run.stdout, stderr: run.stderr, events: project.read('events')})
  })

  it('ends with the run', async () => {
    const project = new Project(workflow('[{command: "touch asking; sleep 600", timeout: 1h, message: m}]'))
    const running = project.start(['run', 'w.yaml'])
    await project.appears('asking', running)
    running.kill('SIGINT')
    expect((await running.ended).exitCode).toBe(130)
    expect(project.has('started')).toBe(false)
  })

  it('is checked with the workflow', async () => {
    const project = new Project({
      'w.yaml': `id: w
security: restricted
secrets: [KEY]
tasks:
  - id: t
    type: core/console.log
    inputs: {message: '{{ secrets.KEY }}'}
    require:
      - {command: 'test "{{ vars.x }}"', message: m, timeout: soon}
      - {if: 'true', message: '{{ secrets.KEY }}'}
      - {if: '{{ vars.x }}', message: m}
      - {message: m}
`,
    })
    const {exitCode, stdout} = await project.run(['validate', 'w.yaml', '--format', 'json'])
    expect(exitCode).toBe(3)
    const [{diagnostics}] = JSON.parse(stdout) as [{diagnostics: {code: string; line: number}[]}]
    expect(diagnostics.map(({code, line}) => `${String(line)} ${code}`)).toMatchInlineSnapshot(`
      [
        "9 command-not-allowed",
        "9 template-not-allowed",
        "9 bad-duration",
        "10 bad-if",
        "10 secret-not-allowed",
        "11 unknown-var",
        "12 invalid-value",
      ]
    `)
  })
})
