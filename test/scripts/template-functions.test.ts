// Functions of templates that know of the run: its time, unique names, files.

import {expect, it} from 'vitest'
import {Project} from '../rig/project.ts'

const facts = `id: facts
failFast: false
tasks:
  - id: a
    type: core/shell.run
    env: {NOW: '{{ now() }}', U: '{{ uuid() }}', V: '{{ uuid("other") }}', H: '{{ hashFiles("**/*.lock", "!skip/**") }}'}
    inputs: {command: 'echo "$NOW $U $V $H"', stdin: '{{ now() }} {{ uuid() }}'}
  - id: b
    type: core/shell.run
    needs: [a]
    env: {U: '{{ uuid() }}', OS: '{{ run.os }}/{{ run.arch }}'}
    inputs: {command: 'echo "$U $OS"'}
  - {id: recent, type: core/shell.run, needs: [a], if: '{{ now() - timestamp(run.startedAt) < duration("1d") }}', inputs: {command: 'true'}}
outputs: {a: '{{ tasks.a.output.stdout }}', b: '{{ tasks.b.output.stdout }}', day: '{{ formatTime(now(), "yyyy") }}'}
`

it('now and uuid are those of the attempt, as the journal has it', async () => {
  const project = new Project({'w.yaml': facts, 'x/y.lock': 'one', 'skip/z.lock': 'two'})
  const {result, task} = await project.runJson('w.yaml')
  const {a, b, day} = result.outputs as Record<string, string>
  const [now, u, v, hash] = (a ?? '').split(' ')
  const events = await project.json(['runs', 'show', 'latest'])
  expect(events).toMatchObject({tasks: [expect.objectContaining({id: 'a', startedAt: now}), {}, {}]})
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
  const all = [u, v, b?.split(' ')[0]]
  for (const one of all) expect(one).toMatch(uuid)
  expect(new Set(all).size).toBe(3)
  expect(hash).toMatch(/^[0-9a-f]{64}$/)
  expect(b).toContain(`${process.platform}/${process.arch}`)
  expect(day).toMatch(/^20\d\d$/)
  expect(task('recent').status).toBe('succeeded')
  project.write({'skip/z.lock': 'changed'})
  const again = async (): Promise<string> => JSON.stringify((await project.runJson('w.yaml')).result.outputs)
  expect(await again()).toContain(hash)
  project.write({'x/y.lock': 'changed'})
  expect(await again()).not.toContain(hash)
})

it('each attempt has its own', async () => {
  const project = new Project({
    'w.yaml': `id: w
tasks:
  - id: a
    type: core/shell.run
    retry: {max: 2, delay: 1ms}
    env: {U: '{{ uuid() }}'}
    inputs: {command: 'echo "$U" >> uuids; test "$(wc -l < uuids)" -eq 2'}
`,
  })
  expect((await project.run(['run', 'w.yaml'])).exitCode).toBe(0)
  expect(new Set(project.read('uuids').trim().split('\n')).size).toBe(2)
})

it('nothing is known before the run', async () => {
  const project = new Project({
    'w.yaml': `id: w\nenv: {A: '{{ now() }}'}\ntasks:\n  - {id: a, type: core/shell.run, env: {B: '{{ hashFiles("../*") }}'}, inputs: {command: 'true'}}\n`,
  })
  const {exitCode, stdout} = await project.run(['validate', 'w.yaml'])
  expect(exitCode).toBe(3)
  expect(stdout).toContain('now(), uuid() and hashFiles() cannot be used in the env of the workflow')
  project.write({'w.yaml': project.read('w.yaml').replace(/^env:.*\n/m, '')})
  const {stderr} = await project.run(['run', 'w.yaml'])
  expect(stderr).toContain('hashFiles(): the pattern cannot be used: it contains ".."')
})
