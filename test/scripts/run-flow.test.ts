// Which tasks run, in which order, and why the others do not.

import {describe, expect, it} from 'vitest'
import {parseEvents, Project, steps} from '../rig/project.ts'

const ok = '{command: "true"}'

/** Tasks as `id` -> the rest of the entry, in flow style. */
function workflow(tasks: Readonly<Record<string, string>>, head = ''): string {
  const entries = Object.entries(tasks).map(([id, rest]) => `  - {id: ${id}, type: core/shell.run, ${rest}}\n`)
  return `id: flow\n${head}tasks:\n${entries.join('')}`
}

const stateful = {
  bad: 'inputs: {command: "exit 2"}',
  after: `needs: [bad], inputs: ${ok}`,
  later: `needs: [after], inputs: ${ok}`,
  free: `inputs: ${ok}`,
  'after-free': `needs: [free], inputs: ${ok}`,
  onfailure: `needs: [later], if: '{{ failure() }}', inputs: ${ok}`,
  always: `needs: [bad, free], if: '{{ always() }}', inputs: ${ok}`,
  reads: `needs: [bad], if: '{{ tasks.bad.status == "failed" }}', env: {CODE: '{{ tasks.bad.error.code }}'}, inputs: {command: 'echo "$CODE"'}`,
  cancelled: `needs: [bad], if: '{{ cancelled() }}', inputs: ${ok}`,
}

describe('conditions', () => {
  it('decide, and every skip has its reason in words', async () => {
    const project = new Project({
      'w.yaml': workflow(
        {
          yes: `if: '{{ vars.n > 1 }}', inputs: ${ok}`,
          no: `if: '{{ vars.n > 5 }}', inputs: ${ok}`,
          never: `if: false, inputs: ${ok}`,
          behind: `needs: [no], inputs: ${ok}`,
          'far-behind': `needs: [behind, yes], inputs: ${ok}`,
          always: `needs: [far-behind], if: '{{ always() }}', inputs: ${ok}`,
          status: `needs: [no], if: '{{ tasks.no.status == "skipped" }}', inputs: ${ok}`,
          failure: `needs: [no], if: '{{ failure() }}', inputs: ${ok}`,
        },
        'vars: {n: 3}\n',
      ),
    })
    const {exitCode, result} = await project.runJson('w.yaml')
    expect({exitCode, counts: result.counts}).toEqual({exitCode: 0, counts: {succeeded: 3, failed: 0, skipped: 5, cancelled: 0}})
    expect(result.tasks.map(({id, status, reason}) => [id, status, reason])).toEqual([
      ['yes', 'succeeded', undefined],
      ['no', 'skipped', 'its condition is false: {{ vars.n > 5 }}'],
      ['never', 'skipped', 'its condition is false: {{ false }}'],
      ['behind', 'skipped', "needed task 'no' was skipped"],
      ['far-behind', 'skipped', "needed task 'behind' was skipped"],
      ['always', 'succeeded', undefined],
      ['status', 'succeeded', undefined],
      ['failure', 'skipped', 'its condition is false: {{ failure() }}'],
    ])
  })

  it('that are not true or false fail their task', async () => {
    const project = new Project({'w.yaml': workflow({a: `if: '{{ vars.n }}', inputs: ${ok}`}, 'vars: {n: 3}\n')})
    const {exitCode, error} = await project.runJson('w.yaml')
    expect(exitCode).toBe(1)
    expect(error('a')).toMatchObject({code: 'TEMPLATE_FAILED'})
    expect(error('a').message).toContain('must be true or false')
  })
})

