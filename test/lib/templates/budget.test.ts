import {RE2JS} from 're2js'
import {describe, expect, test} from 'vitest'
import {Budget} from '../../../src/lib/templates/functions/budget.ts'
import {createExpressionLanguage} from '../../../src/lib/templates/expression.ts'
import {TemplateError} from '../../../src/lib/templates/template-error.ts'
import {loadTemplates, Templates} from '../../../src/lib/templates/templates.ts'

const language = createExpressionLanguage({re2: RE2JS})
const many = Array.from({length: 300}, (_, index) => index)
const letters = 'a'.repeat(40)
const million = 'x'.repeat(1_000_000)
const data = {
  vars: {many, letters, million, lines: 'a\n'.repeat(200_000), map: Object.fromEntries(many.map((one) => [`k${one}`, one]))},
}

function evaluate(source: string, budget?: Budget): unknown {
  return language.compile(source).evaluate(data, undefined, budget)
}

function failure(source: string, budget?: Budget): TemplateError {
  try {
    evaluate(source, budget)
  } catch (error) {
    if (error instanceof TemplateError) return error
    throw error
  }
  throw new Error(`${source} did not fail`)
}

/** `cel.bind(v1, v0 <operator> v0, cel.bind(v2, …))`: each step doubles. */
function doubled(first: string, times: number, double: (name: string) => string, last: (name: string) => string): string {
  let source = last(`v${times}`)
  for (let step = times; step > 0; step--) source = `cel.bind(v${step}, ${double(`v${step - 1}`)}, ${source})`
  return `cel.bind(v0, ${first}, ${source})`
}

const nested = (macro: string, inner: string): string => `vars.many.${macro}(a, vars.many.${macro}(b, vars.many.${macro}(c, ${inner})))`

describe('too much work ends with an error that says so', () => {
  test.each([
    ['nested map', nested('map', 'a')],
    ['nested filter', 'vars.many.filter(a, vars.many.filter(b, vars.many.filter(c, c > 0).size() > 0).size() > 0)'],
    ['nested exists', nested('exists', 'c > 1000')],
    ['nested all', nested('all', 'c < 1000')],
    ['nested exists_one', nested('exists_one', 'c == 5')],
    ['exists over a map', 'vars.map.exists(a, vars.map.exists(b, vars.map.exists(c, c == "no")))'],
    ['errors on the way', nested('exists', 'c.missing')],
    ['has of what is missing', nested('map', 'has(c.missing)')],
    ['defaults of what is missing', nested('map', 'c.missing ?? 1')],
    ['hidden behind ||', `${nested('exists', 'c > 1000')} || true`],
    ['hidden behind &&', `${nested('exists', 'c > 1000')} && false`],
    ['hidden behind ??', `${nested('map', 'a')} ?? 1`],
    ['hidden behind has', `has(${nested('map', 'a')}[0])`],
    [
      'a value that doubles',
      doubled(
        'vars.many',
        30,
        (name) => `[${name}, ${name}]`,
        (name) => name,
      ),
    ],
    [
      'a value that doubles, as JSON',
      doubled(
        'vars.many',
        30,
        (name) => `[${name}, ${name}]`,
        (name) => `size(toJson(${name}))`,
      ),
    ],
    [
      'two values that double, compared',
      doubled(
        'vars.many',
        30,
        (name) => `[${name}, ${name}]`,
        (name) => `[${name}] == [[${name}, 1]]`,
      ),
    ],
    ['looking in a list', 'vars.many.map(a, vars.many.map(b, [a] in vars.many.map(c, [c])))'],
    ['long texts, many times', 'vars.many.map(a, vars.many.map(b, vars.million.lower().upper()))'],
    ['a long search', 'vars.million.contains(vars.million.substring(0, 500000) + "y" + vars.million.substring(0, 400000))'],
    ['splitting into characters, many times', 'vars.many.map(a, size(split(vars.million, "")))'],
    ['a regular expression, many times', 'vars.many.map(a, vars.million.matches("(x+x+)+y" + string(a)))'],
    ['the keys of a map, many times', `vars.many.map(a, vars.many.map(b, keys(vars.map)))`],
  ])('%s', (_, source) => {
    // A tenth of what templates get, so that the test is quick.
    const {message, hint} = failure(source, new Budget(500_000))
    expect(message).toBe('the template does too much work: stopped after 500 000 steps')
    expect(hint).toMatch(/fewer items.*or do it in a task/)
  })

  test('after five million steps', () => {
    expect(failure(nested('map', 'a')).message).toBe('the template does too much work: stopped after 5 000 000 steps')
  })
})

