// `workflow graph` on a file and on a run.

import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import {Project} from '../rig/project.ts'

const diamond = `id: diamond
tasks:
  - {id: top, type: core/shell.run, inputs: {command: 'true'}}
  - {id: left, type: core/shell.run, needs: [top], inputs: {command: 'true'}}
  - {id: right, type: core/shell.run, needs: [top], inputs: {command: 'exit 3'}}
  - {id: bottom, type: core/shell.run, needs: [left, right], inputs: {command: 'true'}}
`

it('draws a file without running it, and a run with the states of its tasks', async () => {
  const project = new Project({'w.yaml': diamond})
  expect((await project.run(['graph', 'w.yaml'], {env: {LC_ALL: 'C.UTF-8'}})).stdout).toBe(
    '○  top  core/shell.run\n├─╮\n○ │  left  core/shell.run\n│ ○  right  core/shell.run\n├─╯\n○  bottom  core/shell.run\n',
  )
  expect((await project.run(['runs', 'list', '--json'])).stdout).toBe('[]\n')
  await project.run(['run', 'w.yaml'])
  const {stdout} = await project.run(['graph', 'latest', '--format', 'json'])
  expect(JSON.parse(stdout)).toMatchObject({
    workflow: 'diamond',
    tasks: [
      {id: 'top', status: 'succeeded', needs: []},
      {id: 'left', needs: ['top']},
      {id: 'right', status: 'failed'},
      {id: 'bottom', status: 'skipped', needs: ['left', 'right']},
    ],
  })
  const {stdout: text} = await project.run(['graph', 'latest'], {env: {LC_ALL: 'C.UTF-8'}})
  expect(text).toMatch(/^✓ {2}top .*succeeded/)
  expect(text).toMatch(/✗ {2}right .*failed/)
})

it('draws hooks behind the tasks', async () => {
  const hooks =
    "hooks: {finally: [{id: tidy, type: core/shell.run, inputs: {command: 'true'}}, {id: tell, type: core/shell.run, inputs: {command: 'true'}}]}\n"
  const project = new Project({'w.yaml': `id: w\ntasks: [{id: top, type: core/shell.run, inputs: {command: 'true'}}]\n${hooks}`})
  const env = {LC_ALL: 'C.UTF-8'}
  const drawn = (await project.run(['graph', 'w.yaml'], {env})).stdout
  expect(drawn).toMatch(/^○ {2}top {2}core\/shell\.run\n\n○ {2}tidy {2}core\/shell\.run \(finally\)\n/)
  await project.run(['run', 'w.yaml'])
  expect((await project.run(['graph', 'latest', '--format', 'mermaid'], {env})).stdout).toContain('core/shell.run #40;finally#41;')
})

it('writes to a file, and says which', async () => {
  const project = new Project({'w.yaml': diamond})
  const {exitCode, stdout, stderr} = await project.run(['graph', 'w.yaml', '--format', 'svg', '-o', 'w.svg'])
  expect({exitCode, stdout, stderr}).toEqual({exitCode: 0, stdout: '', stderr: 'Wrote w.svg.\n'})
  expect(readFileSync(join(project.dir, 'w.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s)
  expect(await project.run(['graph', 'w.yaml', '-o', 'no/such/dir.svg'])).toMatchObject({exitCode: 2})
})

it.each([
  [['graph', 'missing.yaml'], 3, 'missing.yaml'],
  [['graph', 'nothing'], 1, 'workflow runs list'],
])('%j', async (args, exitCode, text) => {
  const ran = await new Project({}).run(args)
  expect(ran.exitCode).toBe(exitCode)
  expect(ran.stderr).toContain(text)
})
