// `vars` that a command computes: once per run, when something first reads them.

import {describe, expect, it} from 'vitest'
import {expectNoLeaks} from '../rig/canary.ts'
import {tagHolders, until} from '../rig/processes.ts'
import {Project} from '../rig/project.ts'
import {storeSecrets} from '../rig/secret-store.ts'

const print = 'type: core/shell.run, env: {V: \'{{ vars.v }}\'}, inputs: {command: \'printf "<%s>" "$V"\'}'
const file = (vars: string, tasks: readonly string[], more = ''): Record<string, string> => ({
  'w.yaml': `id: w\nvars: {${vars}}\n${more}\ntasks:\n${tasks.map((task) => `  - {${task}}\n`).join('')}`,
})

describe('a var that a command computes', () => {
  it('is computed once, however many tasks read it at once', async () => {
    const tasks = Array.from({length: 8}, (_, n) => `id: t${String(n)}, ${print}`)
    const asked = "id: asked, type: core/shell.run, if: '{{ vars.v.size() > 1 }}', inputs: {command: 'true'}"
    const items = "id: items, type: core/shell.run, forEach: {items: '{{ split(vars.v, \"\\n\") }}'}, inputs: {command: 'true'}"
    const project = new Project(
      file(
        'v: {command: "echo computed >> computed; sleep 0.3; printf \'a  b\\n\\nc\\n\'"}, w: {command: "touch never"}',
        [...tasks, asked, items],
        "parallelism: 8\noutputs: {v: '{{ vars.v }}'}",
      ),
    )
    const run = await project.runJson('w.yaml')
    expect(run.exitCode).toBe(0)
    expect([project.read('computed'), project.has('never')]).toEqual(['computed\n', false])
    expect(run.task('t7').output).toMatchObject({stdout: '<a  b\n\nc>'})
    expect(run.result.outputs).toEqual({v: 'a  b\n\nc'})
    expect(run.task('items').items).toHaveLength(3)
    const computed = (await project.events()).filter(({type}) => type === 'var.computed')
    expect(computed).toMatchObject([{name: 'v', value: 'a  b\n\nc'}])
    expect(await project.json(['runs', 'show', 'latest'])).toMatchObject({vars: {v: 'a  b\n\nc'}})
    expect(JSON.stringify(await project.json(['explain', 'latest', 't0']))).toContain('vars: what this command has printed: echo computed')
  })

  it('is text on the command line, and then nothing is run', async () => {
    const project = new Project(file('v: {command: touch never}', [`id: t, ${print}`]))
    expect((await project.runJson('w.yaml', ['--var', 'v=12'])).task('t').output).toMatchObject({stdout: '<12>'})
    expect([project.has('never'), (await project.events()).some(({type}) => type === 'var.computed')]).toEqual([false, false])
    expect((await project.run(['run', 'w.yaml', '--var', 'w=1'])).stderr).toContain('did you mean --var v=…?')
  })

  it('is not computed by what only looks', async () => {
    const project = new Project(file('v: {command: touch never}', [`id: t, cache: {}, ${print}`]))
    for (const args of [
      ['validate', 'w.yaml'],
      ['run', 'w.yaml', '--dry-run'],
      ['graph', 'w.yaml'],
      ['tasks', 'w.yaml'],
    ]) {
      const {exitCode, stderr, stdout} = await project.run(args)
      expect([args, exitCode, stderr.includes('error')]).toEqual([args, 0, false])
      if (args.includes('--dry-run')) expect(stdout).toContain('until the run computes vars.v')
    }
    expect(project.has('never')).toBe(false)
  })

  it('is a constant when it has other keys', async () => {
    const project = new Project(
      file('v: {command: touch never, more: 1}', ["id: t, type: core/console.log, inputs: {message: '{{ vars.v.command }}'}"]),
    )
    expect((await project.runJson('w.yaml')).exitCode).toBe(0)
    expect(project.has('never')).toBe(false)
  })

  it.each([
    ['a command that fails', 'v: {command: "echo x >> asked; echo one; echo why >&2; exit 4"}', 'the process ended with exit code 4: why'],
    ['a command that hangs', 'v: {command: "echo x >> asked; sleep 600", timeout: 300ms}', 'the command took longer than 300ms'],
    ['a flood', 'v: {command: "echo x >> asked; head -c 70000 /dev/zero | tr \'\\\\0\' x"}', 'the command printed more than 64 KiB'],
    ['no such directory', 'v: {command: "echo x >> ../asked", workingDir: gone}', 'the working directory'],
  ])('fails what reads it, and is not tried again: %s', async (_title, vars, why) => {
    const project = new Project(
      file(
        vars,
        [
          `id: a, continueOnError: true, retry: {max: 3}, ${print}`,
          `id: b, continueOnError: true, ${print}`,
          "id: c, type: core/shell.run, if: '{{ vars.v == \"\" }}', continueOnError: true, inputs: {command: 'true'}",
          "id: d, type: core/shell.run, forEach: {items: '{{ [vars.v] }}'}, continueOnError: true, inputs: {command: 'true'}",
          "id: e, type: core/shell.run, inputs: {command: 'true'}",
        ],
        "outputs: {v: '{{ vars.v }}'}",
      ),
    )
    const {exitCode, error, task, result} = await project.runJson('w.yaml')
    for (const id of ['a', 'b', 'c', 'd']) expect(error(id)).toMatchObject({code: 'VAR_FAILED', retryable: false})
    expect(error('a').message).toContain('the var "v" could not be computed: ')
    expect(error('a').message).toContain(why)
    expect([task('a').attempts, task('e').status, exitCode]).toEqual([1, 'succeeded', 1])
    expect(result.reason).toContain('the var "v" could not be computed')
    if (project.has('asked')) expect(project.read('asked')).toBe('x\n')
  })

  it('runs where tasks run, with what their processes get, and shows no secret', async () => {
    const key = 'c4nary-0f-a-v4r'
    const project = new Project({
      'w.yaml': `id: w
secrets: [KEY]
dotenv: [.env]
env: {W: workflow}
workingDir: sub
vars:
  v: {command: 'printf "%s %s %s " "$F" "$W" "\${KEY-unset}"; cat key', shell: bash, workingDir: deep}
tasks: [{id: t, type: core/shell.run, env: {V: '{{ vars.v }}', K: '{{ secrets.KEY }}'}, inputs: {command: 'echo "$V"; test "\${V#*unset }" = "$K"'}}]
outputs: {v: '{{ vars.v }}'}
`,
      '.env': 'F=file\n',
      'sub/deep/key': key,
    })
    await storeSecrets(project, {KEY: key})
    const run = await project.runJson('w.yaml', ['--events', 'events'])
    expect(run).toMatchObject({exitCode: 0, result: {outputs: {v: 'file workflow unset ***SECRET***'}}})
    project.write({'sub/deep/key': ''})
    expectNoLeaks({KEY: key}, project.home, {stdout: run.stdout, stderr: run.stderr, events: project.read('events')})
  })

  it('takes any text as a value, and only as that', async () => {
    const hostile = "'; touch never; echo '$(touch never) {{ secrets.X }}"
    const project = new Project({...file('v: {command: cat value}', [`id: t, ${print}`]), value: hostile})
    expect((await project.runJson('w.yaml')).task('t').output).toMatchObject({stdout: `<${hostile}>`})
    expect(project.has('never')).toBe(false)
  })
})

