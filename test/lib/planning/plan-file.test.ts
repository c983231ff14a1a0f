import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {SchemaCompiler} from '../../../src/lib/documents/json-schema.ts'
import type {PlanRequest} from '../../../src/lib/planning/apply-request.ts'
import {planFile} from '../../../src/lib/planning/plan-file.ts'
import type {PlannedRun} from '../../../src/lib/planning/plan-workflow.ts'
import {secretsInUse} from '../../../src/lib/engine/plan.ts'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {PluginManager} from '../../../src/lib/plugins/plugin-manager.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const manifest = `namespace: my
name: tool
version: 1.0.0
protocol: exec
actions:
  - name: run
    exec: [sh, -c, '{{ inputs.script }}']
    timeout: 7s
    literalInputs: [script]
    input:
      type: object
      required: [script]
      additionalProperties: false
      properties: {script: {type: string}, count: {type: integer}}
  - name: say
    exec: [echo, ['--', '{{ inputs.words }}']]
    input: {type: object, properties: {script: {type: string}, words: {type: array}, stdin: {type: string}}}
`
const ownManifest = `namespace: core
name: own
version: 1.0.0
protocol: builtin
actions:
  - name: run
  - {name: brief, timeout: 5s}
`
const schemas = new SchemaCompiler()

const environmentFacts = {programHome: '/no/home', sockets: [], pluginDirs: [], configFiles: []}

function plan(text: string, request: Partial<PlanRequest> = {}): Promise<PlannedRun> {
  const cwd = temporaryDir()
  mkdirSync(join(cwd, 'plugins', 'tool'), {recursive: true})
  writeFileSync(join(cwd, 'plugins', 'tool', 'plugin.yaml'), manifest)
  writeFileSync(join(cwd, 'w.yaml'), text)
  mkdirSync(join(cwd, 'bundled', 'own'), {recursive: true})
  writeFileSync(join(cwd, 'bundled', 'own', 'plugin.yaml'), ownManifest)
  const plugins = new PluginManager({
    paths: [
      {path: join(cwd, 'plugins'), origin: 'project'},
      {path: join(cwd, 'bundled'), origin: 'bundled'},
    ],
    cacheDir: join(cwd, 'cache'),
    schemas,
    programVersion: '0',
  })
  return planFile(
    {file: 'w.yaml', ...request},
    {plugins, schemas, cwd, readStdin: () => Promise.resolve(text), environmentFacts, ask: 'there is no terminal'},
  )
}

async function findings(text: string, request?: Partial<PlanRequest>): Promise<{code: string; found: string[]}> {
  const error: unknown = await plan(text, request).catch((thrown: unknown) => thrown)
  if (!(error instanceof WorkflowError)) throw new Error('no error', {cause: error})
  return {code: error.code, found: error.diagnostics.map(({code, line, column}) => `${code} ${String(line)}:${String(column)}`)}
}

describe('planFile', () => {
  it('gives a task that starts no program no slot, and no timeout that nobody set, also in a restricted workflow', async () => {
    const tasks = '[{id: a, type: core/own.run}, {id: b, type: core/own.run, timeout: 48h}, {id: c, type: core/own.brief}]'
    for (const security of ['trusted', 'restricted']) {
      const {plan: planned} = await plan(`id: w\nsecurity: ${security}\ntasks: ${tasks}\n`)
      expect(planned.tasks.map(({usesSlot, timeoutMs}) => [usesSlot, timeoutMs])).toEqual([
        [false, undefined],
        [false, 172_800_000],
        [false, 5000],
      ])
      expect(JSON.parse(JSON.stringify(planned))).toEqual(planned)
    }
    const {plan: others} = await plan('id: w\ntasks: [{id: a, type: my/tool.say}]\n')
    expect(others.tasks).toMatchObject([{timeoutMs: 30_000}])
    expect(others.tasks[0]).not.toHaveProperty('usesSlot')
  })

  it('lists what is wrong with the file and what is wrong with its use of plugins together, in the order of the file', async () => {
    const text = `id: w
tasks:
  - {id: a, type: my/tol.run, timout: 3s}
  - {id: b, type: my/tool.go, needs: [zz]}
  - {id: c, type: my/tool.run, inputs: {script: ls, count: many}}
  - {id: d, type: my/tool.run}