describe('a text that would grow too long is not made', () => {
  test.each([
    ['replace', 'vars.million.replace("x", vars.letters)'],
    ['replace of nothing', 'vars.million.replace("", vars.letters)'],
    ['join', 'join(split(vars.lines, "\\n"), vars.letters + vars.letters + vars.letters)'],
    ['join of a list of texts', 'vars.lines.split("\\n").join(vars.letters + vars.letters + vars.letters)'],
    [
      '+',
      doubled(
        'vars.million',
        20,
        (name) => `${name} + ${name}`,
        (name) => `size(${name})`,
      ),
    ],
    ['toJson', 'size(toJson(vars.many.map(a, vars.million).map(b, b)))'],
  ])('%s', (name, source) => {
    const {message, hint} = failure(source)
    // Many references to one text are work before they are a text.
    expect(message).toMatch(
      name === 'toJson' ? /16 777 216 characters|too much work/ : /^the text would have more than 16 777 216 characters$/,
    )
    expect(hint).toMatch(/in a task/)
  })

  test('text around templates', () => {
    const templates = new Templates()
    const scope = {vars: {million}, env: {}, tasks: {}, run: {id: 'r', workflow: 'w', startedAt: ''}}
    expect(() => templates.evaluate('{{ vars.million }} '.repeat(20), scope)).toThrow('the text would have more than 16 777 216 characters')
  })
})

describe('all templates of a task share one budget', () => {
  const scope = {...data, env: {}, tasks: {}, run: {id: 'r', workflow: 'w', startedAt: ''}}

  test('of steps', async () => {
    const text = '{{ vars.many.map(a, vars.many.map(b, a + b)) }}'
    const templates = await loadTemplates(text)
    expect(() => templates.evaluateDeep([text], scope)).not.toThrow()
    expect(() => templates.evaluateDeep(Array(30).fill(text), scope)).toThrow('does too much work')
  })

  test('of what they give', () => {
    const templates = new Templates()
    expect(() => templates.evaluateDeep(Array(60).fill('{{ vars.million }}'), scope)).not.toThrow()
    expect(() => templates.evaluateDeep(Array(70).fill('{{ vars.million }}'), scope)).toThrow('too large together')
  })
})

describe('regular expressions', () => {
  test('are linear: a pattern that would take V8 for ever', () => {
    expect(evaluate('vars.letters.matches("^(a+)+$")')).toBe(true)
    expect(evaluate('(vars.letters + "!").matches("^(a+)+$")')).toBe(false)
    expect(evaluate('vars.million.matches("(x+x+)+y")')).toBe(false)
  })

  test.each(['(a+)+(?=b)', '(a+)+\\\\1', '('])('%s is not one', (pattern) => {
    expect(failure(`"ab".matches("${pattern}")`).message).toMatch(/^matches\(\): this is not a valid RE2 regular expression/)
  })

  test('a pattern that is a program', () => {
    expect(failure(`"a".matches((vars.letters + vars.letters + vars.letters).replace("a", "a{1000}"))`).message).toMatch(/too much work/)
    expect(failure('"a".matches(vars.million)').message).toBe('matches(): the pattern is too long: at most 1000 characters')
  })

  test('are loaded for the texts that need them', async () => {
    const scope = {vars: {}, env: {}, tasks: {}, run: {id: 'r', workflow: 'w', startedAt: ''}}
    const templates = await loadTemplates('{{ 1 + 1 }}')
    expect(templates.evaluate('{{ 1 + 1 }}', scope)).toBe(2)
    const withPatterns = await loadTemplates(['{{ 1 + 1 }}', '{{ "ab".matches("(a|b)+") }}'])
    expect(withPatterns.evaluate('{{ "ab".matches("(a|b)+") }}', scope)).toBe(true)
    expect(withPatterns.evaluate('{{ 1 + 1 }}', scope)).toBe(2)
  })
})

test('a list that doubles does not grow beyond a million items', () => {
  const source = doubled(
    'vars.many',
    30,
    (name) => `${name} + ${name}`,
    (name) => `size(${name})`,
  )
  expect(failure(source).message).toBe('the list would have more than 1 000 000 items')
})

test('a text that stands for a very long duration is refused at once', () => {
  expect(failure('duration(vars.million)').message).toBe('duration() takes a text such as "90s", "1h30m" or "7d"')
})

test('an honest expression over many rows is far from the limit', () => {
  const rows = Array.from({length: 50_000}, (_, n) => ({n, name: `row ${n}`, tags: ['a', 'b']}))
  const program = language.compile('join(rows.filter(r, r.n % 2 == 0 && "a" in r.tags).map(r, r.name + "!"), ", ")')
  expect(String(program.evaluate({rows})).split(', ')).toHaveLength(25_000)
})
