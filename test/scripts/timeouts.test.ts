// Which timeout ended a task, and what raises it.

import {expect, it} from 'vitest'
import {errorOf, openExecutor, run, shellPlugin} from '../rig/executor.ts'
import {actionSource, Project, sdkPlugin} from '../rig/project.ts'

const forever = actionSource('await new Promise((resolve) => setTimeout(resolve, 600_000))')

it.each([
  ['the task', 'timeout: 100ms', '', '', 'the task took longer than 100ms, its "timeout"'],
  [
    'defaults of the workflow',
    '',
    'defaults: {timeout: 100ms}\n',
    '',
    'the task took longer than 100ms, the "timeout" under "defaults"; a "timeout" of the task overrides it',
  ],
  [
    'the action',
    '',
    '',
    'timeout: 100ms',
    'the task took longer than 100ms, the default of test/slow.act; set "timeout" on the task to allow more',
  ],
])('TIMEOUT names %s', async (_, ofTask, ofWorkflow, ofAction, message) => {
  const project = new Project({
    ...sdkPlugin('slow', forever, {manifest: `actions: [{name: act, ${ofAction}}]`}),
    'w.yaml': `id: w\n${ofWorkflow}tasks:\n  - {id: t, type: test/slow.act${ofTask === '' ? '' : `, ${ofTask}`}}\n`,
  })
  const {error} = await project.runJson('w.yaml')
  expect(error('t')).toMatchObject({code: 'TIMEOUT', message})
})

it('an action that says nothing has 30 seconds, a shell command an hour', async () => {
  const project = new Project({
    ...sdkPlugin('slow', forever),
    'w.yaml': "id: w\ntasks:\n  - {id: t, type: test/slow.act}\n  - {id: sh, type: core/shell.run, inputs: {command: 'true'}}\n",
  })
  const {stdout} = await project.run(['run', 'w.yaml', '--dry-run', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({tasks: [{timeoutMs: 30_000}, {timeoutMs: 3_600_000}]})
})

it('TIMEOUT names the default of actions that say nothing', async () => {
  const ran = await run(openExecutor(), shellPlugin('sleep 60'), {timeoutMs: 50, timeoutFrom: 'default'})
  expect(errorOf(ran).message).toBe(
    'the task took longer than 50ms, the default for actions without a timeout of their own; set "timeout" on the task to allow more',
  )
})
