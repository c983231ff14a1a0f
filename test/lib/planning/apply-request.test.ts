// What the command line overrides. The file's own settings stay where nothing is asked for.

import {SchemaCompiler} from '../../../src/lib/documents/json-schema.ts'
import {describe, expect, it} from 'vitest'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {applyRequest, type PlanRequest, type RunSettings} from '../../../src/lib/planning/apply-request.ts'
import {loadWorkflow} from '../../rig/load-workflow.ts'

const schemas = new SchemaCompiler()
const text = (more: string): string =>
  `id: w\nvars: {n: 1, s: a}\nenv: {V: '{{ vars.s }}-{{ vars.n }}'}\ntasks: [{id: a, type: a/b.c}]\n${more}`

async function apply(request: Partial<PlanRequest>, more = ''): Promise<RunSettings> {
  const {workflow, templates} = await loadWorkflow(text(more), {schemas})
  return applyRequest(workflow, templates, {file: 'w.yaml', ...request})
}

describe('settings', () => {
  it.each<[string, string, Partial<PlanRequest>, Partial<RunSettings>]>([
    ['of the file', 'timeout: 1m', {}, {vars: {n: 1, s: 'a'}, env: {V: 'a-1'}, failFast: true, timeoutMs: 60_000}],
    ['vars, and the env that reads them', '', {vars: ['n=5', 's=x']}, {vars: {n: 5, s: 'x'}, env: {V: 'x-5'}}],
    ['--timeout as a duration', 'timeout: 1m', {timeout: '2h'}, {timeoutMs: 7_200_000}],
    ['--timeout in seconds', '', {timeout: '90'}, {timeoutMs: 90_000}],
    ['--keep-going', 'failFast: true', {keepGoing: true}, {failFast: false}],
    ['failFast: false needs no flag', 'failFast: false', {}, {failFast: false}],
    ['--force runs what is disabled', 'enabled: false', {force: true}, {failFast: true}],
  ])('%s', async (_title, more, request, expected) => {
    expect(await apply(request, more)).toMatchObject(expected)
  })
})

describe('refused', () => {
  it.each<[string, string, Partial<PlanRequest>, string]>([
    ['a disabled workflow', 'enabled: false', {}, 'WORKFLOW_DISABLED'],
    ['a timeout that is none', '', {timeout: 'soon'}, 'USAGE'],
    ['a var that is not declared', '', {vars: ['missing=1']}, 'USAGE'],
  ])('%s', async (_title, more, request, code) => {
    await expect(apply(request, more)).rejects.toMatchObject({code})
  })

  it('an env that cannot be evaluated, with its place in the file', async () => {
    const {workflow, templates} = await loadWorkflow(
      `id: w\nvars: {l: []}\nenv: {V: 'x {{ vars.l[3] }}'}\ntasks: [{id: a, type: a/b.c}]\n`,
      {schemas},
    )
    const thrown = ((): unknown => {
      try {
        return applyRequest(workflow, templates, {file: 'w.yaml'})
      } catch (error) {
        return error
      }
    })()
    expect(thrown).toBeInstanceOf(WorkflowError)
    expect(thrown).toMatchObject({code: 'WORKFLOW_INVALID', diagnostics: [{code: 'template-failed', line: 3}]})
  })
})

describe('computed vars', () => {
  const more = 'vars: {n: 1, s: a, made: {command: date, timeout: 5s}, map: {command: date, format: short}}'
  const applied = async (vars: string[]): Promise<RunSettings> => {
    const {workflow, templates} = await loadWorkflow(`id: w\n${more}\ntasks: [{id: a, type: a/b.c}]\n`, {schemas})
    return applyRequest(workflow, templates, {file: 'w.yaml', vars})
  }

  it('are apart from constants, unless they are overridden', async () => {
    const constants = {n: 1, s: 'a', map: {command: 'date', format: 'short'}}
    expect(await applied([])).toMatchObject({vars: constants, computedVars: {made: {command: 'date', timeoutMs: 5000}}})
    const overridden = await applied(['made={"command": "x"}'])
    expect(overridden.vars).toEqual({...constants, made: '{"command": "x"}'})
    expect(overridden).not.toHaveProperty('computedVars')
  })
})
