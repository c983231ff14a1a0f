// What a file proves about its runs: outputs that no action returns, names that nothing reads, tasks that never run, comparisons that never vary.

import {describe, expect, it} from 'vitest'
import {SchemaCompiler} from '../../../../src/lib/documents/json-schema.ts'
import {WorkflowError} from '../../../../src/lib/errors/workflow-error.ts'
import type {ActionInputs} from '../../../../src/lib/workflow/action-inputs.ts'
import {loadWorkflow} from '../../../rig/load-workflow.ts'

const schemas = new SchemaCompiler()
const noInputs: ActionInputs = {literalInputs: [], argumentInputs: []}

const output = {
  type: 'object',
  additionalProperties: false,
  properties: {
    code: {type: 'integer'},
    text: {type: 'string'},
    any: {},
    rows: {type: 'array', items: {type: 'object', additionalProperties: false, properties: {name: {type: 'string'}}}},
    open: {type: 'object', properties: {known: {}}},
    free: {type: 'object', additionalProperties: true, properties: {known: {}}},
    mapped: {type: 'object', patternProperties: {'^x': {}}, properties: {known: {}}},
    either: {anyOf: [{properties: {a: {}}}, {properties: {b: {}}}], properties: {known: {}}},
    closed: {anyOf: [{required: ['a']}, {required: ['b']}], additionalProperties: false, properties: {a: {}, b: {}}},
    perhaps: {type: ['object', 'null'], additionalProperties: false, properties: {known: {}}},
  },
}
const actions = new Map<string, ActionInputs>([
  ['my/tool.run', {...noInputs, output}],
  ['my/tool.silent', {...noInputs, output: {type: 'null'}}],
  ['my/tool.free', noInputs],
])

/** `warning unused-var: …`, with the hint behind it. */
async function findings(text: string): Promise<string[]> {
  const load = async (): Promise<readonly {severity: string; code: string; message: string; hint?: string}[]> => {
    try {
      return (await loadWorkflow(text, {schemas, actions})).warnings
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw error
      return error.diagnostics
    }
  }
  return (await load()).map(({severity, code, message, hint}) => `${severity} ${code}: ${message}${hint === undefined ? '' : ` | ${hint}`}`)
}

