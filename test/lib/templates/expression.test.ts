import {describe, expect, test} from 'vitest'
import {RE2JS} from 're2js'
import {createExpressionLanguage} from '../../../src/lib/templates/expression.ts'
import {TemplateError} from '../../../src/lib/templates/template-error.ts'

const rows = [
  {n: 3, user: {name: 'Al'}},
  {n: 1, user: {name: 'Bo'}},
  {n: 2, user: {name: 'Al'}},
]
const data = {
  vars: {n: 5, f: 2.5, text: 'abc', list: [1, 2, 3], i: 1, yes: true, nothing: null, tags: ['b', 'a', 'b'], map: {a: 1, b: {c: 2}}, rows},
  tasks: {fetch: {output: {title: 'T'}}, 'my-task': {output: {x: 1}}, '2nd': {output: 2}, in: {output: 'word'}},
}

const evaluateExpression = (source: string, variables: Record<string, unknown>): unknown =>
  createExpressionLanguage({re2: RE2JS}).compile(source).evaluate(variables)

function failure(source: string, variables: Record<string, unknown> = data): TemplateError {
  try {
    evaluateExpression(source, variables)
  } catch (error) {
    if (error instanceof TemplateError) return error
    throw error
  }
  throw new Error(`${source} did not fail`)
}

describe('values', () => {
  test.each<[string, unknown]>([
    ['1 + 2', 3],
    ['1 + 2.5', 3.5],
    ['vars.n * 2', 10],
    ['2 * vars.n', 10],
    ['vars.n / 2', 2.5],
    ['5 / 2', 2],
    ['vars.n % 2 == 1', true],
    ['-vars.n', -5],
    ['vars.n > 0 && vars.n <= 5', true],
    ['vars.n == 5', true],
    ['sum(vars.list) == 6', true],
    ['7 != sum(vars.list)', true],
    ['size(vars.list) == 3.0', true],
    ['round(vars.f) == 2', false],
    ['1 in [1.0, 2.0]', true],
    ['6 in [sum(vars.list)]', true],
    ['[1, 2] == [1.0, 2.0]', true],
    ['[[1], [2]] != [[1.0], [2.5]]', true],
    ['{"a": 1} == {"a": 1.0}', true],
    ['1u == 1.0', true],
    ['[1] + [2.5]', [1, 2.5]],
    ['sum(vars.list) == null', false],
    ['vars.yes ? 1 : 2.5', 1],
    ['vars.yes ? "x" : null', 'x'],
    ['(vars.yes ? null : [1]) == null', true],
    ['vars.list.map(x, x == 2 ? null : x == 3 ? 1 : "a")', ['a', null, 1]],
    ['(vars.yes ? 1 : 2.5) + 1', 2],
    ['vars.n in [1, 5]', true],
    ['3 in vars.list', true],
    ['vars.list[0] + vars.list[vars.i]', 3],
    ['vars.list == [1, 2, 3]', true],
    ['vars.yes ? vars.n : "none"', 5],
    ['[1, 2.5, "a", {"k": 1}]', [1, 2.5, 'a', {k: 1}]],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', '9007199254740993'],
    ['timestamp("2024-01-01T00:00:00Z")', '2024-01-01T00:00:00.000Z'],
    ['b"abc"', 'YWJj'],
    ['duration("90s")', '90s'],
    ['uint(5)', 5],
    ['size(vars.list)', 3],
    ['vars.text.size()', 3],
    ['vars.text.contains("b") && vars.text.startsWith("a") && vars.text.matches("^[a-c]+$")', true],
    ['vars.text.upper() + "X".lower()', 'ABCx'],
    ['" a ".trim()', 'a'],
    ['"a.b.a".replace("a", "$&")', '$&.b.$&'],
    ['split("a,b", ",")', ['a', 'b']],
    ['join(vars.list, "-")', '1-2-3'],
    ['vars.tags.join(",")', 'b,a,b'],
    ['toJson(vars.map)', '{"a":1,"b":{"c":2}}'],
    ['toJson([1, 2.5])', '[1,2.5]'],
    ['fromJson("{\\"a\\": [1]}").a[0] + 1', 2],
    ['keys(vars.map)', ['a', 'b']],
    ['values({"a": 1})', [1]],
    ['sum(vars.list) + 1', 7],
    ['[min(vars.list), max(vars.list)]', [1, 3]],
    ['sort(vars.tags)', ['a', 'b', 'b']],
    ['avg(vars.list)', 2],
    ['avg([1, 2.5])', 1.75],
    ['sortBy(vars.rows, "n").map(r, r.user.name)', ['Bo', 'Al', 'Al']],
    ['sortBy(vars.rows, "user.name").map(r, r.n)', [3, 2, 1]],
    ['sortBy([], "n")', []],
    [
      'groupBy(vars.rows, "user.name")',
      [
        {
          key: 'Al',
          items: [
            {n: 3, user: {name: 'Al'}},
            {n: 2, user: {name: 'Al'}},
          ],
        },
        {key: 'Bo', items: [{n: 1, user: {name: 'Bo'}}]},
      ],
    ],
    [
      'groupBy(vars.rows, "user.name").map(g, {"who": g.key, "mean": avg(g.items.map(r, r.n))})',
      [
        {who: 'Al', mean: 2.5},
        {who: 'Bo', mean: 1},
      ],
    ],
    ['unique(vars.tags)', ['b', 'a']],
    ['[round(2.5), round(2.345, 2)]', [3, 2.35]],
    ['vars.list.filter(x, x > 1).map(x, x * 2)', [4, 6]],
    ['vars.map.map(k, k)', ['a', 'b']],
    ['vars.list.exists(x, x == 2) && vars.list.all(x, x > 0)', true],
    ['cel.bind(t, vars.n + 1, t * t)', 36],
    ['type(vars.text) == string', true],
    ['1 // a comment', 1],
    ['"say ?? and }} // in a string"', 'say ?? and }} // in a string'],
  ])('%s', (source, value) => {
    expect(evaluateExpression(source, data)).toEqual(value)
  })
})

