// What `run` prints where, and the options that change it.

import {existsSync, readdirSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {parseEvents, Project} from '../rig/project.ts'

const workflow = `id: demo
vars: {name: world, count: 3, flag: true, list: [1], ratio: 1.5, nothing: null}
tasks:
  - id: greet
    type: core/shell.run
    env: {NAME: '{{ vars.name }}'}
    inputs: {command: 'echo "hello $NAME"; echo "to stderr" >&2'}
  - id: show
    type: core/json.transform
    needs: [greet]
    inputs: {data: '{{ vars }}', expression: data}
outputs: {greeting: '{{ tasks.greet.output.stdout }}', vars: '{{ tasks.show.output.value }}'}
`
const failing = `id: fails\ntasks:\n  - {id: bad, type: core/shell.run, inputs: {command: 'echo oh no >&2; exit 3'}}\noutputs: {never: 1}\n`
const outputs = {greeting: 'hello world', vars: {name: 'world', count: 3, flag: true, list: [1], ratio: 1.5, nothing: null}}

describe('stdout', () => {
  it('holds the declared outputs as one JSON document, and stderr everything else', async () => {
    const {exitCode, stdout, stderr} = await new Project({'w.yaml': workflow}).run(['run', 'w.yaml'])
    expect({exitCode, outputs: JSON.parse(stdout)}).toEqual({exitCode: 0, outputs})
    expect(stderr).toContain('greet | hello world\n')
  })

  it('is empty when nothing is declared, and when the run failed', async () => {
    const project = new Project({'f.yaml': failing, 'n.yaml': workflow.replace(/^outputs.*$/m, '')})
    expect(await project.run(['run', 'f.yaml'])).toMatchObject({exitCode: 1, stdout: ''})
    expect(await project.run(['run', 'n.yaml'])).toMatchObject({exitCode: 0, stdout: ''})
  })

  it.each([
    ['a success', 'w.yaml', [], 0],
    ['a failure', 'f.yaml', [], 1],
    ['a timeout', 't.yaml', ['--timeout', '300ms'], 7],
    ['an invalid file', 'i.yaml', [], 3],
    ['a missing file', 'nowhere.yaml', [], 3],
    ['an unknown plugin', 'p.yaml', [], 5],
    ['wrong usage', 'w.yaml', ['--var', 'x'], 2],
    ['a dry run', 'w.yaml', ['--dry-run'], 0],
  ])('with --json is exactly one document, with the exit code it has without (%s)', async (_title, file, args, wanted) => {
    const project = new Project({
      'w.yaml': workflow,
      'f.yaml': failing,
      't.yaml': failing.replace('exit 3', 'sleep 1000'),
      'i.yaml': `${workflow}extra: 1\n`,
      'p.yaml': workflow.replace('core/shell', 'core/sehll'),
    })
    const plain = await project.run(['run', file, ...args])
    const json = await project.run(['run', file, ...args, '--json'])
    expect([plain.exitCode, json.exitCode]).toEqual([wanted, wanted])
    expect(json.stdout.endsWith('\n')).toBe(true)
    const document = JSON.parse(json.stdout)
    if ('error' in document)
      expect(document).toMatchObject({exitCode: wanted, error: {code: expect.stringMatching(/^[A-Z_]+$/), diagnostics: expect.any(Array)}})
    else expect(document).toMatchObject({workflow: expect.any(String), tasks: expect.any(Array)})
  })

  it('with --json tells a whole run', async () => {
    const {result} = await new Project({'w.yaml': workflow}).runJson('w.yaml')
    expect(result).toEqual({
      run: expect.stringMatching(/^\d{8}-\d{6}-[0-9a-f]{6}$/),
      workflow: 'demo',
      status: 'succeeded',
      durationMs: expect.any(Number),
      counts: {succeeded: 2, failed: 0, skipped: 0, cancelled: 0},
      outputs,
      tasks: [
        {
          id: 'greet',
          type: 'core/shell.run',
          status: 'succeeded',
          attempts: 1,
          output: {exitCode: 0, stdout: 'hello world', stderr: 'to stderr'},
          metrics: expect.objectContaining({durationMs: expect.any(Number), exitCode: 0}),
        },
        {
          id: 'show',
          type: 'core/json.transform',
          status: 'succeeded',
          attempts: 1,
          output: {value: outputs.vars},
          metrics: expect.any(Object),
        },
      ],
    })
  })

  it('with outputs that cannot be evaluated fails the run and says why', async () => {
    const project = new Project({'w.yaml': workflow.replace('output.value', 'output.value.missing')})
    const {exitCode, result} = await project.runJson('w.yaml')
    expect({exitCode, status: result.status}).toEqual({exitCode: 1, status: 'failed'})
    expect(result.reason).toMatch(/^in outputs\b.*missing/)
    expect(await project.json(['runs', 'list'])).toMatchObject([{status: 'failed', reason: result.reason}])
  })
})

describe('--events', () => {
  it('writes what `runs show --events` prints again, byte for byte', async () => {
    const project = new Project({'w.yaml': workflow.replace('hello $NAME', 'hello \\e[31m $NAME é 𝄞 \\u2028 \\x7f')})
    const toFile = await project.run(['run', 'w.yaml', '--events', 'events'])
    expect(toFile.exitCode).toBe(0)
    const events = parseEvents(project.read('events'))
    expect(events.map(({type}) => type)).toEqual([
      'run.started',
      'task.started',
      ...['task.log', 'task.log'],
      'task.finished',
      'task.started',
      'task.finished',
      'run.finished',
    ])
    const run = events[0]?.run ?? ''
    expect(new Set(events.map((event) => event.run))).toEqual(new Set([run]))
    for (const {ts} of events) expect(ts).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect((await project.run(['runs', 'show', run, '--events'])).stdout).toBe(project.read('events'))
  })

  it('- writes them to stdout, and the outputs nowhere', async () => {
    const project = new Project({'w.yaml': workflow})
    const {exitCode, stdout} = await project.run(['run', 'w.yaml', '--events', '-', '--progress', 'quiet'])
    expect(exitCode).toBe(0)
    expect(parseEvents(stdout).at(-1)).toMatchObject({type: 'run.finished', status: 'succeeded', outputs})
    expect((await project.run(['runs', 'show', 'latest', '--events'])).stdout).toBe(stdout)
  })

  it('- and --json together are wrong usage, and start nothing', async () => {
    const project = new Project({'w.yaml': workflow.replace('echo "hello', 'touch started; echo "hello')})
    expect(await project.run(['run', 'w.yaml', '--events', '-', '--json'])).toMatchObject({exitCode: 2})
    expect(project.has('started')).toBe(false)
  })

  it('to a place that cannot be written is said before anything starts', async () => {
    const project = new Project({'w.yaml': workflow.replace('echo "hello', 'touch started; echo "hello')})
    const {exitCode, stderr} = await project.run(['run', 'w.yaml', '--events', 'no/such/dir/events'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('error[USAGE]: cannot write to no/such/dir/events (ENOENT)')
    expect(project.has('started')).toBe(false)
    expect(await project.json(['runs', 'list'])).toEqual([])
  })

  it('to a full disk goes on with the run and says what is lost', async () => {
    const project = new Project({'w.yaml': workflow})
    const {exitCode, stderr} = await project.run(['run', 'w.yaml', '--events', '/dev/full'])
    expect(exitCode).toBe(9)
    expect(stderr).toContain('error[OUTPUT_NOT_WRITABLE]: events could not be written to /dev/full')
    expect(await project.json(['runs', 'list'])).toMatchObject([{status: 'succeeded'}])
  })
})

describe('--progress', () => {
  it('plain is a line per event, without a carriage return or a colour', async () => {
    const {stderr} = await new Project({'w.yaml': workflow}).run(['run', 'w.yaml', '--progress', 'plain'])
    const lines = stderr.split('\n').map((line) => line.replace(/\d{8}-\d{6}-\w{6}/, 'RUN').replace(/\d+(\.\d)? m?s\b/, 'TIME'))
    expect(lines.filter((line) => !line.startsWith('greet | '))).toEqual([
      'workflow demo: run RUN started with 2 tasks',
      'greet: started',
      'greet: succeeded in TIME',
      'show: started',
      'show: succeeded in TIME',
      '+ demo succeeded in TIME: 2 succeeded',
      '  workflow runs show RUN',
      '',
    ])
    expect(lines).toEqual(expect.arrayContaining(['greet | hello world', 'greet | to stderr']))
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(stderr).not.toMatch(/[\r\x1b]/)
  })

  it('is plain by itself in a pipe, and where a terminal is asked for that is none', async () => {
    const project = new Project({'w.yaml': workflow})
    for (const args of [[], ['--progress', 'auto'], ['--progress', 'tty']]) {
      const {stderr} = await project.run(['run', 'w.yaml', ...args])
      expect(stderr).toContain('greet: started\n')
      expect(stderr).not.toContain('\r')
    }
  })

  it('quiet shows the end, and failures with their reason', async () => {
    const project = new Project({'w.yaml': workflow, 'f.yaml': failing})
    expect((await project.run(['run', 'w.yaml', '--progress', 'quiet'])).stderr).toMatch(
      /^\+ demo succeeded in .*\n {2}workflow runs show \S+\n$/,
    )
    const {stderr} = await project.run(['run', 'f.yaml', '--progress', 'quiet'])
    expect(stderr).toMatch(/^bad: failed in .*: EXIT_CODE: the process ended with exit code 3\n/)
    expect(stderr).toMatch(/workflow runs logs \S+ --task bad\n/)
  })

  it('neutralises what tasks print', async () => {
    const evil = String.raw`printf 'a\rb\033]0;title\007c\033[2Jd\033[31me\n'`
    const project = new Project({
      'w.yaml': `id: w\ntasks:\n  - id: t\n    type: core/shell.run\n    inputs: {command: ${JSON.stringify(evil)}}\n`,
    })
    const {stderr} = await project.run(['run', 'w.yaml'])
    expect(stderr).toContain('t | a^Mbcde\n')
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(stderr).not.toMatch(/[\r\x1b\x07]/)
  })

  it('colours when it is told to, and never with NO_COLOR', async () => {
    const project = new Project({'w.yaml': workflow})
    expect((await project.run(['run', 'w.yaml'], {env: {FORCE_COLOR: '1'}})).stderr).toContain('\u001b[')
    expect((await project.run(['run', 'w.yaml'], {env: {FORCE_COLOR: '1', NO_COLOR: '1'}})).stderr).not.toContain('\u001b[')
  })
})

describe('--dry-run', () => {
  it('shows the plan, starts nothing, makes no run and no database', async () => {
    const project = new Project({'w.yaml': workflow.replace('echo "hello', 'touch started; echo "hello')})
    const text = await project.run(['run', 'w.yaml', '--dry-run'])
    expect(text).toMatchObject({exitCode: 0, stderr: ''})
    expect(text.stdout).toMatch(/^greet\s.*core\/shell\.run/m)
    const json = await project.run(['run', 'w.yaml', '--dry-run', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({
      workflow: 'demo',
      tasks: [
        {id: 'greet', needs: []},
        {id: 'show', needs: ['greet']},
      ],
    })
    expect(project.has('started')).toBe(false)
    expect(existsSync(path.join(project.home, 'autokestra.db'))).toBe(false)
    expect(readdirSync(project.dir)).toEqual(['w.yaml'])
  })

  it('finds what run would find', async () => {
    const project = new Project({'w.yaml': workflow.replace('core/json', 'core/jsno')})
    expect(await project.run(['run', 'w.yaml', '--dry-run'])).toMatchObject({exitCode: 5})
  })
})

describe('--var', () => {
  it('is read as the type the file declares', async () => {
    const project = new Project({'w.yaml': workflow})
    const set = ['name=12', 'count=-4', 'flag=false', 'list=["a", {"b": null}]', 'ratio=2', 'nothing=text']
    const {exitCode, result} = await project.runJson(
      'w.yaml',
      set.flatMap((text) => ['--var', text]),
    )
    expect(exitCode).toBe(0)
    expect(result.outputs).toEqual({
      greeting: 'hello 12',
      vars: {name: '12', count: -4, flag: false, list: ['a', {b: null}], ratio: 2, nothing: 'text'},
    })
  })

  it('is a value and never a template or a command', async () => {
    const project = new Project({'w.yaml': workflow})
    const evil = `$(touch started)'"; touch started; {{ run.id }} $& \\`
    const {result} = await project.runJson('w.yaml', ['--var', `name=${evil}`])
    expect(result.outputs?.['greeting']).toBe(`hello ${evil}`)
    expect(project.has('started')).toBe(false)
  })

  it.each([
    ['nmae=you', 'the workflow declares no var "nmae"', 'did you mean --var name=…?'],
    ['constructor=1', 'the workflow declares no var "constructor"', 'it declares: '],
    ['__proto__={}', 'the workflow declares no var "__proto__"', 'it declares: '],
    ['count=many', '--var count: must be a number', '--var count=3'],
    ['list={}', '--var list: must be a list', 'JSON'],
    ['name', '--var name: must have the form name=value', ''],
    ['=x', '--var =x: must have the form name=value', ''],
  ])('%s is wrong usage with a hint, and starts nothing', async (assignment, message, hint) => {
    const project = new Project({'w.yaml': workflow})
    const {exitCode, stderr} = await project.run(['run', 'w.yaml', '--var', assignment])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`error[USAGE]: ${message}`)
    expect(stderr).toContain(hint)
    expect(await project.json(['runs', 'list'])).toEqual([])
  })
})

describe('a disabled workflow', () => {
  it('runs only with --force', async () => {
    const project = new Project({'w.yaml': `enabled: false\n${workflow}`})
    expect(await project.run(['run', 'w.yaml'])).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: 'error[WORKFLOW_DISABLED]: workflow "demo" is disabled (enabled: false)\nhint: --force runs it anyway\n',
    })
    expect(await project.json(['runs', 'list'])).toEqual([])
    expect(await project.runJson('w.yaml', ['--force'])).toMatchObject({exitCode: 0})
  })

  it('is validated like any other, with a warning', async () => {
    const project = new Project({
      'w.yaml': `enabled: false\n${workflow}`,
      'broken.yaml': 'id: broken\nenabled: false\ntasks: [{id: a, type: core/shell.run, inputs: {comand: "true"}}]\n',
    })
    const {exitCode, stderr, stdout} = await project.run(['validate', 'w.yaml'])
    expect(exitCode).toBe(0)
    expect(stderr + stdout).toMatch(/warning\[workflow-disabled\][^]*w\.yaml:1:10[^]*--force runs it anyway/)
    const broken = await project.run(['validate', 'broken.yaml'])
    expect(broken.exitCode).toBe(3)
    expect(broken.stderr + broken.stdout).toContain('broken.yaml:3')
  })
})

describe('the workflow -', () => {
  it('is read from standard input and lives in the current directory', async () => {
    const project = new Project({'data/x': ''})
    const text =
      'id: piped\ntasks:\n  - {id: t, type: core/shell.run, inputs: {command: pwd}}\noutputs: {pwd: "{{ tasks.t.output.stdout }}"}\n'
    const {exitCode, result} = await project.runJson('-', [], {input: text, cwd: project.path('data')})
    expect({exitCode, outputs: result.outputs}).toEqual({exitCode: 0, outputs: {pwd: project.path('data')}})
    expect(await project.json(['runs', 'list'])).toMatchObject([{workflow: 'piped', file: '-', status: 'succeeded'}])
  })

  it('that is wrong shows where', async () => {
    const project = new Project()
    const {exitCode, stderr} = await project.run(['run', '-'], {input: 'id: piped\ntaks: []\n'})
    expect(exitCode).toBe(3)
    expect(stderr).toContain('--> <stdin>:2:1\n')
    expect(stderr).toContain('did you mean "tasks"?')
  })
})
