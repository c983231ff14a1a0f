// `workflow check FILE`: what a run would need, without one.

import {existsSync, readdirSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {tagHolders} from '../rig/processes.ts'
import {Project} from '../rig/project.ts'
import {storeSecrets} from '../rig/secret-store.ts'

interface Checked {
  readonly isReady: boolean
  readonly checks: readonly {
    readonly kind: string
    readonly what: string
    readonly status: string
    readonly task?: string
    readonly message?: string
  }[]
}

const lines = ({stdout}: {readonly stdout: string}): string[] => {
  const {checks} = JSON.parse(stdout) as Checked
  const inProject = (text: string): string => text.replace(/\/\S*\/(?=\.env)/, '<project>/')
  return checks.map(({task = '', what, status, message = ''}) =>
    [status, task, what, message]
      .filter((part) => part !== '')
      .map(inProject)
      .join(' | '),
  )
}

const all = {
  'w.yaml': `id: w
inputs: {region: {required: true, type: string}, limit: 3}
vars: {made: {command: echo 7; echo x >> made}, deploy: false}
secrets: [KEY, {name: EXTRA, optional: true}]
dotenv: [.env, {file: local.env, optional: true}]
tasks:
  - id: first
    type: core/shell.run
    workingDir: sub
    env: {REGION: '{{ inputs.region }}'}
    require:
      - {command: 'test -e here && test "$REGION$FROM_FILE" = euyes', message: not there}
      - {if: '{{ int(vars.made) == 7 && inputs.limit > 2 }}', message: 'limit is {{ inputs.limit }}'}
    inputs: {command: touch ../started}
  - id: second
    type: core/shell.run
    needs: [first]
    env: {KEY: '{{ secrets.KEY }}'}
    require:
      - {command: 'test -n "$KEY"', message: m}
      - {if: '{{ tasks.first.output.stdout != "" }}', message: m}
      - {if: '{{ run.id != "" }}', message: m}
    inputs: {command: touch started}
  - id: items
    type: core/shell.run
    forEach: {items: [1, 2]}
    require: [{if: '{{ item > 0 }}', message: m}, {command: 'echo x >> asked', message: m}]
    inputs: {command: touch started}
  - id: never
    type: core/shell.run
    if: '{{ vars.deploy }}'
    require: [{command: 'touch asked-never', message: m}]
    inputs: {command: touch started}
hooks: {finally: [{id: clean, type: core/console.log, require: [{if: '{{ run.os != "" }}', message: m}], inputs: {message: m}}]}
`,
  '.env': 'FROM_FILE=yes\n',
  'sub/here': '',
}

describe('a check', () => {
  it('asks all that can be asked without a run, and writes nothing', async () => {
    const project = new Project(all)
    const env = {KEY: 'a-key-of-the-environment'}
    const checked = await project.run(['check', 'w.yaml', '--input', 'region=eu', '--json'], {env})
    expect(lines(checked)).toMatchInlineSnapshot(`
      [
        "ok | all required inputs are given",
        "ok | plugin core/shell 1.0.0",
        "ok | plugin core/console 1.0.0",
        "ok | environment file <project>/.env",
        "ok | secret KEY",
        "ok | secret EXTRA | missing, but optional",
        "ok | first | test -e here && test "$REGION$FROM_FILE" = euyes",
        "ok | first | {{ int(vars.made) == 7 && inputs.limit > 2 }}",
        "later | second | test -n "$KEY" | asked during the run: it is given secrets, and reading them is recorded",
        "later | second | {{ tasks.first.output.stdout != "" }} | asked during the run: it reads results of tasks",
        "later | second | {{ run.id != "" }} | asked during the run: it reads run.id",
        "later | items | {{ item > 0 }} | asked during the run: for each item",
        "ok | items | echo x >> asked",
        "later | never | touch asked-never | not asked: the condition of the task is false",
        "ok | clean | {{ run.os != "" }}",
      ]
    `)
    expect(checked).toMatchObject({exitCode: 0, stderr: ''})
    expect([project.read('asked'), project.read('made')]).toEqual(['x\n', 'x\n'])
    expect([project.has('started'), project.has('asked-never')]).toEqual([false, false])
    expect(checked.stdout + (await project.run(['check', 'w.yaml', '--input', 'region=eu'], {env})).stdout).not.toContain(env.KEY)
    expect(existsSync(`${project.home}/autokestra.db`)).toBe(false)
  })

  it('names everything that is missing', async () => {
    const project = new Project({'w.yaml': all['w.yaml']})
    const checked = await project.run(['check', 'w.yaml', '--var', 'made=1', '--json'])
    expect(checked.exitCode).toBe(1)
    expect(lines(checked)).toMatchInlineSnapshot(`
      [
        "failed | inputs | 1 required input has no value, and a check asks for none",
        "failed | environment files | file "<project>/.env" does not exist",
        "ok | plugin core/shell 1.0.0",
        "ok | plugin core/console 1.0.0",
        "failed | secret KEY | missing",
        "ok | secret EXTRA | missing, but optional",
        "later | first | test -e here && test "$REGION$FROM_FILE" = euyes | asked during the run: it reads inputs, and not all of them are given",
        "later | first | {{ int(vars.made) == 7 && inputs.limit > 2 }} | asked during the run: it reads inputs, and not all of them are given",
        "later | second | test -n "$KEY" | asked during the run: it is given secrets, and reading them is recorded",
        "later | second | {{ tasks.first.output.stdout != "" }} | asked during the run: it reads results of tasks",
        "later | second | {{ run.id != "" }} | asked during the run: it reads run.id",
        "later | items | {{ item > 0 }} | asked during the run: for each item",
        "ok | items | echo x >> asked",
        "later | never | touch asked-never | not asked: the condition of the task is false",
        "ok | clean | {{ run.os != "" }}",
      ]
    `)
    expect(project.has('made')).toBe(false)
  })

  it('says it in words', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks:
  - {id: a, type: core/shell.run, require: [{command: "echo why >&2; exit 3", message: "Do this:\\n  that"}], inputs: {command: 'true'}}
  - {id: b, type: core/shell.run, require: [{if: '{{ tasks.a.output.stdout == "" }}', message: m}], needs: [a], inputs: {command: 'true'}}
`,
    })
    const {exitCode, stdout} = await project.run(['check', 'w.yaml'])
    expect(exitCode).toBe(1)
    expect(stdout).toMatchInlineSnapshot(`
      "+ plugin core/shell 1.0.0
      x a: echo why >&2; exit 3: Do this: that
          echo why >&2; exit 3: the process ended with exit code 3
          why
      . b: {{ tasks.a.output.stdout == "" }}: asked during the run: it reads results of tasks

      not ready: 1 of 3 checks failed
      "
    `)
  })

  it('finds secrets in the store without reading them', async () => {
    const project = new Project({
      'w.yaml': `id: w\nsecrets: [A, B]\ntasks: [{id: t, type: core/console.log, inputs: {message: '{{ secrets.A }}{{ secrets.B }}'}}]\n`,
    })
    await storeSecrets(project, {A: 'a-value-of-a-test'})
    const before = await project.json(['secrets', 'audit'])
    const checked = await project.run(['check', 'w.yaml', '--json'])
    expect(lines(checked).filter((line) => line.includes('secret'))).toEqual(['ok | secret A', 'failed | secret B | missing'])
    expect(await project.json(['secrets', 'audit'])).toEqual(before)
  })

  it('says what is wrong with the file, and finds broken plugins', async () => {
    const project = new Project({
      'invalid.yaml': 'id: w\ntasks: [{id: t, type: core/shell.run, inputs: {comand: x}}]\n',
      'plugin.yaml': 'id: w\ntasks: [{id: t, type: no/such.plugin}]\n',
      'var.yaml': 'id: w\ninputs: {a: {required: true}}\ntasks: [{id: t, type: core/shell.run, inputs: {command: "true"}}]\n',
    })
    expect((await project.run(['check', 'invalid.yaml'])).exitCode).toBe(3)
    const plugin = await project.run(['check', 'plugin.yaml', '--json'])
    expect([plugin.exitCode, lines(plugin).length]).toEqual([1, 1])
    expect((await project.run(['check', 'var.yaml', '--var', 'x=1'])).exitCode).toBe(2)
  })

  it('looks for Docker where it is needed', async () => {
    const project = new Project({
      'w.yaml': `id: w\nsecurity: restricted\ntasks: [{id: t, type: core/console.log, inputs: {message: m}}]\n`,
    })
    const checked = await project.run(['check', 'w.yaml', '--json'], {env: {DOCKER_HOST: `unix://${project.path('nobody.sock')}`}})
    expect([checked.exitCode, lines(checked).at(-1)]).toEqual([1, expect.stringMatching(/^failed \| Docker \| /)])
  })

  it.each(['SIGINT', 'SIGKILL'] as const)('leaves nothing when it ends by %s', async (signal) => {
    const project = new Project({
      'w.yaml': `id: w\ntasks: [{id: t, type: core/shell.run, require: [{command: "touch asking; sleep 600", timeout: 1h, message: m}], inputs: {command: 'true'}}]\n`,
    })
    const running = project.start(['check', 'w.yaml'])
    await project.appears('asking', running)
    running.kill(signal)
    await running.ended
    await expect.poll(() => tagHolders(running.pid), {timeout: 5000}).toEqual([])
    expect(readdirSync(project.home)).not.toContain('autokestra.db')
  })
})
