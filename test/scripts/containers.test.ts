// `container:` where there is no Docker engine: what is said, and that nothing has happened.

import {expect, it} from 'vitest'
import {Project} from '../rig/project.ts'

const workflow = `id: boxed
tasks:
  - {id: before, type: core/shell.run, inputs: {command: ': > ran'}}
  - {id: t, type: core/shell.run, container: 'alpine:3.20', inputs: {command: 'true'}}
`

it('a run that needs an engine ends before any task starts when there is none', async () => {
  const project = new Project({'w.yaml': workflow})
  const {exitCode, stderr} = await project.run(['run', 'w.yaml'], {env: {DOCKER_HOST: `unix://${project.path('no.sock')}`}})
  expect(exitCode).toBe(8)
  expect(stderr).toContain('DOCKER_UNAVAILABLE')
  expect(stderr).toContain('unset DOCKER_HOST')
  expect(project.has('ran')).toBe(false)
})

it('tasks without a container need no engine, and validating needs none', async () => {
  const project = new Project({'w.yaml': workflow, 'host.yaml': workflow.replace("'alpine:3.20'", 'false')})
  const env = {DOCKER_HOST: `unix://${project.path('no.sock')}`}
  expect(await project.run(['validate', 'w.yaml'], {env})).toMatchObject({exitCode: 0})
  expect(await project.run(['run', 'w.yaml', '--dry-run'], {env})).toMatchObject({exitCode: 0})
  expect(await project.run(['run', 'host.yaml'], {env})).toMatchObject({exitCode: 0})
})