describe('missing names', () => {
  test.each<[string, unknown]>([
    ['vars.nope ?? "x"', 'x'],
    ['vars.n ?? "x"', 5],
    ['vars.nothing ?? "x"', 'x'],
    ['vars.nope.deeper.still ?? 1', 1],
    ['vars.text.foo ?? 1', 1],
    ['vars.list[9] ?? 0', 0],
    ['vars.a ?? vars.b ?? vars.n', 5],
    ['vars.a ?? vars.b ?? "last"', 'last'],
    ['[vars.a ?? 1, vars.n ?? 2]', [1, 5]],
    ['{"a": vars.a ?? 1, "b": 2}', {a: 1, b: 2}],
    ['(vars.a ?? 1) + 1', 2],
    ['vars.a ?? 1 + 1', 2],
    ['vars.a ?? true ? "yes" : vars.b ?? "no"', 'yes'],
    ['vars.a ?? (vars.b ?? "deep")', 'deep'],
    ['vars.list.map(x, x.name ?? "none")', ['none', 'none', 'none']],
    ['"a ?? b" ?? "c"', 'a ?? b'],
    ["vars.a ?? '?? \"'", '?? "'],
    ['vars.a ?? "x" == "x"', true],
    ['default(vars.a, "x")', 'x'],
    ['default(vars.nothing, default(vars.b, 2)) + 1', 3],
    ['has(vars.a) || has(vars.n)', true],
    ['has(tasks.my-task.output.x) && !has(tasks.my-task.output.y.z)', true],
    ['nowhere ?? 1', 1],
    ['tasks["my-task"].output.y ?? "none"', 'none'],
  ])('%s', (source, value) => {
    expect(evaluateExpression(source, data)).toEqual(value)
  })

  test.each<[string, string, string, string]>([
    ['1 + vars.nn', 'vars.nn does not exist', 'did you mean vars.n?', 'vars.nn'],
    [
      'tasks.fetch.output.titel + "x"',
      'tasks.fetch.output.titel does not exist',
      'did you mean tasks.fetch.output.title?',
      'tasks.fetch.output.titel',
    ],
    ['tasks.my-tsk.output.x + 1', 'tasks.my-tsk does not exist', 'did you mean tasks.my-task?', 'tasks.my-tsk'],
    ['vars.list[7] + 1', 'vars.list[7] does not exist', 'vars.list has 3 items', 'vars.list[7]'],
    [
      'vars.list[-1] == 3',
      'vars.list[-1] does not exist',
      'items are counted from 0; the last one is vars.list[size(vars.list) - 1]',
      'vars.list[-1]',
    ],
    ['vars.nothing.x == 1', 'vars.nothing.x does not exist', 'vars.nothing is null', 'vars.nothing.x'],
    ['vars.text.x == 1', 'vars.text.x does not exist', 'vars.text is a string', 'vars.text.x'],
    ['1 + var.n', 'unknown name "var"', 'did you mean vars?', 'var'],
  ])('%s is an error with a suggestion', (source, message, hint, at) => {
    const error = failure(source.replace('var.n', 'varz.n'))
    expect(error.message).toBe(message.replace('"var"', '"varz"'))
    expect(error.hint).toBe(hint)
    expect(error.isMissing).toBe(true)
    const {start, length} = error.part
    expect(source.replace('var.n', 'varz.n').slice(start, start + length)).toBe(at === 'var' ? 'varz' : at)
  })

  test('what is no missing name is not caught by ??', () => {
    expect(failure('(1 / 0) ?? 5').message).toMatch(/division by zero/)
    expect(failure('vars.text + vars.n ?? "x"').message).toMatch(/cannot compute string \+ number/)
  })
})

