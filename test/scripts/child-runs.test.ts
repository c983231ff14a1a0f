// `core/workflow.run`: a task that is a run of its own.

import {readFileSync, rmSync, symlinkSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import type {RunDetails} from '../../src/lib/engine/run-details.ts'
import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {tagHolders, until} from '../rig/processes.ts'
import {endOf, finishedRun, Project, steps} from '../rig/project.ts'

type Shown = RunSummary & RunDetails

const child = (command: string, more = ''): string => `id: child
inputs: {day: {type: string, default: none}}
${more}
tasks:
  - {id: say, type: core/shell.run, env: {DAY: "{{ inputs.day }}"}, inputs: {command: ${JSON.stringify(command)}}}
outputs: {said: "{{ tasks.say.output.stdout }}", list: [1, {two: null}]}
`
const parent = (inputs: string, more = ''): string => `id: parent
${more}
tasks:
  - {id: run, type: core/workflow.run, inputs: ${inputs}}
  - {id: after, type: core/shell.run, needs: [run], env: {SAID: "{{ tasks.run.output.said }}"}, inputs: {command: 'echo "$SAID"'}}
outputs: {got: "{{ tasks.run.output }}", after: "{{ tasks.after.output.stdout }}"}
`

async function runs(project: Project): Promise<RunSummary[]> {
  return (await project.json(['runs', 'list'])) as RunSummary[]
}

describe('a task that runs a workflow', () => {
  it('has its outputs; the two runs are linked both ways, and each has its own log', async () => {
    const project = new Project({
      'sub/child.yaml': child('echo "it is $DAY"'),
      'parent.yaml': parent('{file: sub/child.yaml, inputs: {day: "{{ run.workflow }}"}}'),
    })
    const ended = project.start(['run', 'parent.yaml', '--json', '--progress', 'plain'])
    const {result, stderr} = finishedRun(await endOf(ended))
    expect(result.outputs).toEqual({got: {said: 'it is parent', list: [1, {two: null}]}, after: 'it is parent'})
    const [made, own] = await runs(project)
    expect([made?.workflow, made?.parent, own?.workflow, own?.parent]).toEqual([
      'child',
      {run: result.run, task: 'run'},
      'parent',
      undefined,
    ])
    expect(stderr).toContain(`run: run ${made?.id ?? ''}\n`)
    expect(result.tasks[0]).toMatchObject({id: 'run', child: made?.id})
    expect(stderr).not.toContain('say')
    const shown = (await project.json(['runs', 'show'])) as Shown & {tasks: {id: string; child?: string}[]}
    expect([shown.id, shown.tasks[0]?.child]).toEqual([result.run, made?.id])
    const text = await project.run(['runs', 'show', made?.id ?? ''])
    expect(text.stdout).toContain(`task run of run ${result.run}`)
    expect((await project.run(['runs', 'list'])).stdout).toContain(`${result.run} run`)
    expect((await project.run(['runs', 'logs', made?.id ?? ''])).stdout).toBe('say | it is parent\n')
    expect(steps(await project.events())).toEqual([
      'run.started',
      'task.started run',
      'task.child run',
      'task.finished run',
      'task.started after',
      'task.finished after',
      'run.finished',
    ])
  })

  it('is checked with its parent: nothing starts while the child, or its child, has an error', async () => {
    const project = new Project({
      'parent.yaml':
        'id: p\ntasks:\n  - {id: first, type: core/shell.run, inputs: {command: touch started}}\n  - {id: run, type: core/workflow.run, inputs: {file: child.yaml}}\n',
      'child.yaml': 'id: c\ntasks: [{id: run, type: core/workflow.run, inputs: {file: deep/grandchild.yaml}}]\n',
      'deep/grandchild.yaml': 'id: g\ntasks: [{id: x, type: core/shell.run, inputs: {comand: "true"}}]\n',
    })
    for (const command of ['run', 'validate']) {
      const {exitCode, stderr, stdout} = await project.run([command, 'parent.yaml'])
      expect(exitCode).toBe(3)
      expect(stderr + stdout).toContain('deep/grandchild.yaml:2')
    }
    expect(project.has('started')).toBe(false)
    expect(await runs(project)).toEqual([])
  })

  it.each<[string, Record<string, string>, RegExp]>([
    ['is missing', {}, /there is no workflow file "child\.yaml"/],
    [
      'does not get its inputs',
      {'child.yaml': child('true', '').replace('default: none', 'required: true')},
      /the input "day" is required/,
    ],
    [
      'runs its parent',
      {'child.yaml': 'id: c\ntasks: [{id: r, type: core/workflow.run, inputs: {file: link.yaml}}]\n'},
      /parent\.yaml → child\.yaml → parent\.yaml/,
    ],
    [
      'reads another secret',
      {'child.yaml': child('true', 'secrets: [TOKEN, OTHER]')},
      /reads the secret "OTHER", which this workflow does not declare/,
    ],
    ['is disabled', {'child.yaml': child('true', 'enabled: false')}, /is disabled/],
  ])('is refused when its workflow %s', async (_, files, message) => {
    const project = new Project({...files, 'parent.yaml': parent('{file: child.yaml}', 'secrets: [TOKEN]')})
    symlinkSync('parent.yaml', project.path('link.yaml'))
    const {exitCode, stderr} = await project.run(['run', 'parent.yaml'], {env: {TOKEN: 'sesame-open-77'}})
    expect(exitCode).toBe(3)
    expect(stderr).toMatch(message)
    expect(await runs(project)).toEqual([])
  })

  it('runs only the tasks that it names, with what they need, and passes arguments on', async () => {
    const project = new Project({
      'child.yaml': `id: child
default: [other]
tasks:
  - {id: first, type: core/shell.run, inputs: {command: touch first}}
  - {id: second, type: core/shell.run, needs: [first], inputs: {command: 'printf "<%s>" "$@"', args: "{{ run.args }}"}}
  - {id: other, type: core/shell.run, inputs: {command: touch other}}
outputs: {said: "{{ tasks.second.output.stdout ?? '' }}"}
`,
      'parent.yaml': parent('{file: child.yaml, tasks: [second], args: "{{ run.args }}"}'),
      'default.yaml': parent('{file: child.yaml, args: [one, "two words"]}'),
    })
    const ended = await project.runJson('parent.yaml', ['--', "it's", ''])
    expect(ended.result.outputs).toEqual({got: {said: "<it's><>"}, after: "<it's><>"})
    expect([project.has('first'), project.has('other')]).toEqual([true, false])
    const [made] = await runs(project)
    const shown = (await project.json(['runs', 'show', made?.id ?? ''])) as Shown
    expect(shown.tasks.map(({id}) => id)).toEqual(['first', 'second'])
    expect((await project.runJson('default.yaml')).result.outputs).toMatchObject({got: {said: ''}})
    expect(project.has('other')).toBe(true)
  })

  it('is refused when it names a task that its workflow does not have, before anything starts', async () => {
    const project = new Project({
      'child.yaml': child('touch started'),
      'parent.yaml': parent('{file: child.yaml, tasks: [sya]}'),
      'template.yaml': parent('{file: child.yaml, tasks: ["{{ vars.task }}"]}', 'vars: {task: sya}'),
    })
    const {exitCode, stderr} = await project.run(['run', 'parent.yaml'])
    expect(exitCode).toBe(3)
    expect(stderr).toMatch(/error\[child-task\]: in child\.yaml, the workflow has no task "sya"[^]*parent\.yaml:4:[^]*did you mean "say"/)
    const late = await project.runJson('template.yaml')
    expect(late.error('run')).toMatchObject({code: 'CHILD_REFUSED', message: expect.stringContaining('no task "sya"') as unknown})
    expect(project.has('started')).toBe(false)
  })

  it('whose file is a template is checked when it starts, and fails its task', async () => {
    const project = new Project({
      'self.yaml': 'id: self\nvars: {file: self.yaml}\ntasks: [{id: r, type: core/workflow.run, inputs: {file: "{{ vars.file }}"}}]\n',
      'broken.yaml': 'id: b\ntasks: [{id: x, type: core/shell.run, inputs: {comand: "true"}}]\n',
    })
    const itself = await project.runJson('self.yaml')
    expect(itself.error('r')).toMatchObject({
      code: 'CHILD_REFUSED',
      message: 'the workflows run each other without end: self.yaml → self.yaml',
    })
    const broken = await project.runJson('self.yaml', ['--var', 'file=broken.yaml'])
    expect(broken.error('r')).toMatchObject({code: 'CHILD_REFUSED', retryable: false})
    expect(broken.error('r').details?.join('\n')).toContain('broken.yaml:2')
    const standardInput = await project.runJson('self.yaml', ['--var', 'file=-'])
    expect(standardInput.error('r').code).toBe('INPUT_INVALID')
  })

  it('stops where workflows run each other ever deeper', async () => {
    const files = Object.fromEntries(
      Array.from({length: 12}, (_, n) => [
        `w${n}.yaml`,
        `id: w${n}\nvars: {next: w${n + 1}.yaml}\ntasks: [{id: r, type: core/workflow.run, inputs: {file: "{{ vars.next }}"}}]\n`,
      ]),
    )
    const project = new Project(files)
    const {exitCode, error} = await project.runJson('w0.yaml')
    expect(exitCode).toBe(1)
    expect(error('r').code).toBe('CHILD_RUN_FAILED')
    const listed = await runs(project)
    expect(listed).toHaveLength(10)
    const deepest = (await project.json(['runs', 'show', listed[0]?.id ?? ''])) as Shown
    expect(deepest.tasks[0]?.error).toMatchObject({
      code: 'CHILD_REFUSED',
      message: expect.stringContaining('more than 10 workflows') as unknown,
    })
  })

  it('fails with the reason and the run of its child, and is tried again with another run', async () => {
    const project = new Project({
      'child.yaml': child('[ -e again ] || { touch again; exit 7; }'),
      'parent.yaml': parent('{file: child.yaml}', 'defaults: {retry: {max: 1}}').replace(
        'inputs: {file',
        'retry: {max: 2, delay: 1ms}, inputs: {file',
      ),
      'once.yaml': parent('{file: child.yaml}'),
    })
    const failing = await project.runJson('once.yaml')
    const [made] = await runs(project)
    expect(failing.error('run')).toMatchObject({
      code: 'CHILD_RUN_FAILED',
      message: `run ${made?.id ?? ''} of child.yaml failed: task 'say' failed`,
    })
    rmSync(project.path('again'))
    const retried = await project.runJson('parent.yaml')
    expect(retried.task('run')).toMatchObject({status: 'succeeded', attempts: 2})
    expect((await runs(project)).filter(({parent: link}) => link?.run === retried.result.run).map(({status}) => status)).toEqual([
      'succeeded',
      'failed',
    ])
  })

  it('hides in both runs what either knows of secrets, and passes the true values on', async () => {
    const [token, other] = ['hemlock-4711-zebra', 'quince-0815-otter']
    const project = new Project({
      'child.yaml': `id: child
secrets: [OTHER]
inputs: {word: {type: string, required: true}}
tasks:
  - {id: say, type: core/shell.run, env: {A: "{{ inputs.word }}", B: "{{ secrets.OTHER }}"}, inputs: {command: 'echo "$A $B"; echo "$A-$B" > both'}}
outputs: {said: "{{ tasks.say.output.stdout }}"}
`,
      'parent.yaml': `id: parent
secrets: [TOKEN, OTHER]
tasks:
  - {id: run, type: core/workflow.run, inputs: {file: child.yaml, inputs: {word: "{{ secrets.TOKEN }}"}}}
  - {id: after, type: core/shell.run, needs: [run], env: {SAID: "{{ tasks.run.output.said }}"}, inputs: {command: 'echo "after $SAID"; echo "$SAID" > after'}}
`,
    })
    const ended = await project.run(['run', 'parent.yaml', '-v', '--json', '--events', 'events'], {env: {TOKEN: token, OTHER: other}})
    expect(ended.exitCode).toBe(0)
    expect(project.read('both')).toBe(`${token}-${other}\n`)
    expect(project.read('after')).toBe(`${token} ${other}\n`)
    const [made] = await runs(project)
    const shown = await project.run(['runs', 'show', made?.id ?? '', '--events'])
    const logs = await project.run(['runs', 'logs', made?.id ?? ''])
    expect(logs.stdout).toBe('say | ***SECRET*** ***SECRET***\n')
    const database = readFileSync(path.join(project.home, 'autokestra.db'))
    for (const secret of [token, other]) {
      for (const text of [ended.stdout, ended.stderr, project.read('events'), shown.stdout, logs.stdout]) expect(text).not.toContain(secret)
      expect(database.includes(secret)).toBe(false)
    }
  })

  it('passes secrets on where only the parent has them, to a child that declares none', async () => {
    const token = 'juniper-1234-ibis'
    const project = new Project({
      'child.yaml': child('echo "$DAY"'),
      'parent.yaml': parent('{file: child.yaml, inputs: {day: "{{ secrets.TOKEN }}"}}', 'secrets: [TOKEN]'),
    })
    const ended = await project.runJson('parent.yaml', [], {env: {TOKEN: token}})
    expect(ended.result).toMatchObject({status: 'succeeded', outputs: {after: '***SECRET***'}})
    const [made] = await runs(project)
    expect(JSON.stringify(await project.events(made?.id))).not.toContain(token)
    expect(readFileSync(path.join(project.home, 'autokestra.db')).includes(token)).toBe(false)
  })

  const waiting = 'trap "touch stopped; exit 0" TERM; touch started; while :; do sleep 0.05; done'

  it('stops its run with Ctrl-C, which lets it clean up', async () => {
    const project = new Project({
      'child.yaml': child(waiting).replace(
        'outputs:',
        '  - {id: tidy, type: core/shell.run, needs: [say], if: "{{ always() }}", inputs: {command: touch tidied}}\noutputs:',
      ),
      'parent.yaml': parent('{file: child.yaml}'),
    })
    const running = project.start(['run', 'parent.yaml', '--progress', 'plain'])
    await project.appears('started', running)
    running.kill('SIGINT')
    expect((await endOf(running)).exitCode).toBe(130)
    expect([project.has('stopped'), project.has('tidied')]).toEqual([true, true])
    const [made, own] = await runs(project)
    expect([made?.status, made?.reason]).toEqual(['cancelled', `the run was stopped by its parent, run ${own?.id ?? ''}`])
    expect([own?.status, own?.reason]).toEqual(['cancelled', 'the run was interrupted'])
  })

  it('stops its run when it takes too long', async () => {
    const project = new Project({
      'child.yaml': child(waiting),
      'parent.yaml': parent('{file: child.yaml}').replace('inputs: {file', 'timeout: 1s, inputs: {file'),
    })
    const ended = await project.runJson('parent.yaml')
    expect(ended.error('run')).toMatchObject({code: 'TIMEOUT'})
    expect((await runs(project)).map(({status}) => status)).toEqual(['cancelled', 'failed'])
  })

  it('leaves nothing behind after a second Ctrl-C, and both runs have their end', async () => {
    const project = new Project({
      'child.yaml': child("trap '' TERM INT; touch started; sleep 600; sleep 600"),
      'parent.yaml': parent('{file: child.yaml}'),
    })
    const running = project.start(['run', 'parent.yaml', '--progress', 'plain'])
    await project.appears('started', running)
    running.kill('SIGINT')
    await running.printed('stopping')
    running.kill('SIGINT')
    expect((await endOf(running)).exitCode).toBe(130)
    expect((await runs(project)).map(({status}) => status)).toEqual(['cancelled', 'cancelled'])
  })

  it('leaves nothing behind after kill -9, and both runs are interrupted', async () => {
    const project = new Project({
      'child.yaml': child("trap '' TERM INT; touch started; sleep 600; sleep 600"),
      'parent.yaml': parent('{file: child.yaml}'),
    })
    const running = project.start(['run', 'parent.yaml', '--progress', 'quiet'])
    await project.appears('started', running)
    running.kill('SIGKILL')
    await running.ended
    await until(() => tagHolders(running.pid).length === 0)
    expect((await runs(project)).map(({status}) => status)).toEqual(['interrupted', 'interrupted'])
  })

  it('fails at once where the child wants the group that its parent holds', async () => {
    const project = new Project({
      'child.yaml': child('true', 'concurrency: {group: one}'),
      'parent.yaml': parent('{file: child.yaml}', 'concurrency: {group: one}'),
    })
    const ended = await project.runJson('parent.yaml')
    expect(ended.exitCode).toBe(1)
    expect(ended.error('run').message).toContain(`the concurrency group "one" is held by run ${ended.result.run}, which waits for this run`)
  })

  it('holds no slot: with one, children of children get through', async () => {
    const project = new Project({
      'child.yaml': child('echo x'),
      'middle.yaml': `parallelism: 1\n${parent('{file: child.yaml}').replace('id: parent', 'id: middle')}`,
      'parent.yaml': `parallelism: 1\nid: top\ntasks: [{id: a, type: core/workflow.run, inputs: {file: middle.yaml}}, {id: b, type: core/workflow.run, inputs: {file: middle.yaml}}]\n`,
    })
    expect((await project.runJson('parent.yaml')).exitCode).toBe(0)
    expect(await runs(project)).toHaveLength(5)
  })
})

describe('vars of a child', () => {
  const greet = `id: greet
vars: {greeting: Hello, times: 1, list: [a], any: null}
tasks:
  - {id: say, type: core/shell.run, env: {TEXT: '{{ vars.greeting }} {{ vars.times + 1 }} {{ vars.list[0] }} {{ vars.any }}'}, inputs: {command: 'echo "$TEXT"'}}
outputs: {said: '{{ tasks.say.output.stdout }}'}
`
  const open = (vars: string): Project =>
    new Project({
      'greet.yaml': greet,
      'w.yaml': `id: w
vars: {n: 4}
tasks: [{id: run, type: core/workflow.run, inputs: {file: greet.yaml, vars: ${vars}}}]
outputs: {said: '{{ tasks.run.output.said }}'}
`,
    })

  it.each([
    ['{greeting: Bye, times: 2, list: [b, c], any: "5"}', 'Bye 3 b 5'],
    [`{times: '{{ vars.n }}'}`, 'Hello 5 a null'],
    ['{}', 'Hello 2 a null'],
  ])('%s', async (vars, said) => {
    expect((await open(vars).runJson('w.yaml')).result.outputs).toEqual({said})
  })

  it.each([
    ['{greting: x}', 'in greet.yaml, the workflow declares no var "greting"', 'did you mean "greeting"?'],
    ['{times: two}', 'in greet.yaml, the var "times" must be a number, as in the workflow file', 'w.yaml:3'],
    ['{list: {a: 1}}', 'the var "list" must be a list', 'w.yaml:3'],
  ])('%s is found before anything starts', async (vars, message, more) => {
    const {exitCode, stdout, stderr} = await open(vars).run(['run', 'w.yaml'])
    expect(exitCode).toBe(3)
    expect(stdout + stderr).toContain(message)
    expect(stdout + stderr).toContain(more)
  })

  it('are refused when the task starts where templates make them', async () => {
    const run = await open(`{times: '{{ "x" }}'}`).runJson('w.yaml')
    expect(run.error('run')).toMatchObject({code: 'CHILD_REFUSED', message: 'the var "times" must be a number, as in the workflow file'})
  })
})