describe('after a failure', () => {
  it('failFast starts nothing new, but what reads states', async () => {
    const project = new Project({'w.yaml': workflow(stateful)})
    const {exitCode, result, task} = await project.runJson('w.yaml', ['--concurrency', '1'])
    expect({exitCode, status: result.status, reason: result.reason}).toEqual({exitCode: 1, status: 'failed', reason: "task 'bad' failed"})
    const reason = "task 'bad' failed and failFast is on"
    expect(task('after')).toMatchObject({status: 'skipped', reason: "needed task 'bad' failed"})
    expect(task('free')).toMatchObject({status: 'skipped', reason})
    expect(task('after-free')).toMatchObject({status: 'skipped', reason})
    expect(task('later').status).toBe('skipped')
    for (const id of ['onfailure', 'always', 'reads']) expect([id, task(id).status]).toEqual([id, 'succeeded'])
    expect(task('reads').output).toMatchObject({stdout: 'EXIT_CODE'})
    expect(task('cancelled').status).toBe('skipped')
  })

  it.each([
    ['--keep-going', '', ['--keep-going']],
    ['failFast: false', 'failFast: false\n', []],
  ])('%s lets independent branches go on', async (_title, head, args) => {
    const {exitCode, task} = await new Project({'w.yaml': workflow(stateful, head)}).runJson('w.yaml', ['--concurrency', '1', ...args])
    expect(exitCode).toBe(1)
    for (const id of ['free', 'after-free', 'onfailure', 'always', 'reads']) expect([id, task(id).status]).toEqual([id, 'succeeded'])
    expect(task('after')).toMatchObject({status: 'skipped', reason: "needed task 'bad' failed"})
    expect(task('later')).toMatchObject({status: 'skipped', reason: "needed task 'after' was skipped"})
  })

  it('failFast ends each task once, also those that were about to be asked when an if could not be evaluated', async () => {
    const project = new Project({
      'w.yaml': workflow(
        {
          probe: 'continueOnError: true, inputs: {command: "exit 1"}',
          slow: 'inputs: {command: "until [ -e watched ]; do sleep 0.01; done; echo end"}',
          a: `needs: [probe], if: '{{ tasks.probe.output.exitCode == 0 }}', inputs: ${ok}`,
          b: `needs: [probe], if: '{{ vars.no }}', inputs: ${ok}`,
          c: `needs: [probe], if: '{{ vars.no }}', inputs: ${ok}`,
          watch: `needs: [a, b, c], if: '{{ always() }}', inputs: {command: "touch watched"}`,
        },
        'vars: {no: false}\n',
      ),
    })
    const {exitCode, result, task} = await project.runJson('w.yaml', ['--concurrency', '3'])
    expect({exitCode, counts: result.counts}).toEqual({exitCode: 1, counts: {succeeded: 2, failed: 2, skipped: 2, cancelled: 0}})
    expect(task('slow')).toMatchObject({status: 'succeeded', output: {stdout: 'end'}})
  })

  it('failFast lets what runs come to its end', async () => {
    const project = new Project({
      'w.yaml': workflow({
        slow: 'inputs: {command: "touch slow-runs; until [ -e bad-over ]; do sleep 0.01; done; echo end"}',
        bad: 'inputs: {command: "until [ -e slow-runs ]; do sleep 0.01; done; exit 1"}',
        watch: `needs: [bad], if: '{{ always() }}', inputs: {command: "touch bad-over"}`,
      }),
    })
    const {exitCode, task} = await project.runJson('w.yaml', ['--concurrency', '3'])
    expect(exitCode).toBe(1)
    expect(task('slow')).toMatchObject({status: 'succeeded', output: {stdout: 'end'}})
  })

  it('continueOnError makes it a warning that everybody sees', async () => {
    const project = new Project({
      'w.yaml': workflow({
        bad: 'continueOnError: true, inputs: {command: "echo the reason >&2; exit 2"}',
        after: `needs: [bad], inputs: ${ok}`,
        onfailure: `needs: [bad], if: '{{ failure() }}', inputs: ${ok}`,
      }),
    })
    const {exitCode, stderr} = await project.run(['run', 'w.yaml', '--progress', 'quiet'])
    expect(exitCode).toBe(0)
    expect(stderr).toContain('bad failed, but the run continued (continueOnError): EXIT_CODE: ')
    const {result, task} = await project.runJson('w.yaml')
    expect(result).toMatchObject({status: 'succeeded', counts: {succeeded: 1, failed: 1, skipped: 1, cancelled: 0}})
    expect(task('bad')).toMatchObject({status: 'failed', isTolerated: true})
    expect(task('after').status).toBe('succeeded')
    expect(task('onfailure').status).toBe('skipped')
    expect((await project.run(['runs', 'show'])).stdout).toContain('continueOnError')
  })
})