describe('the command of a var', () => {
  const asking = 'v: {command: "echo x >> asked; test -e answer || { touch asking; sleep 600; }; echo done", timeout: 1h}'

  it.each(['SIGINT', 'SIGTERM'] as const)('ends with the run (%s), and is run again for what cleans up', async (signal) => {
    const project = new Project({
      ...file(asking, [`id: t, ${print}`, `id: u, ${print}`], `hooks: {finally: [{id: clean, ${print}}]}`),
    })
    const running = project.start(['run', 'w.yaml', '--json'])
    await project.appears('asking', running)
    project.write({answer: ''})
    running.kill(signal)
    const {exitCode, stdout} = await running.ended
    expect(exitCode).toBe(signal === 'SIGINT' ? 130 : 143)
    const {tasks} = JSON.parse(stdout) as {tasks: {id: string; status: string; output?: unknown}[]}
    expect(tasks.map(({id, status}) => `${id} ${status}`)).toEqual(['t cancelled', 'u cancelled', 'clean succeeded'])
    expect(project.read('asked')).toBe('x\nx\n')
    expect(tagHolders(running.pid)).toEqual([])
  })

  it('ends when a condition or the outputs wait for it', async () => {
    const condition = "id: t, type: core/shell.run, if: '{{ vars.v == \"\" }}', inputs: {command: 'true'}"
    for (const files of [
      file(asking, [condition]),
      file(asking, ["id: t, type: core/shell.run, inputs: {command: 'true'}"], "outputs: {v: '{{ vars.v }}'}"),
    ]) {
      const project = new Project(files)
      const running = project.start(['run', 'w.yaml'])
      await project.appears('asking', running)
      running.kill('SIGINT')
      expect((await running.ended).exitCode).toBe(130)
      expect(tagHolders(running.pid)).toEqual([])
    }
  })

  it('ends when the command that runs the workflow is killed', async () => {
    const project = new Project(file(asking, [`id: t, ${print}`]))
    const running = project.start(['run', 'w.yaml'])
    await project.appears('asking', running)
    running.kill('SIGKILL')
    await running.ended
    await until(() => tagHolders(running.pid).length === 0)
  })

  it('ends with the timeout of the run', async () => {
    const project = new Project(file(asking, [`id: t, ${print}`], 'timeout: 500ms'))
    const {exitCode, error} = await project.runJson('w.yaml')
    expect([exitCode, error('t').code]).toEqual([7, 'CANCELLED'])
  })
})

