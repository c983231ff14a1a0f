// What `workflow run FILE` runs, and in which order, when the file or the command line says more than `needs`.

import {describe, expect, it} from 'vitest'
import type {PlanDescription} from '../../src/lib/ui/views/plan-text.ts'
import {Project} from '../rig/project.ts'

const ok = 'type: core/shell.run, inputs: {command: "true"}'

/** Needs by task, as `--dry-run` shows them. */
async function plannedNeeds(project: Project, args: readonly string[]): Promise<Record<string, readonly string[]>> {
  const plan = (await project.json(['run', '--dry-run', ...args])) as PlanDescription
  return Object.fromEntries(plan.tasks.map(({id, needs}) => [id, needs]))
}

describe('order: listed', () => {
  const listed = `id: listed
order: listed
tasks:
  - {id: first, ${ok}}
  - {id: second, type: core/shell.run, env: {FROM: '{{ tasks.first.status }}'}, inputs: {command: 'echo "after $FROM"'}}
  - {id: beside, needs: [], ${ok}}
  - {id: after-beside, ${ok}}
  - {id: last, needs: [second, after-beside], ${ok}}
`

  it('runs tasks one after the other, and tasks above are upstream', async () => {
    const project = new Project({'w.yaml': listed})
    expect(await plannedNeeds(project, ['w.yaml'])).toEqual({
      first: [],
      second: ['first'],
      beside: [],
      'after-beside': ['beside'],
      last: ['second', 'after-beside'],
    })
    const {exitCode, result} = await project.runJson('w.yaml')
    expect({exitCode, counts: result.counts}).toEqual({exitCode: 0, counts: {succeeded: 5, failed: 0, skipped: 0, cancelled: 0}})
    const {stdout} = await project.run(['runs', 'logs', '--task', 'second'])
    expect(stdout).toContain('after succeeded')
  })

  it('stops at a failure, also with --keep-going', async () => {
    const project = new Project({
      'w.yaml': `id: w\norder: listed\ntasks:\n  - {id: a, ${ok.replace('true', 'exit 1')}}\n  - {id: b, ${ok}}\n`,
    })
    const {exitCode, task} = await project.runJson('w.yaml', ['--keep-going'])
    expect({exitCode, b: task('b')}).toMatchObject({exitCode: 1, b: {status: 'skipped', reason: "needed task 'a' failed"}})
  })

  it('explains a cycle that it is part of', async () => {
    const project = new Project({'w.yaml': `id: w\norder: listed\ntasks:\n  - {id: a, needs: [b], ${ok}}\n  - {id: b, ${ok}}\n`})
    const {exitCode, stderr} = await project.run(['validate', 'w.yaml'])
    expect(exitCode).toBe(3)
    expect(stderr).toBe('')
    const {stdout} = await project.run(['validate', 'w.yaml'])
    expect(stdout).toContain('4:21')
    expect(stdout).toContain('"b" needs "a" because of order: listed')
  })
})
