// Where a task runs.

import {mkdirSync, realpathSync} from 'node:fs'
import {expect, it} from 'vitest'
import {Project} from '../rig/project.ts'

const head = 'id: w\nworkingDir: base\nvars: {dir: "deep er", list: [a], odd: "x\\0y"}\ntasks:\n'

function open(workingDir: string, type = 'core/shell.run', inputs = '{command: pwd}'): Project {
  const project = new Project({'w.yaml': `${head}  - {id: t, type: ${type}, workingDir: ${workingDir}, inputs: ${inputs}}\n`})
  mkdirSync(project.path('base/etl/deep er'), {recursive: true})
  return project
}

it.each<[string, string, string]>([
  ['relative to that of the workflow', 'etl', 'base/etl'],
  ['above it', '..', '.'],
  ['a template', "'etl/{{ vars.dir }}'", 'base/etl/deep er'],
  ['a template that is empty', '\'{{ run.args[0] ?? "" }}\'', 'base'],
])('the directory of a task is %s', async (_title, workingDir, expected) => {
  const project = open(workingDir)
  const {task} = await project.runJson('w.yaml')
  expect(task('t').output).toMatchObject({stdout: realpathSync(project.path(expected))})
})

it.each<[string, string, RegExp]>([
  ['missing', 'none', /^WORKING_DIR_NOT_FOUND: the working directory '.*\/base\/none' does not exist$/],
  ['a file', '../w.yaml', /^WORKING_DIR_NOT_FOUND: the working directory '.*w.yaml' is not a directory$/],
  ['no text', "'{{ vars.list }}'", /^TEMPLATE_FAILED: in workingDir: a path must be text, not \["a"\]$/],
  ['with a NUL', "'{{ vars.odd }}'", /^TEMPLATE_FAILED: in workingDir: a path cannot contain a NUL byte$/],
])('a directory that is %s fails the task and is named', async (_title, workingDir, expected) => {
  const {exitCode, error} = await open(workingDir).runJson('w.yaml')
  expect(exitCode).toBe(1)
  expect(`${error('t').code}: ${error('t').message}`).toMatch(expected)
})

it('a plugin with a host of its own is told the same', async () => {
  const {error} = await open('none', 'core/console.log', '{message: hi}').runJson('w.yaml')
  expect(error('t')).toMatchObject({code: 'WORKING_DIR_NOT_FOUND', message: expect.stringContaining('/base/none') as string})
})

it('names no secret, and only what has been computed', async () => {
  const project = new Project({
    'w.yaml': `id: w\nsecrets: [TOK]\ntasks:\n  - {id: a, type: core/shell.run, workingDir: '{{ secrets.TOK }}', inputs: {command: pwd}}\n  - {id: b, type: core/shell.run, workingDir: '{{ tasks.a.output.stdout }}', inputs: {command: pwd}}\n`,
  })
  const {exitCode, stdout} = await project.run(['validate', 'w.yaml'])
  expect(exitCode).toBe(3)
  expect(stdout).toMatch(/secret-not-allowed[^]*w.yaml:4:[^]*not-upstream[^]*w.yaml:5:/)
})

it('is another one for each item', async () => {
  const project = new Project({
    'w.yaml': `id: w\ntasks:\n  - {id: t, type: core/shell.run, forEach: {items: [a, b], as: name}, workingDir: 'etl/{{ name }}', inputs: {command: 'basename "$(pwd)"'}}\noutputs: {all: '{{ tasks.t.output.map(one, one.stdout) }}'}\n`,
  })
  mkdirSync(project.path('etl/a'), {recursive: true})
  mkdirSync(project.path('etl/b'))
  expect((await project.runJson('w.yaml')).result.outputs).toEqual({all: ['a', 'b']})
})

it('from ~ is in the home directory of the user, for a workflow, a task and a var', async () => {
  const project = new Project({
    'w.yaml': `id: w\nworkingDir: ~/base\nvars: {v: {command: pwd, workingDir: ~/other}}\ntasks:\n  - {id: a, type: core/shell.run, inputs: {command: pwd}}\n  - {id: b, type: core/shell.run, workingDir: '~/other', inputs: {command: 'echo "$(pwd) $V"'}, env: {V: '{{ vars.v }}'}}\n`,
  })
  for (const name of ['base', 'other']) mkdirSync(project.path(`me/${name}`), {recursive: true})
  const {task} = await project.runJson('w.yaml', [], {env: {HOME: project.path('me')}})
  const home = realpathSync(project.path('me'))
  expect(task('a').output).toMatchObject({stdout: `${home}/base`})
  expect(task('b').output).toMatchObject({stdout: `${home}/other ${home}/other`})
})
