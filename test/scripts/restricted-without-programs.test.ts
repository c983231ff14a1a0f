// Restricted workflows whose own tasks start no program: nothing has to be contained, so they need neither a Docker engine nor an image.

import {describe, expect, it} from 'vitest'
import {finishedRun, Project} from '../rig/project.ts'

const withoutEngine = {DOCKER_HOST: 'unix:///nowhere/docker.sock'}
const program = '{id: write, type: core/shell.run, inputs: {command: "touch written; echo here"}}'

describe('a restricted workflow that starts no program', () => {
  it('runs another one without an engine, and does not restrict it', async () => {
    const project = new Project({
      'parent.yaml':
        'id: parent\nsecurity: restricted\ntasks: [{id: run, type: core/workflow.run, inputs: {file: child.yaml}}]\noutputs: {ran: "{{ tasks.run.output }}"}\n',
      'child.yaml': `id: child\ntasks: [${program}]\noutputs: {said: "{{ tasks.write.output.stdout }}"}\n`,
    })
    const ended = await project.run(['run', 'parent.yaml', '--json', '--progress', 'quiet'], {env: withoutEngine})
    expect(finishedRun(ended).result).toMatchObject({status: 'succeeded', outputs: {ran: {said: 'here'}}})
    expect(project.has('written')).toBe(true)
    expect(await project.run(['check', 'parent.yaml'], {env: withoutEngine})).toMatchObject({exitCode: 0})
  })

  it('gives a restricted child the engine that it needs, or the reason why it has none', async () => {
    const project = new Project({
      'parent.yaml': 'id: parent\nsecurity: restricted\ntasks: [{id: run, type: core/workflow.run, inputs: {file: child.yaml}}]\n',
      'child.yaml': `id: child\nsecurity: restricted\ntasks: [${program}]\n`,
    })
    const ended = await project.run(['run', 'parent.yaml', '--json', '--progress', 'quiet'], {env: withoutEngine})
    expect(ended.exitCode).not.toBe(0)
    expect(ended.stdout).toContain('Docker')
    expect(project.has('written')).toBe(false)
  })

  it('waits for an approval without an engine', async () => {
    const project = new Project({
      'w.yaml': 'id: alone\nsecurity: restricted\ntasks: [{id: ask, type: core/approval.wait, inputs: {message: Really?}}]\n',
    })
    const running = project.start(['run', 'w.yaml', '--progress', 'plain'], {env: withoutEngine})
    await running.printed('runs reject')
    expect(await project.run(['runs', 'approve', 'latest'])).toMatchObject({exitCode: 0})
    expect((await running.ended).exitCode).toBe(0)
  })

  it.each([
    ['a task', `tasks: [{id: ask, type: core/approval.wait, inputs: {message: m}}, ${program}]`],
    ['a hook', `tasks: [{id: ask, type: core/approval.wait, inputs: {message: m}}]\nhooks: {finally: [${program}]}`],
  ])('needs one as soon as %s starts a program, and begins nothing without', async (_what, tasks) => {
    const project = new Project({'w.yaml': `id: w\nsecurity: restricted\n${tasks}\n`})
    const ended = await project.run(['run', 'w.yaml'], {env: withoutEngine})
    expect(ended.exitCode).toBe(8)
    expect(ended.stderr).toContain('DOCKER_UNAVAILABLE')
    expect(project.has('written')).toBe(false)
  })
})

describe('hashFiles() of a restricted workflow', () => {
  const open = (permissions: string, pattern: string): Project =>
    new Project({
      'w.yaml': `id: w
security: restricted
${permissions}
tasks: [{id: run, type: core/workflow.run, inputs: {file: other.yaml}}]
outputs: {hash: '{{ hashFiles("${pattern}") }}'}
`,
      'other.yaml': 'id: other\nsecurity: restricted\ntasks: [{id: run, type: core/workflow.run, inputs: {file: last.yaml}}]\n',
      'last.yaml': 'id: last\ntasks: [{id: a, type: core/shell.run, inputs: {command: "true"}}]\n',
      'pin.txt': '1234',
      'data/a.txt': 'a',
    })

  it('reads what is granted', async () => {
    const run = await open('permissions: {filesystem: {read: [./data]}}', 'data/*').runJson('w.yaml')
    expect(run.result.outputs?.['hash']).toMatch(/^[0-9a-f]{64}$/)
  })

  it.each(['pin.txt', '**'])('refuses what is not: %s', async (pattern) => {
    const {stderr, stdout} = await open('permissions: {filesystem: {read: [./data]}}', pattern).run(['run', 'w.yaml'])
    expect(stderr + stdout).toContain('is not granted to a restricted workflow: add it to permissions.filesystem.read')
  })
})