describe('retries', () => {
  const flaky = 'inputs: {command: "echo x >> tries; test $(wc -l < tries) -ge 3"}'

  it('go on until one succeeds, with events in order', async () => {
    const project = new Project({
      'w.yaml': workflow({
        flaky: `retry: {max: 5, delay: 1ms}, ${flaky}`,
        after: `needs: [flaky], env: {N: '{{ tasks.flaky.attempts }}'}, inputs: {command: 'echo "$N"'}`,
      }),
    })
    const {exitCode, task} = await project.runJson('w.yaml')
    expect(exitCode).toBe(0)
    expect(task('flaky')).toMatchObject({status: 'succeeded', attempts: 3})
    expect(task('after').output).toMatchObject({stdout: '3'})
    const events = await project.events()
    expect(steps(events)).toEqual([
      'run.started',
      'task.started flaky',
      'task.retrying flaky',
      'task.started flaky',
      'task.retrying flaky',
      'task.started flaky',
      'task.finished flaky',
      'task.started after',
      'task.finished after',
      'run.finished',
    ])
    expect(events.flatMap((event) => (event.type === 'task.started' ? [event.attempt] : []))).toEqual([1, 2, 3, 1])
    expect(events.find((event) => event.type === 'task.retrying')).toMatchObject({
      attempt: 1,
      delayMs: 1,
      error: {code: 'EXIT_CODE', exitCode: 1},
    })
  })

  it('are at most as many as the file says, in all', async () => {
    const project = new Project({'w.yaml': workflow({flaky: `retry: {max: 2, delay: 1ms}, ${flaky}`})})
    const {exitCode, task} = await project.runJson('w.yaml')
    expect(exitCode).toBe(1)
    expect(task('flaky')).toMatchObject({status: 'failed', attempts: 2})
    expect(project.read('tries')).toBe('x\nx\n')
  })

  it('follow a timeout only when they are asked to', async () => {
    const slow = 'timeout: 200ms, inputs: {command: "sleep 1000"}'
    const project = new Project({
      'w.yaml': workflow(
        {
          both: `retry: {max: 2, delay: 1ms}, ${slow}`,
          error: `retry: {max: 2, delay: 1ms, on: [error]}, ${slow}`,
        },
        'failFast: false\n',
      ),
    })
    const {task} = await project.runJson('w.yaml')
    expect(task('both')).toMatchObject({attempts: 2, error: {code: 'TIMEOUT'}})
    expect(task('error')).toMatchObject({attempts: 1, error: {code: 'TIMEOUT'}})
  })

  it('come from the defaults of the workflow', async () => {
    const project = new Project({'w.yaml': workflow({flaky}, 'defaults: {retry: {max: 3, delay: 1ms}}\n')})
    expect((await project.runJson('w.yaml')).task('flaky').attempts).toBe(3)
  })
})