describe('outputs', () => {
  const reading = async (expression: string, first = ''): Promise<string[]> =>
    await findings(`id: w
tasks:
  - {id: a, type: my/tool.run${first}}
  - {id: s, type: my/tool.silent}
  - {id: f, type: my/tool.free}
  - {id: b, type: my/tool.run, needs: [a, s, f], inputs: {x: '{{ ${expression} }}'}}
`)

  it.each<string>([
    'tasks.a.output',
    'tasks.a.output.code',
    'tasks.a.output["text"].size()',
    'tasks.a.output[run.id].code',
    'tasks.a.output.any.thing[0].at.all',
    'tasks.a.output.rows[0].name',
    'tasks.a.output.rows.map(one, one.nam)',
    'tasks.a.output.open.known.more',
    'tasks.a.output.free.more',
    'tasks.a.output.mapped.more',
    'tasks.a.output.either.a',
    'tasks.a.output.closed.a',
    'tasks.a.output.perhaps.known',
    'has(tasks.a.output.open.more)',
    'tasks.a.output.open.more ?? 1',
    'tasks.f.output.anything',
    'tasks.a.error.message',
    'tasks.map(tasks, tasks.a.output.cod)',
  ])('%s', async (expression) => {
    expect(await reading(expression)).toEqual([])
  })

  it.each<[expression: string, expected: string]>([
    ['tasks.a.output.cod', 'error unknown-output: tasks.a.output has no "cod" (output of my/tool.run) | did you mean "code"?'],
    ['tasks.a.output["tex t"]', 'error unknown-output: tasks.a.output has no "tex t" (output of my/tool.run) | did you mean "text"?'],
    ['tasks.a.output.rows[0].title', 'error unknown-output: tasks.a.output.rows[0] has no "title" (output of my/tool.run) | it has: name'],
    ['tasks.a.output.closed.c', 'error unknown-output: tasks.a.output.closed has no "c" (output of my/tool.run) | did you mean "a"?'],
    ['tasks.a.output.perhaps.no', 'error unknown-output: tasks.a.output.perhaps has no "no" (output of my/tool.run) | it has: known'],
    ['tasks.a.output.cod ?? 1', 'warning unknown-output: tasks.a.output has no "cod" (output of my/tool.run) | did you mean "code"?'],
    ['has(tasks.a.output.cod)', 'warning unknown-output: tasks.a.output has no "cod" (output of my/tool.run) | did you mean "code"?'],
    ['tasks.a.output.open.more', 'warning unknown-output: my/tool.run does not say that tasks.a.output.open has "more" | it has: known'],
    [
      'tasks.a.output.text.x',
      'error unknown-output: tasks.a.output.text is text and has no properties | for text that is JSON: fromJson(tasks.a.output.text)',
    ],
    ['tasks.a.output.code.x', 'error unknown-output: tasks.a.output.code is a number and has no properties'],
    ['tasks.s.output.x', 'error unknown-output: tasks.s.output is null and has no properties'],
    [
      'tasks.a.output.rows.name',
      'error unknown-output: tasks.a.output.rows is a list and has no "name" | write tasks.a.output.rows[0].name for the first, or tasks.a.output.rows.map(one, one.name) for all',
    ],
    ['tasks.a.error.text', 'error unknown-output: tasks.a.error has no "text" | it has: code, message'],
  ])('%s', async (expression, expected) => {
    expect(await reading(expression)).toEqual([expected])
  })

  it.each<[expression: string, expected: string[]]>([
    ['tasks.a.output[0].code', []],
    ['tasks.a.items[0].output.code', []],
    ['tasks.a.items.map(one, one.output)', []],
    ['tasks.a.output[0].cod', ['error unknown-output: tasks.a.output[0] has no "cod" (output of my/tool.run) | did you mean "code"?']],
    ['tasks.a.items[0].outputs', ['error unknown-output: tasks.a.items[0] has no "outputs" | did you mean "output"?']],
    [
      'tasks.a.items[1].output.cod',
      ['error unknown-output: tasks.a.items[1].output has no "cod" (output of my/tool.run) | did you mean "code"?'],
    ],
    [
      'tasks.a.output.code',
      [
        'error unknown-output: tasks.a.output is a list and has no "code" | write tasks.a.output[0].code for the first, or tasks.a.output.map(one, one.code) for all',
      ],
    ],
  ])('of items: %s', async (expression, expected) => {
    expect(await reading(expression, ', forEach: {items: [1, 2]}')).toEqual(expected)
    expect(await reading(expression, ', matrix: {os: [1, 2]}')).toEqual(expected)
  })

  it('are known in until, of each item alone', async () => {
    const until = async (condition: string): Promise<string[]> =>
      await findings(`id: w\ntasks:\n  - {id: a, type: my/tool.run, forEach: {items: [1]}, until: {if: '{{ ${condition} }}'}}\n`)
    expect(await until('output.code == 1')).toEqual([])
    expect(await until('output.cod == 1')).toEqual([
      'error unknown-output: output has no "cod" (output of my/tool.run) | did you mean "code"?',
    ])
  })
})

