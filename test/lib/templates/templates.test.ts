import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import type {Scope} from '../../../src/lib/templates/scope.ts'
import {TemplateError} from '../../../src/lib/templates/template-error.ts'
import {isTemplate, loadTemplates, Templates} from '../../../src/lib/templates/templates.ts'

const scope: Scope = {
  vars: {x: 'value', n: 5, list: [{a: 1}, {a: 2}], map: {'a b': 'spaced', nothing: null}, injected: '{{ vars.x }} $& $1 ${x}'},
  env: {TZ: 'UTC'},
  tasks: {
    'my-task': {status: 'succeeded', output: {rows: [1, 2]}, error: null, attempts: 1},
    fetch: {status: 'failed', output: null, error: {code: 'X', message: 'm'}, attempts: 2},
  },
  run: {id: 'r1', workflow: 'w', startedAt: '2024-01-01T00:00:00.000Z'},
}

async function evaluate(value: string, status?: {failure: boolean; cancelled: boolean; success: boolean}): Promise<unknown> {
  const templates = await loadTemplates(value)
  return templates.evaluate(value, scope, status && {status})
}

async function failure(text: string): Promise<TemplateError> {
  try {
    await evaluate(text)
  } catch (error) {
    if (error instanceof TemplateError) return error
    throw error
  }
  throw new Error('expected it to fail')
}

describe('values', () => {
  test.each<[string, unknown]>([
    ['plain text', 'plain text'],
    ['', ''],
    ['}} and { are text', '}} and { are text'],
    ['{{ vars.x }}', 'value'],
    ['{{vars.x}}', 'value'],
    ['{{ vars.n }}', 5],
    ['{{ vars.list }}', [{a: 1}, {a: 2}]],
    ['{{ vars.map.nothing }}', null],
    [' {{ vars.n }}', ' 5'],
    ['{{ vars.n }}\n', '5\n'],
    ['{{ vars.n }}{{ vars.x }}', '5value'],
    ['a {{ vars.list }} b {{ vars.map.nothing }}', 'a [{"a":1},{"a":2}] b null'],
    ["{{ vars.map['a b'] }}", 'spaced'],
    ['{{ vars.list[1].a }}', 2],
    ['{{ tasks.my-task.output.rows[0] }}', 1],
    ['{{ tasks.fetch.error.code }}', 'X'],
    ['{{ run.id }}-{{ env.TZ }}', 'r1-UTC'],
    ["{{ {'a': {'b': vars.n}} }}", {a: {b: 5}}],
    ["{{{'a':1}}}", {a: 1}],
    ["{{ '}}' }}", '}}'],
    ['{{ "\\"}}" }}', '"}}'],
    ["{{ '{{' }}.State}}", '{{.State}}'],
    ["{{ '''it's }} fine''' }}", "it's }} fine"],
    ['{{ vars.injected }}', '{{ vars.x }} $& $1 ${x}'],
    ['<{{ vars.injected }}>', '<{{ vars.x }} $& $1 ${x}>'],
    ['{{\n  vars.n\n  + 1\n}}', 6],
  ])('%j', async (text, value) => {
    expect(await evaluate(text)).toEqual(value)
  })

  test('strings are evaluated at any depth; keys and other values stay', async () => {
    const value = {'{{ key }}': '{{ vars.n }}', list: ['{{ vars.x }}!', 1, null, {deep: '{{ vars.n + 1 }}'}], __proto: true}
    const templates = await loadTemplates(value)
    expect(templates.evaluateDeep(value, scope)).toEqual({'{{ key }}': 5, list: ['value!', 1, null, {deep: 6}], __proto: true})
  })

  test('a key `__proto__` stays a plain key', () => {
    const value: unknown = JSON.parse('{"__proto__": {"a": "{{ vars.n }}"}}')
    expect(JSON.stringify(new Templates().evaluateDeep(value, scope))).toBe('{"__proto__":{"a":5}}')
  })
})