it('is checked with the workflow', async () => {
  const project = new Project({
    'w.yaml': `id: w
security: restricted
env: {V: '{{ vars.good ?? "x" }}'}
vars:
  good: {command: echo 1}
  text: {command: 'echo {{ vars.good }}', timeout: soon, shell: fish, workingDir: 5}
  empty: {command: ' '}
  secret: {command: 'echo {{ secrets.X }}'}
  other: {command: "docker ps --format '{{.ID}}'"}
  number: {command: 5, timeout: soon}
tasks: [{id: t, type: core/console.log, inputs: {message: '{{ vars.number }}'}}]
`,
  })
  const {exitCode, stdout} = await project.run(['validate', 'w.yaml', '--format', 'json'])
  expect(exitCode).toBe(3)
  const [{diagnostics}] = JSON.parse(stdout) as [{diagnostics: {code: string; severity: string; line: number; message: string}[]}]
  const errors = diagnostics.filter(({severity}) => severity === 'error')
  expect(errors.map(({code, line, message}) => `${String(line)} ${code}: ${message}`)).toMatchInlineSnapshot(`
    [
      "3 computed-var: the var "good" is computed during the run, and the env of the workflow is evaluated before it",
      "5 command-not-allowed: a restricted workflow cannot compute a var: the command would run outside of its containers",
      "6 command-not-allowed: a restricted workflow cannot compute a var: the command would run outside of its containers",
      "6 template-not-allowed: templates are not evaluated in the "command" of a var, so that no value can become code",
      "6 bad-duration: "soon" is not a duration",
      "6 invalid-value: "shell" must be one of sh, bash, zsh, dash",
      "6 invalid-value: "workingDir" must be the path of a directory",
      "7 command-not-allowed: a restricted workflow cannot compute a var: the command would run outside of its containers",
      "7 invalid-value: a command cannot be empty, or contain a NUL character",
      "8 command-not-allowed: a restricted workflow cannot compute a var: the command would run outside of its containers",
      "8 secret-not-allowed: templates are not evaluated in vars: this would stay text",
      "9 command-not-allowed: a restricted workflow cannot compute a var: the command would run outside of its containers",
    ]
  `)
})
