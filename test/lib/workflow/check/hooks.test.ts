// What is checked of hooks in addition to what is checked of every task.

import {describe, expect, it} from 'vitest'
import {SchemaCompiler} from '../../../../src/lib/documents/json-schema.ts'
import {WorkflowError} from '../../../../src/lib/errors/workflow-error.ts'
import {loadWorkflow} from '../../../rig/load-workflow.ts'

const schemas = new SchemaCompiler()

async function load(hooks: string, task = ''): ReturnType<typeof loadWorkflow> {
  return await loadWorkflow(
    `id: w\nsecrets: [KEY]\ntasks:\n  - {id: a, type: my/tool.run, env: {K: "{{ secrets.KEY }}"}${task}}\nhooks:\n${hooks}`,
    {schemas},
  )
}

async function findings(hooks: string, task?: string): Promise<string[]> {
  try {
    await load(hooks, task)
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    return error.diagnostics.map(({line, code, message}) => `${String(line)} ${code}: ${message}`)
  }
  return []
}

const hook = (id: string, more = ''): string => `    - {id: ${id}, type: my/tool.run${more}}\n`

describe('hooks', () => {
  it('run in the order of their list, whatever became of the one before, unless they say what they need', async () => {
    const {workflow} = await load(`  finally:\n${hook('x')}${hook('y')}${hook('z', ', needs: []')}${hook('v', ', needs: [x]')}`)
    expect(workflow.hooks.finally?.map(({id, needs, needsOnlyOrder}) => [id, needs, needsOnlyOrder])).toEqual([
      ['x', [], undefined],
      ['y', ['x'], true],
      ['z', [], undefined],
      ['v', ['x'], undefined],
    ])
    expect(workflow.tasks.map(({id}) => id)).toEqual(['a'])
  })

  it('read all tasks, the outputs, and what the run has come to', async () => {
    const env =
      ', env: {A: "{{ tasks.a.output }}", S: "{{ run.status }}", F: "{{ run.failed }}", O: "{{ outputs.x }}", K: "{{ secrets.KEY }}"}'
    expect(
      await findings(`  onFailure:\n${hook('x', env)}${hook('y', ', if: "{{ tasks.x.status == \'failed\' && success() }}"')}`),
    ).toEqual([])
  })

  it.each<[string, string, string, string?]>([
    ['an id that a task has', `  finally:\n${hook('a')}`, '7 duplicate-id: another task has the id "a"'],
    ['an id of two lists', `  onFailure:\n${hook('x')}  finally:\n${hook('x')}`, '9 duplicate-id: another task has the id "x"'],
    ['a need that is a task', `  finally:\n${hook('x', ', needs: [a]')}`, '7 need-of-hooks: "a" has ended when hooks run'],
    [
      'a need of another list',
      `  onFailure:\n${hook('y')}  finally:\n${hook('x', ', needs: [y]')}`,
      '9 need-of-hooks: "y" is in hooks.onFailure, and a hook only needs hooks of its own list',
    ],
    [
      'a task that needs a hook',
      `  finally:\n${hook('x')}`,
      '4 need-of-hooks: "x" is a hook, and hooks run after all tasks',
      ', needs: [x]',
    ],
    ['a need that nothing is', `  finally:\n${hook('x', ', needs: [q]')}`, '7 unknown-need: there is no task "q"'],
    ['a circle', `  finally:\n${hook('x', ', needs: [y]')}${hook('y')}`, '7 cycle: tasks need each other: x → y → x'],
    [
      'a task that reads a hook',
      `  finally:\n${hook('x')}`,
      '4 not-upstream: "x" is a hook, and hooks run after this is evaluated',
      ', if: "{{ tasks.x.output }}"',
    ],
    [
      'a hook of another list that is read',
      `  onFailure:\n${hook('y')}  finally:\n${hook('x', ', if: "{{ tasks.y.output }}"')}`,
      '9 not-upstream: "y" is in hooks.onFailure: a hook only reads hooks of its own list',
    ],
    [
      'a later hook that is read',
      `  finally:\n${hook('x', ', if: "{{ tasks.y.output }}"')}${hook('y')}`,
      '7 not-upstream: the task "y" may not have finished when "x" starts',
    ],
    ['run.status in a task', `  finally:\n${hook('x')}`, '4 unknown-name: run has no "status"', ', if: "{{ run.status }}"'],
    ['outputs in a task', `  finally:\n${hook('x')}`, '4 unknown-name: unknown name "outputs"', ', if: "{{ outputs.x }}"'],
    ['an unknown list', `  onFailed:\n${hook('x')}`, '6 unknown-property: unknown property "onFailed"'],
    ['an unknown key', `  finally:\n${hook('x', ', timout: 5s')}`, '7 unknown-property: unknown property "timout" in task "x"'],
    ['a broken time', `  finally:\n${hook('x', ', timeout: 5y')}`, '7 bad-duration: "5y" is not a duration'],
    ['an empty list', '  finally: []\n', '6 invalid-value: finally must not be empty'],
    [
      'a secret that is not declared',
      `  finally:\n${hook('x', ', env: {K: "{{ secrets.OTHER }}"}')}`,
      "7 undeclared-secret: Secret 'OTHER' not declared in workflow",
    ],
    ['a broken template', `  finally:\n${hook('x', ', if: "{{ 1 + }}"')}`, '7 bad-template: '],
  ])('%s is a finding', async (_title, hooks, expected, task) => {
    const found = await findings(hooks, task)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(expected)
  })
})