describe('vars', () => {
  const withVars = async (vars: string, x: string): Promise<string[]> =>
    await findings(`id: w\nvars: ${vars}\ntasks:\n  - {id: a, type: my/tool.free, inputs: {x: '${x}'}}\n`)

  it('that nothing reads', async () => {
    expect(await withVars('{a: 1, b-c: 2}', 'x')).toEqual([
      'warning unused-var: nothing reads the var "a" | read it as {{ vars.a }}, or remove it',
      `warning unused-var: nothing reads the var "b-c" | read it as {{ vars['b-c'] }}, or remove it`,
    ])
  })

  it.each<[vars: string, x: string]>([
    ['{a: 1}', '{{ vars.a }}'],
    ['{a: 1, b: 2}', '{{ vars[run.id] }}'],
    ['{a: 1, b: 2}', '{{ toJson(vars) }}'],
    ['{a: 1, b: 2}', '{{ vars.a.map(vars, vars.b) + vars.b }}'],
    ['{a: 1}', '{{ has(vars.a) }}'],
    ['{a: &name {x: 1}, "b": &other 1, c: {<<: *name, y: *other}}', '{{ vars.c }}'],
  ])('%s with %s are read', async (vars, x) => {
    expect(await withVars(vars, x)).toEqual([])
  })

  it('are not reported beside a name that is not declared', async () => {
    expect(await withVars('{limit: 1}', '{{ vars.limt }}')).toEqual(['error unknown-var: vars has no "limt" | did you mean "limit"?'])
  })
})

describe('tasks that never run', () => {
  const conditions = async (head: string, ...tasks: string[]): Promise<string[]> => {
    const lines = tasks.map((task, index) => `  - {id: ${'abcdef'.charAt(index)}, type: my/tool.free${task}}\n`)
    return (await findings(`id: w\n${head}tasks:\n${lines.join('')}`)).map((text) => text.replace(/ \| .*/s, ''))
  }
  const off = 'warning never-runs: the task "a" never runs: its "if" is always false'
  const needs = (id: string, need: string): string =>
    `warning never-runs: the task "${id}" never runs: it needs "${need}", which never runs`

  it.each<[title: string, head: string, tasks: string[], expected: string[]]>([
    ['false', '', [`, if: '{{ false }}'`], [off]],
    ['a literal, which is a switch', '', [', if: false'], []],
    ['those behind the switch', '', [', if: false', ', needs: [a]'], [needs('b', 'a')]],
    ['a constant', '', [`, if: '{{ 1 > 2 }}'`], [off]],
    ['true', '', [', if: true', `, if: '{{ 1 < 2 }}'`], []],
    ['what is known in the run only', 'inputs: {x: 1}\n', [`, if: '{{ inputs.x > 2 }}'`, `, if: '{{ failure() }}'`], []],
    ['functions of the run', '', [`, if: '{{ now() > timestamp("2020-01-01T00:00:00Z") }}'`, `, if: '{{ uuid() == "x" }}'`], []],
    ['an error, not false', '', [`, if: '{{ 1 / 0 == 1 }}'`], []],
    [
      'those behind',
      '',
      [`, if: '{{ false }}'`, ', needs: [a]', ', needs: [b], if: "{{ true }}"'],
      [off, needs('b', 'a'), needs('c', 'b')],
    ],
    ['those that ask always', '', [`, if: '{{ false }}'`, `, needs: [a], if: '{{ always() }}'`, ', needs: [b]'], [off]],
    ['those that read a state', '', [`, if: '{{ false }}'`, `, needs: [a], if: '{{ tasks.a.status == "skipped" }}'`], [off]],
    ['in order, where one that is left out keeps nothing', 'order: listed\n', [`, if: '{{ false }}'`, '', ', needs: []'], [off]],
    [
      'in order, behind one that cannot run',
      'order: listed\n',
      [`, if: '{{ false }}'`, ', needs: [a]', ''],
      [off, needs('b', 'a'), needs('c', 'b')],
    ],
    [
      'in order, behind one that runs anyway',
      'order: listed\n',
      [`, if: '{{ false }}'`, `, needs: [a], if: '{{ always() }}'`, '', `, if: '{{ always() }}'`, ''],
      [off, needs('c', 'a'), needs('e', 'c')],
    ],
    ['above the one they need', '', [', needs: [b]', `, if: '{{ false }}'`], [needs('a', 'b'), off.replace('"a"', '"b"')]],
  ])('%s', async (_title, head, tasks, expected) => {
    expect(await conditions(head, ...tasks)).toEqual(expected)
  })

  it('hooks run after one that never runs', async () => {
    const text = `id: w\ntasks: [{id: a, type: my/tool.free}]\nhooks: {finally: [{id: x, type: my/tool.free, if: "{{ false }}"}, {id: y, type: my/tool.free}]}\n`
    expect(await findings(text)).toEqual([expect.stringContaining('the task "x" never runs')])
  })
})