describe('secrets', () => {
  const secrets = {
    TOKEN: 't0ken-value',
    'my-key': '{{ secrets.TOKEN }} $& $1 ${x}',
    lower: '{"user": "someone", "list": ["item-one"]}',
    '-rf': 'dash',
  }
  const odd: Record<string, string> = Object.fromEntries([...Object.entries(secrets), ['__proto__', 'p'], ['constructor', 'c']])
  const withSecrets: Scope = {...scope, secrets: odd}

  async function reveal(value: unknown): Promise<{result: unknown; told: unknown[]}> {
    const templates = await loadTemplates(value)
    const told: unknown[] = []
    return {result: templates.evaluateDeep(value, withSecrets, [], (computed) => told.push(computed)), told}
  }

  test.each<[string, unknown]>([
    ['{{ secrets.TOKEN }}', 't0ken-value'],
    ['{{secrets.TOKEN}}{{ secrets.TOKEN }}', 't0ken-valuet0ken-value'],
    ['Bearer {{  secrets.TOKEN  }}!', 'Bearer t0ken-value!'],
    ['{{ secrets.my-key }}', '{{ secrets.TOKEN }} $& $1 ${x}'],
    ['<{{ secrets.my-key }}>', '<{{ secrets.TOKEN }} $& $1 ${x}>'],
    ["{{ secrets['my-key'] }}", '{{ secrets.TOKEN }} $& $1 ${x}'],
    ["{{ secrets['-rf'] }}", 'dash'],
    ['{{ secrets.__proto__ }}', 'p'],
    ['{{ secrets.constructor }}', 'c'],
    ["{{ secrets.__proto__ + '!' }}", 'p!'],
    ["{{ secrets.constructor + '!' }}", 'c!'],
    ["{{ secrets.my-key + '!' }}", '{{ secrets.TOKEN }} $& $1 ${x}!'],
    ['{{ fromJson(secrets.lower).list }}', ['item-one']],
    ['{{ secrets.TOKEN.upper() }}', 'T0KEN-VALUE'],
  ])('%s', async (text, value) => {
    expect((await reveal(text)).result).toEqual(value)
    expect((await reveal({deep: [{text}]})).result).toEqual({deep: [{text: value}]})
  })

  test('the value of each expression that reads one is told, and of no other', async () => {
    const {told} = await reveal([
      '{{ vars.x }} {{ secrets.TOKEN.upper() }}',
      {a: "x{{ secrets.TOKEN }}y{{ split(secrets.TOKEN, '-') }}"},
      '{{ vars.n + 1 }}',
    ])
    expect(told).toEqual(['T0KEN-VALUE', 't0ken-value', ['t0ken', 'value']])
  })

  test('a scope without them knows no such name, and no error holds a value', async () => {
    expect((await failure('{{ secrets.TOKEN }}')).message).toBe('unknown name "secrets"')
    for (const text of [
      "{{ {'a': 1}[secrets.TOKEN.upper()] }}",
      '{{ duration(secrets.TOKEN.upper()) }}',
      "{{ 'x'.matches('[' + secrets.TOKEN.upper()) }}",
      '{{ fromJson(secrets.TOKEN.upper()) }}',
      '{{ int(secrets.TOKEN.upper()) }}',
      '{{ secrets.TOKEN.upper() + 1 }}',
      "{{ sortBy([{'a': 1}], 'b') == secrets.TOKEN }}",
    ]) {
      const error: unknown = await reveal(text).catch((thrown: unknown) => thrown)
      if (!(error instanceof TemplateError)) throw new Error(`${text} did not fail`)
      expect(`${error.message} ${String(error.hint)}`).not.toMatch(/t0ken-value/i)
    }
  })

  test('the names a text reads', async () => {
    const text = "{{ secrets.A }} {{ secrets.my-key + secrets['C'] }} {{ vars.secrets.D }} {{ has(secrets.E) }}"
    const templates = await loadTemplates(text)
    expect(templates.secretsIn(text)).toEqual(['A', 'my-key', 'C', 'E'])
    expect(templates.secretsIn('secrets.A')).toEqual([])
  })
})

describe('errors', () => {
  test.each<[string, string, number, number]>([
    ['ab {{ vars.y }}', 'vars.y does not exist', 6, 6],
    ['{{ vars.x }} {{ 1 + vars.y }}', 'vars.y does not exist', 20, 6],
    ['{{ tasks.my-tsk.output }}', 'tasks.my-tsk does not exist', 3, 19],
    ['{{ vars.list[2] }}', 'vars.list[2] does not exist', 3, 12],
    ['{{ vars.x.y }}', 'vars.x.y does not exist', 3, 8],
    ['{{ nope.a }}', 'unknown name "nope"', 3, 6],
    ['{{ vars.toString }}', 'vars.toString does not exist', 3, 13],
    ['{{ vars.__proto__ }}', 'vars.__proto__ does not exist', 3, 14],
    ['{{ constructor }}', 'unknown name "constructor"', 3, 11],
    ['{{ vars.list.length }}', 'vars.list.length does not exist', 3, 16],
    ['x {{ 1 + }}', 'syntax error: unexpected token: the end', 8, 1],
    ['x {{ }}', 'the template is empty', 2, 5],
    ['x {{ vars.x', 'the template is not closed: }} is missing', 2, 9],
    ["x {{ 'open }}", 'the template is not closed: }} is missing', 2, 11],
  ])('%s', async (text, message, start, length) => {
    const error = await failure(text)
    expect(error.message).toBe(message)
    expect(error.part).toEqual({start, length})
  })

  test('both kinds of expression say the same about a missing name', async () => {
    for (const path of [
      'vars.y',
      'vars.lst',
      'tasks.my-tsk.output',
      'vars.x.y',
      'vars.map.nothing.z',
      'vars.list[7]',
      'vars.list.a',
      'nope.a',
    ]) {
      const [plain, cel] = [await failure(`{{ ${path} }}`), await failure(`{{ (${path}) }}`)]
      expect([cel.message, cel.hint]).toEqual([plain.message, plain.hint])
    }
  })

  test('the same text fails in the same way again', () => {
    const templates = new Templates()
    const fail = () => templates.parse('{{ }}')
    expect(fail).toThrow('the template is empty')
    expect(fail).toThrow('the template is empty')
  })
})

