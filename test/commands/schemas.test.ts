// `schema --of`: the schemas are those that files are checked with, and real files and events fit them.

import {Ajv2020} from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import {readFileSync} from 'node:fs'
import path from 'node:path'
import {parse} from 'yaml'
import {expect, it} from 'vitest'
import {configSchema} from '../../src/lib/config/schema.ts'
import {manifestSchema} from '../../src/lib/plugins/manifest-schema.ts'
import {testSchema} from '../../src/lib/testing/test-schema.ts'
import {workflowSchema} from '../../src/lib/workflow/schema/workflow-schema.ts'
import {Project, shellPlugin} from '../rig/project.ts'
import {packageRoot} from '../rig/workflow-command.ts'

async function schemaOf(project: Project, ...args: string[]): Promise<object> {
  const {exitCode, stdout, stderr} = await project.run(['schema', ...args])
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
  return JSON.parse(stdout) as object
}

function checkOf(schema: object): (value: unknown) => unknown {
  const ajv = new Ajv2020({strict: false, allErrors: true})
  formats.default(ajv)
  const check = ajv.compile(schema)
  return (value) => (check(value) ? [] : check.errors)
}

it('prints the schemas that files are checked with', async () => {
  const project = new Project()
  expect(await schemaOf(project)).toEqual({$id: 'urn:autokestra:schema:workflow', ...workflowSchema})
  expect(await schemaOf(project, '--of', 'plugin')).toMatchObject(manifestSchema)
  expect(await schemaOf(project, '--of', 'config')).toMatchObject(configSchema)
  expect(await schemaOf(project, '--of', 'test')).toMatchObject(testSchema)
  const check = checkOf(manifestSchema)
  for (const name of ['shell', 'http', 'file']) {
    expect(check(parse(readFileSync(path.join(packageRoot, 'plugins', name, 'plugin.yaml'), 'utf8')))).toEqual([])
  }
})

it('has a schema that every event of a run fits, and that nothing else does', {timeout: 60_000}, async () => {
  const project = new Project({
    'w.yaml': `id: w
tasks:
  - {id: log, type: core/console.log, inputs: {message: hello}}
  - {id: bad, type: core/shell.run, continueOnError: true, retry: {max: 2, delay: 10ms}, inputs: {command: 'echo x; exit 3'}}
  - {id: skipped, type: core/shell.run, if: '{{ false }}', inputs: {command: 'true'}}
outputs: {x: '{{ tasks.log.status }}'}
`,
  })
  await project.run(['run', 'w.yaml'])
  const check = checkOf(await schemaOf(project, '--of', 'events'))
  const {stdout} = await project.run(['runs', 'show', '--events'])
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(new Set(lines.map(({type}) => type)).size).toBeGreaterThanOrEqual(7)
  for (const line of lines) expect(check(line), JSON.stringify(line)).toEqual([])
  for (const line of lines.slice(1)) {
    for (const name of [line.type === 'task.log' ? 'line' : 'seq', 'ts', 'run', 'type'])
      expect(check({...line, [name]: undefined === line[name] ? 1 : {}})).not.toEqual([])
  }
})

it('shows what the last attempt of a task cost', async () => {
  const project = new Project({'w.yaml': 'id: w\ntasks:\n  - {id: bad, type: core/shell.run, inputs: {command: "exit 3"}}\n'})
  await project.run(['run', 'w.yaml'])
  const shown = await project.run(['runs', 'show'])
  expect(shown.stdout).toMatch(/^bad\t\d+(\.\d)? m?s\t(-|[\d.]+ MiB)\t(-|\d+ ms)\t3\t-$/m)
  expect(await project.json(['runs', 'show'])).toMatchObject({
    tasks: [{id: 'bad', metrics: {durationMs: expect.any(Number) as number, exitCode: 3}}],
  })
})

it('describes the inputs of the installed actions, in which templates may stand for values', {timeout: 60_000}, async () => {
  const project = new Project({
    ...shellPlugin('own', 'echo 1', 'actions: [{name: act, input: {type: object, required: [n], properties: {n: {type: integer}}}}]'),
  })
  const check = checkOf(await schemaOf(project, '--with-plugins'))
  const fileOf = (type: string, inputs: object): object => ({id: 'w', tasks: [{id: 't', type, inputs}]})
  for (const good of [
    fileOf('core/http.request', {url: '{{ vars.x }}', expectedStatus: ['{{ vars.code }}']}),
    fileOf('core/shell.run', {command: 'true', args: [1, '{{ vars.x }}'], errexit: '{{ vars.strict }}'}),
    fileOf('test/own.act', {n: 3}),
    fileOf('test/own.act', {n: '{{ vars.n }}'}),
    fileOf('not/installed.yet', {anything: 1}),
  ])
    expect(check(good), JSON.stringify(good)).toEqual([])
  for (const bad of [
    fileOf('core/http.request', {ulr: 'x'}),
    fileOf('core/shell.run', {command: 'true', errexit: 'yes'}),
    fileOf('test/own.act', {n: 'three'}),
    fileOf('test/own.act', {}),
  ])
    expect(check(bad), JSON.stringify(bad)).not.toEqual([])
})

it('refuses --with-plugins for another document', async () => {
  const {exitCode, stderr} = await new Project().run(['schema', '--with-plugins', '--of', 'events'])
  expect(exitCode).toBe(2)
  expect(stderr).toContain('--with-plugins is about workflow files')
})