describe('comparisons', () => {
  const comparing = async (condition: string): Promise<string[]> => {
    const inputs = '{stage: {enum: [dev, prod]}, limit: {type: integer}, ratio: 0.5, on: true, name: "", list: {type: array}}'
    const vars = '{text: a, n: 1, yes: true, none: null, l: [], o: {}}'
    const all = await findings(
      `id: w\ninputs: ${inputs}\nvars: ${vars}\ntasks:\n  - {id: a, type: my/tool.free, if: '{{ ${condition} }}'}\n`,
    )
    return all.filter((text) => text.includes('constant-comparison')).map((text) => text.replace('warning constant-comparison: ', ''))
  }

  it.each<[condition: string, expected: string]>([
    ['inputs.limit == "3"', 'this is always false: inputs.limit is a number | write inputs.limit == 3, without quotes'],
    ['"3" != inputs.limit', 'this is always true: inputs.limit is a number | write inputs.limit != 3, without quotes'],
    ['inputs.limit == "many"', 'this is always false: inputs.limit is a number'],
    ['inputs.on == "true"', 'this is always false: inputs.on is true or false | write inputs.on == true, without quotes'],
    ['inputs.name == 1', 'this is always false: inputs.name is text | write inputs.name == "1"'],
    ['inputs.name == -1', 'this is always false: inputs.name is text | write inputs.name == "-1"'],
    ['inputs.list == {"a": 1}', 'this is always false: inputs.list is a list'],
    ['inputs.stage == "prd"', 'this is always false: inputs.stage is one of "dev", "prod" | did you mean "prod"?'],
    ['vars.text != false', 'this is always true: vars.text is text | write vars.text != "false"'],
    ['vars.l == "a"', 'this is always false: vars.l is a list'],
    ['true && (vars["n"] == "1" ? true : false)', 'this is always false: vars.n is a number | write vars.n == 1, without quotes'],
  ])('%s', async (condition, expected) => {
    expect(await comparing(condition)).toEqual([expected])
  })

  it.each([
    ...['inputs.limit == 3.5', 'inputs.ratio == 1', 'inputs.stage == "dev"', 'inputs.name == null', 'vars.none == "x"', 'vars.o == "x"'],
    ...['vars.l == [1]', 'vars.o["x"] == 1', 'inputs.name == vars.text', 'string(inputs.limit) == "3"', '(inputs.limit ?? "x") == "x"'],
    ...['["a"].exists(inputs, inputs == "a")', '[{"limit": "a"}].exists(inputs, inputs.limit == "a")'],
  ])('may be true or false: %s', async (condition) => {
    expect(await comparing(condition)).toEqual([])
  })

  it('a run decides as the check says', async () => {
    const {templates} = await loadWorkflow(
      `id: w\nvars: {n: 1}\ntasks:\n  - {id: a, type: my/tool.free, if: '{{ vars.n == "1" }}'}\n  - {id: b, type: my/tool.free, if: '{{ vars.n != "1" }}'}\n`,
      {schemas},
    )
    const scope = {vars: {n: 1}, env: {}, tasks: {}, run: {id: '', workflow: '', startedAt: ''}}
    expect(templates.evaluate('{{ vars.n == "1" }}', scope)).toBe(false)
    expect(templates.evaluate('{{ vars.n != "1" }}', scope)).toBe(true)
  })
})
