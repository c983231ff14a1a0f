// An output is kept when some template reads it, and a task is given the secrets that its templates read.

import {describe, expect, it} from 'vitest'
import {taskSites} from '../../../src/lib/workflow/template-sites.ts'
import {outputsRead, readsRunDir, varsRead} from '../../../src/lib/workflow/template-uses.ts'
import {scriptedPlan, type TaskSketch} from '../../rig/scripted-run.ts'

const read = '{{ tasks.a.output.n == 1 }}'

async function isKept(reader: Partial<TaskSketch>, outputs: Record<string, string> = {}): Promise<boolean> {
  const {plan, templates} = await scriptedPlan([{id: 'a'}, {id: 'b', needs: ['a'], ...reader}], {outputs})
  return outputsRead(plan, templates).has('a')
}

describe('an output', () => {
  it.each([
    ['if', {if: read}],
    ['a status condition', {if: '{{ always() && tasks.a.output.n == 1 }}'}],
    ['env', {env: {X: read}}],
    ['an input', {inputs: {x: read}}],
    ['a part of an input', {inputs: {x: [{y: `so ${read}`}]}}],
    ['an input, as one of all tasks', {inputs: {x: '{{ keys(tasks) }}'}}],
    ['an input, by a computed name', {inputs: {x: '{{ tasks[vars.name] }}'}}],
    ['an input, as the whole task', {inputs: {x: '{{ tasks.a }}'}}],
  ] satisfies [string, Partial<TaskSketch>][])('is kept that is read in %s', async (_where, reader) => {
    expect(await isKept(reader)).toBe(true)
  })

  it('is kept that is read in the outputs of the workflow', async () => {
    expect(await isKept({}, {n: read})).toBe(true)
  })

  it.each([
    ['nowhere', {}],
    ['in a literal input', {inputs: {literal: read}}],
    ['as text', {inputs: {x: 'tasks.a.output'}}],
  ] satisfies [string, Partial<TaskSketch>][])('is dropped that is read %s', async (_where, reader) => {
    expect(await isKept(reader)).toBe(false)
  })

  it.each(['status', 'attempts', 'error.code'])('is dropped when only tasks.a.%s is read', async (property) => {
    expect(await isKept({inputs: {x: `{{ tasks.a.${property} }}`}})).toBe(false)
  })
})

describe('the secrets of a task', () => {
  it.each<[string, Partial<TaskSketch>, string[]]>([
    ['in an input', {inputs: {x: '{{ secrets.A }}'}}, ['A']],
    ['deep in an input, several times', {inputs: {x: [{y: '{{ secrets.A + secrets.B }}'}], z: '{{ secrets.A }}'}}, ['A', 'B']],
    ['in env', {env: {X: 'so {{ secrets.my-key }}'}}, ['my-key']],
    ['in a literal input', {inputs: {literal: '{{ secrets.A }}'}}, []],
    ['nowhere', {inputs: {x: 'secrets.A'}, env: {X: '{{ vars.x }}'}}, []],
  ])('%s', async (_where, sketch, expected) => {
    const {plan} = await scriptedPlan([{id: 'a', ...sketch}], {vars: {x: 1}})
    expect(plan.tasks[0]?.secrets).toEqual(expected)
  })
})

describe('the vars of a task', () => {
  it.each<[string, Partial<TaskSketch>, string[]]>([
    ['in an input', {inputs: {x: '{{ vars.b }}'}}, ['b']],
    ['in env and in an if', {if: '{{ vars.c == 1 }}', env: {X: 'so {{ vars.b }}'}}, ['b', 'c']],
    ['by a computed name', {inputs: {x: '{{ vars[env.NAME] }}'}}, ['b', 'c']],
    ['as a whole', {inputs: {x: '{{ vars }}'}}, ['b', 'c']],
    ['in a literal input', {inputs: {literal: '{{ vars.b }}'}}, []],
    ['others', {inputs: {x: '{{ vars.a }}'}}, []],
  ])('%s', async (_where, sketch, expected) => {
    const {plan, templates} = await scriptedPlan([{id: 'a', ...sketch}], {vars: {a: 1}})
    const [task] = plan.tasks
    const sites = taskSites(task ?? {}, task?.action.literalInputs)
    expect(varsRead(sites, templates, ['b', 'c'])).toEqual(expected)
  })
})

describe('the directory of the run', () => {
  it.each([
    ['run.dir', true],
    ['run[vars.x]', true],
    ['tasks.a.files.report.path', true],
    ['tasks.a.items[0].files', true],
    ['tasks[vars.x]', true],
    ['run.id', false],
    ['tasks.a.output.files', false],
    ['vars.files', false],
  ])('is named by %s: %s', async (expression, isRead) => {
    const inputs = {x: `{{ ${expression} }}`}
    const {templates} = await scriptedPlan([{id: 'b', inputs}])
    expect(readsRunDir(taskSites({inputs}, []), templates)).toBe(isRead)
  })
})