describe('status', () => {
  test.each<[string, boolean]>([
    ['{{ always() }}', true],
    ['{{ vars.n > 1 && failure() }}', true],
    ['{{ tasks.fetch.status == "failed" }}', true],
    ['{{ tasks.my-task.status }}', true],
    ['{{ tasks.fetch.output.status }}', false],
    ['{{ vars.n > 1 }}', false],
    ['plain', false],
  ])('%s reads the status: %s', async (text, expected) => {
    const templates = await loadTemplates(text)
    expect(templates.readsStatus(text)).toBe(expected)
  })

  test('the functions answer what the run says', async () => {
    expect(
      await evaluate('{{ [always(), success(), failure(), cancelled()] }}', {success: false, failure: true, cancelled: false}),
    ).toEqual([true, false, true, false])
    expect(await evaluate('{{ [always(), success(), failure(), cancelled()] }}', {success: true, failure: false, cancelled: true})).toEqual(
      [true, true, false, true],
    )
  })
})

test('paths need no expression language', () => {
  const templates = new Templates()
  expect(templates.evaluate('{{ vars.x }} {{ tasks.my-task.output.rows[1] }}', scope)).toBe('value 2')
  expect(() => templates.parse('{{ 1 + 1 }}')).toThrow('loadTemplates()')
})

test('each text is parsed once', async () => {
  const templates = await loadTemplates('{{ vars.n + 1 }}')
  expect(templates.parse('{{ vars.n + 1 }}')).toBe(templates.parse('{{ vars.n + 1 }}'))
})

test('isTemplate', () => {
  expect([isTemplate('a {{ b }}'), isTemplate('a { b }')]).toEqual([true, false])
})

describe('the documented examples', () => {
  const text = readFileSync(new URL('../../../docs/templates.md', import.meta.url), 'utf8')
  const documented = JSON.parse(/```json\n([\s\S]*?)```/.exec(text)?.[1] ?? '') as Scope
  const examples = [...text.matchAll(/```\n\s*(.*)\n\s*→ (.*)\n\s*```/g)].map(([, template = '', result = '']): [string, string] => [
    template,
    result,
  ])

  test('there are ten', () => {
    expect(examples).toHaveLength(10)
  })

  test.each(examples)('%s', async (template, result) => {
    const templates = await loadTemplates(template)
    expect(templates.evaluate(template, documented)).toEqual(JSON.parse(result))
  })
})

describe('the documented functions', () => {
  const text = readFileSync(new URL('../../../docs/templates.md', import.meta.url), 'utf8')
  const section = text.slice(text.indexOf('## Functions'), text.indexOf('## Limits'))
  const rows = [...section.slice(0, section.indexOf('### The run')).matchAll(/^\| .* \| `(.*)` +\| `(.*)` +\|$/gm)].map(
    ([, example = '', result = '']): [string, string] => [example.replaceAll('\\|', '|'), result],
  )

  test('all have an example', () => {
    expect(rows.length).toBeGreaterThan(40)
  })

  test.each(rows)('%s', async (expression, result) => {
    const template = `{{ ${expression} }}`
    expect((await loadTemplates(template)).evaluate(template, scope)).toEqual(JSON.parse(result))
  })

  test('all functions of the language are documented', async () => {
    const {createExpressionLanguage} = await import('../../../src/lib/templates/expression.ts')
    const undocumented = createExpressionLanguage().functions.filter(
      (name) => !section.includes(`\`${name}(`) && !section.includes(`.${name}(`),
    )
    expect(undocumented).toEqual([])
  })
})

test('a text may have many templates, but not any number', () => {
  const scope = {vars: {a: 'x'}, env: {}, tasks: {}, run: {id: 'r', workflow: 'w', startedAt: ''}}
  expect(new Templates().evaluate('{{ vars.a }} '.repeat(9000), scope)).toBe('x '.repeat(9000))
  expect(() => new Templates().evaluate('{{ vars.a }}'.repeat(30_000), scope)).toThrow('the text has too many templates')
})