`
    expect(await findings(text)).toEqual({
      code: 'WORKFLOW_INVALID',
      found: [
        'unknown-plugin 3:19',
        'unknown-property 3:31',
        'unknown-action 4:19',
        'unknown-need 4:39',
        'wrong-type 5:60',
        'missing-property 6:5',
      ],
    })
  })

  it('blames the plugins when nothing else is wrong', async () => {
    expect(await findings('id: w\ntasks: [{id: a, type: my/tol.run}]\n')).toMatchObject({code: 'PLUGIN_NOT_FOUND'})
  })

  it('leaves what only a template can tell to the run', async () => {
    const {
      plan: {tasks},
    } = await plan(`id: w\nvars: {n: 1}\ntasks: [{id: a, type: my/tool.run, inputs: {script: ls, count: '{{ vars.n }}'}}]\n`)
    expect(tasks).toMatchObject([{timeoutMs: 7000, condition: 'none', action: {plugin: 'my/tool', pluginVersion: '1.0.0', action: 'run'}}])
  })

  it('lets the braces of other programs pass in literal inputs, and refuses our own templates there', async () => {
    const task = (script: string): string =>
      `id: w\nvars: {x: 1}\ntasks:\n  - id: a\n    type: my/tool.run\n    inputs: {script: ${JSON.stringify(script)}}\n    env: {X: '{{ vars.x }}'}\n`
    for (const script of ["docker ps --format '{{.Names}}'", '{{ range .Items }}{{ end }}', 'echo {{', "{{ '{{' }}"]) {
      expect((await plan(task(script))).plan.tasks[0]?.inputs['script']).toBe(script)
    }
    for (const script of ['echo {{ vars.x }}', '{{tasks.b.output}}', '{{ secrets.KEY }}']) {
      expect(await findings(task(script))).toEqual({code: 'WORKFLOW_INVALID', found: ['template-not-allowed 6:22']})
    }
  })

  it('refuses a secret where it would become an argument of a process', async () => {
    const text = (input: string): string =>
      `id: w\nsecrets: [A]\ntasks:\n  - {id: a, type: my/tool.say, inputs: {script: ls, words: ['x', "${input}"], stdin: '{{ secrets.A }}'}}\n`
    expect(await findings(text('-{{ secrets.A }}'))).toEqual({code: 'WORKFLOW_INVALID', found: ['secret-in-arguments 4:71']})
    expect((await plan(text('{{ run.id }}'))).plan.tasks[0]?.secrets).toEqual(['A'])
  })

  it('tells which secrets each task reads', async () => {
    const {plan: planned, warnings} = await plan(
      `id: w\nsecrets: [A, B, C, D]\ntasks:\n  - {id: a, type: my/tool.run, inputs: {script: ls, count: '{{ int(secrets.A) + size(secrets.B) }}'}}\n  - {id: b, type: my/tool.run, inputs: {script: ls}, env: {X: '{{ secrets.B }}{{ secrets.C }}'}}\n  - {id: c, type: my/tool.run, inputs: {script: ls}}\n`,
    )
    expect(planned.tasks.map(({secrets}) => secrets)).toEqual([['A', 'B'], ['B', 'C'], []])
    expect(secretsInUse(planned)).toEqual(['A', 'B', 'C'])
    expect(warnings.map(({code}) => code)).toEqual(['unused-secret'])
  })

  it('applies what the command line overrides', async () => {
    const text = `id: w\nfailFast: true\ntimeout: 1h\nvars: {n: 1, s: a}\nenv: {V: '{{ vars.s }}-{{ vars.n }}'}\ntasks: [{id: a, type: my/tool.run, inputs: {script: ls}}]\n`
    const {
      plan: {workflow, failFast, timeoutMs},
    } = await plan(text, {vars: ['n=5', 's=7'], keepGoing: true, timeout: '90'})
    expect({vars: workflow.vars, env: workflow.env, failFast, timeoutMs}).toEqual({
      vars: {n: 5, s: '7'},
      env: {V: '7-5'},
      failFast: false,
      timeoutMs: 90_000,
    })
    for (const vars of [['n=x'], ['n'], ['=1'], ['missing=1'], ['n=1.5e999'], ['n=9007199254740993']])
      expect((await findings(text, {vars})).code).toBe('USAGE')
    expect((await findings(text, {timeout: 'soon'})).code).toBe('USAGE')
  })

  it('makes a plan that is the same after it was stored as JSON', async () => {
    const text = `id: w
security: restricted
secrets: [A]
vars: {n: 1, deep: [{x: null}]}
env: {V: '{{ vars.n }}'}
permissions: {network: ['https://api.example.com/v1/*'], filesystem: {read: [./plugins]}}
resources: {memory: 64MiB}
timeout: 1h
parallelism: 2
tasks:
  - {id: a, type: my/tool.run, inputs: {script: ls}, retry: {max: 3, on: [timeout]}, timeout: 2s}
  - {id: b, type: my/tool.say, needs: [a], if: '{{ failure() }}', inputs: {stdin: '{{ secrets.A }}'}, continueOnError: true}
outputs: {all: '{{ tasks.a.output }}'}
`
    const {plan: made} = await plan(text)
    expect(JSON.parse(JSON.stringify(made))).toStrictEqual(made)
    expect(made.tasks.map(({restrictions}) => restrictions?.permissions.rules.length)).toEqual([1, 1])
  })

  it('runs a disabled workflow only by force', async () => {
    const text = 'id: w\nenabled: false\ntasks: [{id: a, type: my/tool.run, inputs: {script: ls}}]\n'
    expect((await findings(text)).code).toBe('WORKFLOW_DISABLED')
    expect((await plan(text, {force: true})).plan.tasks).toHaveLength(1)
  })
})