describe('names with hyphens and CEL words', () => {
  test.each<[string, unknown]>([
    ['tasks.my-task.output.x + 1', 2],
    ['tasks.2nd.output + 1', 3],
    ['tasks.in.output + "s"', 'words'],
    ['vars.n-1', 4],
    ['vars.n - 1', 4],
    ['{"in": 1}.in + 1', 2],
  ])('%s', (source, value) => {
    expect(evaluateExpression(source, data)).toEqual(value)
  })
})

describe('errors', () => {
  test.each<[string, string | RegExp, number]>([
    ['1 +', /^syntax error: unexpected token: the end/, 2],
    ['vars..n', /^syntax error: expected a name, got \./, 5],
    ['(1', /^syntax error: expected \), got the end/, 1],
    ['1 = 1', /^syntax error/, 2],
    ['vars.a ?? ', /^syntax error: \?\?/, 7],
    ['[1, ?? 2]', /^syntax error: \?\?/, 4],
    ['vars.a ?? ?? 2', /^syntax error: \?\?/, 7],
    ['tasks.my-task.output ++ 1', /^syntax error/, 22],
    ['"open', /[Uu]nterminated string/, 0],
    ['foo(1)', 'unknown function foo()', 0],
    ['1 + toJsn(vars.n)', 'unknown function toJsn()', 4],
    ['vars.text + vars.n', 'cannot compute string + number', 0],
    ['1 == "a"', 'cannot compute number == string', 0],
    ['vars.text && true', /^&& and \|\| take true or false, not string/, 5],
    ['1 / 0', 'division by zero', 0],
    ['vars.n % 0', 'division by zero', 0],
    ['fromJson("{")', 'fromJson(): the text is not JSON', 0],
    ['1.0 / 0.0', 'the result is not a finite number', 0],
    ['type(1)', 'the result is a type or a function, not data', 0],
    ['failure()', 'failure() can only be used in the "if" of a task', 0],
    ['min([])', 'min() of an empty list', 0],
    ['int("12x")', /^int\(\) type error/, 0],
    ['avg([])', 'avg() of an empty list', 0],
    ['sortBy([{"a": 1}], "a.b")', 'sortBy(): item 0 of the list has no "a.b"', 0],
    ['sortBy([{"a": 1}, {"a": "x"}], "a")', 'sortBy(): "a" must be a number in every item, or text in every item', 0],
    ['groupBy([{"a": 1}, 5], "a")', 'groupBy(): item 1 of the list has no "a"', 0],
    ['sum(vars.list) == "6"', 'cannot compute number == string', 0],
    ['vars.list[vars.n] + 1', 'there is no item at this index', 0],
    ['vars.list[vars.n - 9] + 1', /^there is no item at this index/, 0],
  ])('%s', (source, message, start) => {
    const error = failure(source)
    expect(error.message).toMatch(message)
    expect(error.part.start).toBe(start)
    expect(error.part.length).toBeGreaterThan(0)
  })

  test('suggests functions', () => {
    expect(failure('toJsn(1)').hint).toBe('did you mean toJson()?')
    expect(failure('siz(vars.list)').hint).toBe('did you mean size()?')
    expect(failure('vars.map.keys()').hint).toBe('write keys(x)')
    expect(failure('indexOf("a")').hint).toBe('write x.indexOf()')
    expect(failure('size(1)').hint).toBeUndefined()
  })

  test.each([
    ['('.repeat(2000) + ')'.repeat(2000)],
    ['!'.repeat(9000) + 'true'],
    ['1' + '+1'.repeat(4900)],
    ['a' + '.b'.repeat(3000)],
    ['['.repeat(500)],
    ['x'.repeat(20_000)],
    ['1 ?? '.repeat(1500) + '1'],
    ['[1,2,3,4,5,6,7,8,9].map(a, [1,2,3].map(b, '.repeat(40)],
  ])('a huge expression ends with an error or a value: %.20s', (source) => {
    try {
      expect(evaluateExpression(source, data)).toBeDefined()
    } catch (error) {
      expect(error).toBeInstanceOf(TemplateError)
    }
  })
})

