// `workflow plugin init`, `inspect` and `list` as their users see them. Building is in test/docker.

import {execFileSync} from 'node:child_process'
import {rmSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {Project} from '../rig/project.ts'
import {builtCommand, jsonOf, packageRoot} from '../rig/workflow-command.ts'

const noDocker = {env: {DOCKER_HOST: 'unix:///nowhere/docker.sock'}}

it.each([
  ['ts', {greeting: 'Hello, world!'}],
  ['js', {greeting: 'Hello, world!'}],
  ['python', {greeting: 'Hello, world!'}],
  ['shell', {exitCode: 0, stdout: 'Hello, world!', stderr: ''}],
])('a plugin that was started in %s runs at once, and cannot be started twice', async (language, output) => {
  const project = new Project()
  const {exitCode, stdout, stderr} = await project.run(['plugin', 'init', 'acme/greeter', '--language', language])
  expect({exitCode, stderr}).toMatchObject({exitCode: 0, stderr: expect.stringContaining('plugins/greeter/plugin.yaml') as unknown})
  project.write({'greet.yaml': stdout})
  const ended = await project.runJson('greet.yaml')
  expect({exitCode: ended.exitCode, output: ended.task('greet').output}).toEqual({exitCode: 0, output})
  const inspected = jsonOf(await project.run(['plugin', 'inspect', 'greeter', '--json', '--strict'], noDocker))
  expect(inspected).toMatchObject({id: 'acme/greeter', warnings: [], image: {state: 'unknown', dockerfile: 'generated'}})
  const before = project.read('plugins/greeter/plugin.yaml')
  expect(await project.run(['plugin', 'init', 'greeter'])).toMatchObject({exitCode: 1, stdout: ''})
  expect(project.read('plugins/greeter/plugin.yaml')).toBe(before)
})

it('a plugin that was started can be tested at once, with the SDK that comes with the program', async () => {
  const project = new Project()
  expect(await project.run(['plugin', 'init', 'greeter', '--language', 'js'])).toMatchObject({exitCode: 0})
  project.write({
    'plugins/greeter/index.test.mjs': `import {runAction} from '@autokestra/plugin-sdk/testing'
import {greet} from './index.mjs'
console.log((await runAction(greet, {name: 'Ada'})).output.greeting)
`,
  })
  const test = (): string => execFileSync(process.execPath, ['plugins/greeter/index.test.mjs'], {cwd: project.dir, encoding: 'utf8'})
  expect(test()).toBe('Hello, Ada!\n')
  expect(project.read('plugins/node_modules/.gitignore')).toBe('*\n')
  // As after a fresh clone.
  rmSync(project.path('plugins/node_modules'), {recursive: true})
  expect(test).toThrow()
  expect(await project.run(['plugin', 'init'])).toMatchObject({exitCode: 0, stdout: ''})
  expect(test()).toBe('Hello, Ada!\n')
})

it('the types of the SDK are found where it is linked', async () => {
  const project = new Project()
  await project.run(['plugin', 'init', 'greeter'])
  const compiler = path.join(packageRoot, 'node_modules/typescript/bin/tsc')
  const flags = [
    '--noEmit',
    '--strict',
    '--module',
    'esnext',
    '--moduleResolution',
    'bundler',
    '--target',
    'es2023',
    'plugins/greeter/index.ts',
  ]
  expect(execFileSync(process.execPath, [compiler, ...flags], {cwd: project.dir, encoding: 'utf8'})).toBe('')
})

it('an SDK that is installed stays', async () => {
  const project = new Project({'plugins/node_modules/@autokestra/plugin-sdk/package.json': '{}'})
  expect(await project.run(['plugin', 'init'])).toMatchObject({exitCode: 0, stderr: 'the SDK is installed already\n'})
  expect(project.read('plugins/node_modules/@autokestra/plugin-sdk/package.json')).toBe('{}')
})

it('a plugin that was started is told of before the workflow that uses it, where both are read in one place', async () => {
  const command = ['sh', '-c', 'exec "$@" 2>&1', 'sh', process.execPath, builtCommand] as const
  const {stdout} = await new Project().run(['plugin', 'init', 'acme/greeter'], {command})
  expect(stdout).toMatch(/^created .*plugin\.yaml\ncreated .*index\.ts\n\nA workflow that uses it:\n\nid: greet\n/)
})

it.each(['A', 'a b', 'a/b/c', '../a', '/a', 'a/', ''])('%j is no name for a plugin', async (name) => {
  const project = new Project()
  expect(await project.run(['plugin', 'init', name])).toMatchObject({exitCode: 2})
  expect(project.has('plugins')).toBe(false)
})

it('a plugin is started in the plugin directory that the project names', async () => {
  const project = new Project({'autokestra.yaml': 'plugins: {paths: [tools]}\n'})
  expect(jsonOf(await project.run(['plugin', 'init', 'greeter', '--json']))).toMatchObject({
    id: 'my/greeter',
    dir: project.path('tools/greeter'),
    files: [project.path('tools/greeter/plugin.yaml'), project.path('tools/greeter/index.ts')],
  })
})

const reckless = {
  'plugins/p/plugin.yaml': `namespace: test
name: p
version: 1.0.0
description: Takes what it gets.
command: [sh, main.sh]
capabilities: [network]
permissions: {network: ["https://*"]}
actions:
  - name: act
    description: Acts.
    timeout: 5s
    input: {type: object, required: [url], properties: {url: {type: string}, times: {type: integer, default: 3}}}
`,
  'plugins/p/main.sh': '',
}

it('inspect shows a plugin to people, with YAML to paste', async () => {
  const project = new Project(reckless)
  const {exitCode, stdout, stderr} = await project.run(['plugin', 'inspect', 'p'], noDocker)
  expect({exitCode, stdout: stdout.replaceAll(project.dir, '')}).toEqual({
    exitCode: 0,
    stdout: `test/p 1.0.0
description   Takes what it gets.
directory     /plugins/p (project)
program       sh main.sh
protocol      plain
capabilities  network
image         ${/^image +(.*)$/m.exec(stdout)?.[1] ?? ''}

test/p.act  Acts. timeout 5.0 s
input url\ttext\trequired\t
input times\twhole number\t3\t

recommended for a workflow
security: restricted
permissions:
  network: ["https://*"]
`,
  })
  expect(stdout).toMatch(/^image +not known: .*Docker/m)
  expect(stderr).toContain('warning[any-host]')
  expect((await project.run(['plugin', 'inspect', 'p', '--strict'], noDocker)).exitCode).toBe(1)
})

it('inspect compares with a workflow, and a missing one is an error', async () => {
  const project = new Project({...reckless, 'w.yaml': 'id: w\ntasks: [{id: t, type: test/p.act, inputs: {url: x}}]\n'})
  const {stdout, stderr} = await project.run(['plugin', 'inspect', 'p', '--workflow', 'w.yaml'], noDocker)
  expect(stdout).toContain('security      trusted\ntasks         t\nnot granted   network https://*\nnot needed    none\n')
  expect(stderr).toContain('permissions are not enforced')
  expect(await project.run(['plugin', 'inspect', 'p', '--workflow', 'no.yaml'], noDocker)).toMatchObject({exitCode: 3})
  expect(await project.run(['plugin', 'inspect', 'q'], noDocker)).toMatchObject({exitCode: 5})
})

it('list shows shadowed and broken plugins, and how many warnings there are', async () => {
  const project = new Project({
    ...reckless,
    'autokestra.yaml': 'plugins: {paths: [plugins, more]}\n',
    'more/p/plugin.yaml': reckless['plugins/p/plugin.yaml'],
    'more/p/main.sh': '',
    'plugins/broken/plugin.yaml': 'namespace: test\nname: broken\n',
  })
  const {exitCode, stdout, stderr} = await project.run(['plugin', 'list'], noDocker)
  const rows = stdout.split('\n').map((line) => line.replaceAll(project.dir, '').split('\t'))
  expect(exitCode).toBe(0)
  expect(rows.slice(0, 3)).toEqual([
    ['test/broken', '-', '-', 'project', 'broken', '-', '-', '/plugins/broken'],
    ['test/p', '1.0.0', 'act', 'project', 'ok, in place of /more/p', '-', '1', '/plugins/p'],
    ['test/p', '1.0.0', 'act', 'project', 'shadowed by /plugins/p', '-', '1', '/more/p'],
  ])
  expect(stderr).toContain('version')
})
