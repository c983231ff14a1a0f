import {describe, expect, it} from 'vitest'
import {SchemaCompiler} from '../../../../src/lib/documents/json-schema.ts'
import {WorkflowError} from '../../../../src/lib/errors/workflow-error.ts'
import {loadWorkflow} from '../../../rig/load-workflow.ts'

const schemas = new SchemaCompiler()

async function load(task: string): ReturnType<typeof loadWorkflow> {
  return await loadWorkflow(`id: w\nsecrets: [KEY]\ntasks:\n  - {id: a, type: my/tool.run, env: {K: "{{ secrets.KEY }}"}, ${task}}\n`, {
    schemas,
  })
}

async function findings(task: string): Promise<string[]> {
  try {
    await load(task)
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    return error.diagnostics.map(({code, message}) => `${code}: ${message}`)
  }
  return []
}

describe('until', () => {
  it('has defaults, and times in milliseconds', async () => {
    const until = async (text: string) => (await load(`until: ${text}`)).workflow.tasks[0]?.until
    expect(await until('{if: " {{ output.ok }} "}')).toEqual({if: '{{ output.ok }}', everyMs: 10_000, limitMs: 3_600_000})
    expect(await until('{if: "{{ output.ok }}", every: 5s, limit: 2h}')).toEqual({if: '{{ output.ok }}', everyMs: 5000, limitMs: 7_200_000})
  })

  it.each<[string, string[]]>([
    ['until: {if: "{{ output.n > vars.least }}"}', ['unknown-var: vars has no "least"']],
    ['until: {every: 1s}', ['missing-property: missing property "if" in task "a"']],
    ['until: {if: output.done}', ['bad-until: "if" must be a template']],
    ['until: {if: "{{ output.done }} yes"}', ['bad-until: "if" must be one template, without text around it']],
    ['until: {if: "{{ output.done", every: 5x}', ['bad-template: ', 'bad-duration: "5x" is not a duration']],
    ['until: {if: "{{ output.done }}", every: 1ms}', ['bad-until: "every" must be at least 10 ms']],
    ['until: {if: "{{ output.done }}", every: 5m, limit: 1m}', ['bad-until: "limit" is shorter than "every"']],
    ['until: {if: "{{ secrets.KEY == output.key }}"}', ['secret-not-allowed: secrets cannot be read in "until"']],
    ['until: {if: "{{ failure() }}"}', ['status-function: ']],
    ['until: {if: "{{ tasks.a.output }}"}', ['reads-itself: ']],
    ['if: "{{ output.done }}"', ['unknown-name: unknown name "output"']],
    ['until: {if: "{{ output.done }}"}, cache: {}', ['until-with-cache: a task with "until" cannot have a cache']],
  ])('%s', async (task, expected) => {
    const found = await findings(task)
    expect(found).toHaveLength(expected.length)
    for (const [index, text] of expected.entries()) expect(found[index]).toContain(text)
  })
})