describe('no way in', () => {
  test.each([
    'vars.__proto__ == 1',
    'vars["__proto__"] == 1',
    'vars.constructor == 1',
    'vars.toString == 1',
    'vars.list.length == 1',
    'vars.text["length"] == 1',
    'vars.map["hasOwnProperty"] == 1',
  ])('%s does not exist', (source) => {
    expect(failure(source).message).toMatch(/does not exist$/)
  })

  test.each([
    'constructor + 1',
    'toString + "x"',
    'hasOwnProperty("a")',
    'vars.constructor.constructor("return 1")()',
    'this + 1',
    'globalThis.process',
    '__proto__.x',
    'prototype',
  ])('%s is an error', (source) => {
    expect(failure(source)).toBeInstanceOf(TemplateError)
  })

  test('data with such names is plain data', () => {
    const odd = JSON.parse('{"constructor": {"name": "c"}, "__proto__": {"a": 1}, "toString": 2, "prototype": 3}') as Record<
      string,
      unknown
    >
    expect(evaluateExpression('v.constructor.name + "!"', {v: odd})).toBe('c!')
    expect(evaluateExpression('v["__proto__"].a + 1', {v: odd})).toBe(2)
    expect(evaluateExpression('v.toString + v.prototype', {v: odd})).toBe(5)
    expect(JSON.stringify(evaluateExpression('[v]', {v: odd}))).toBe(JSON.stringify([odd]))
  })

  test('a value is never evaluated again', () => {
    expect(evaluateExpression('v + ""', {v: '{{ 1 + 1 }}'})).toBe('{{ 1 + 1 }}')
  })
})

describe('references', () => {
  const language = createExpressionLanguage()
  const read = (source: string) =>
    language
      .compile(source)
      .references.map(
        ({root, path, start, length, isOptional}) =>
          `${source.slice(start, start + length)} = ${[root, ...path].join('/')}${isOptional ? '?' : ''}`,
      )

  test.each<[string, string[]]>([
    ['vars.a + tasks.b-c.output[0].x', ['vars.a = vars/a', 'tasks.b-c.output[0].x = tasks/b-c/output/0/x']],
    ['tasks[vars.id].output', ['tasks[vars.id].output = tasks', 'vars.id = vars/id']],
    ['tasks.a.output.map(x, x.y + vars.z)', ['tasks.a.output = tasks/a/output', 'vars.z = vars/z']],
    ['vars.a ?? vars.b', ['vars.a = vars/a?', 'vars.b = vars/b']],
    ['has(env.X) ? env.X : "no"', ['env.X = env/X?', 'env.X = env/X']],
    ['{"k": vars.a, "l": [vars.b]}', ['vars.a = vars/a', 'vars.b = vars/b']],
    ['!vars.a || -vars.b > 0', ['vars.a = vars/a', 'vars.b = vars/b']],
    ['cel.bind(x, vars.a, x + 1)', ['vars.a = vars/a']],
    ['(vars.a).b', ['vars.a).b = vars/a/b']],
  ])('%s', (source, expected) => {
    expect(read(source)).toEqual(expected)
  })

  test('status functions are noticed wherever they stand', () => {
    expect([...language.compile('vars.x == 1 && (failure() || [cancelled()][0])').calls]).toEqual(['failure', 'cancelled'])
    expect(language.compile('"failure()" == "x"').calls.size).toBe(0)
  })
})