describe('the timeout of a run', () => {
  it.each([
    ['in the file', 'timeout: 500ms\n', []],
    ['on the command line', 'timeout: 1h\n', ['--timeout', '500ms']],
  ])('%s stops it with exit code 7, and cleans up', async (_title, head, args) => {
    const project = new Project({
      'w.yaml': workflow(
        {
          hang: 'inputs: {command: "sleep 1000"}',
          next: `needs: [hang], inputs: ${ok}`,
          cleanup: `needs: [hang], if: '{{ always() }}', env: {S: '{{ tasks.hang.status }}'}, inputs: {command: 'echo "$S"'}`,
        },
        head,
      ),
    })
    const {exitCode, result, task} = await project.runJson('w.yaml', args)
    expect({exitCode, status: result.status, reason: result.reason}).toEqual({exitCode: 7, status: 'failed', reason: 'the run timed out'})
    expect(task('hang')).toMatchObject({status: 'cancelled', error: {code: 'CANCELLED'}})
    expect(task('next').status).toBe('skipped')
    expect(task('cleanup')).toMatchObject({status: 'succeeded', output: {stdout: 'cancelled'}})
    expect(await project.json(['runs', 'list'])).toMatchObject([{status: 'failed', reason: 'the run timed out'}])
  })

  it('that is not a duration is wrong usage', async () => {
    const {exitCode, stderr} = await new Project({'w.yaml': workflow({a: `inputs: ${ok}`})}).run(['run', 'w.yaml', '--timeout', 'soon'])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^error\[USAGE\]: --timeout soon .*\nhint: /)
  })
})

describe('parallel tasks', () => {
  const meet = {
    left: 'inputs: {command: "touch left; until [ -e right ]; do sleep 0.01; done"}',
    right: 'inputs: {command: "touch right; until [ -e left ]; do sleep 0.01; done"}',
  }

  it('really overlap: each waits for the file of the other', async () => {
    const {exitCode} = await new Project({'w.yaml': workflow(meet)}).runJson('w.yaml', ['--concurrency', '2'])
    expect(exitCode).toBe(0)
  })

  it.each([
    ['--concurrency 1', '', ['--concurrency', '1'], {}],
    ['parallelism: 1', 'parallelism: 1\n', [], {}],
    ['AUTOKESTRA_CONCURRENCY=1', 'parallelism: 2\n', [], {AUTOKESTRA_CONCURRENCY: '1'}],
  ])('%s runs them one after the other', async (_title, head, args, env) => {
    const alone = 'inputs: {command: "mkdir busy && rmdir busy"}'
    const tasks = Object.fromEntries(Array.from({length: 12}, (_, n) => [`t${String(n)}`, alone]))
    const project = new Project({'w.yaml': workflow(tasks, head)})
    const {exitCode} = await project.runJson('w.yaml', args, {env})
    expect(exitCode).toBe(0)
    expect(steps(await project.events())).toEqual([
      'run.started',
      ...Object.keys(tasks).flatMap((id) => [`task.started ${id}`, `task.finished ${id}`]),
      'run.finished',
    ])
  })

  it('never mix the lines of their logs', async () => {
    const line = (id: string): string => id.repeat(4000)
    const script = (id: string): string =>
      `inputs: {parse: none, command: "touch ${id}; until [ -e a ] && [ -e b ] && [ -e c ]; do sleep 0.01; done; x=$(printf '%4000s' | tr ' ' ${id}); for i in $(seq 300); do printf '%s' $x; echo; done"}`
    const project = new Project({'w.yaml': workflow({a: script('a'), b: script('b'), c: script('c')})})
    const {exitCode, stderr} = await project.run(['run', 'w.yaml', '--concurrency', '3', '--events', 'events', '--progress', 'plain'])
    expect(exitCode).toBe(0)
    const lines = parseEvents(project.read('events')).flatMap((event) => (event.type === 'task.log' ? [[event.task, event.message]] : []))
    expect(lines).toHaveLength(900)
    const wrong = lines.filter(([task = '', message]) => message !== line(task))
    expect(wrong).toEqual([])
    const shown = stderr.split('\n').filter((text) => text.includes(' | '))
    expect(shown).toHaveLength(900)
    expect(shown.filter((text) => text !== `${text.charAt(0)} | ${line(text.charAt(0))}`)).toEqual([])
  })
})
