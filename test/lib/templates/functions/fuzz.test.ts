// Random calls with arguments that nobody expects: each gives a JSON value or a TemplateError, the same one every time, and in time.

import {expect, test} from 'vitest'
import {Budget} from '../../../../src/lib/templates/functions/budget.ts'
import {createExpressionLanguage, loadParts} from '../../../../src/lib/templates/expression.ts'
import {TemplateError} from '../../../../src/lib/templates/template-error.ts'
import type {RunFacts} from '../../../../src/lib/templates/functions/run-facts.ts'
import {Luck} from '../../../rig/luck.ts'
import {functionArguments, randomCall, randomVariables} from '../../../rig/random-calls.ts'

const calls = 12_000
/** Of the processor, in milliseconds. Five million steps take half a second, two where most of them are errors; other tests slow this one down. */
const mostCpuMs = 5000

const parts = await loadParts('matches regexReplace fromYaml')
const facts: RunFacts = {now: '2024-05-01T08:00:00.000Z', uuid: (name) => `uuid of ${name}`, hashFiles: (patterns) => patterns.join('|')}
const status = {failure: false, cancelled: false, success: true, always: true}

/** What became of it, as text. */
function outcome(language: ReturnType<typeof createExpressionLanguage>, source: string, vars: object): string {
  try {
    const value = language.compile(source).evaluate({vars}, status, undefined, facts)
    const json = JSON.stringify(value)
    // Whatever JSON has no form for is an error: nothing is left out, and nothing becomes null.
    expect(JSON.parse(json), source).toEqual(withoutMinusZero(value))
    return json
  } catch (error) {
    if (error instanceof TemplateError) return `error: ${error.message}`
    throw new Error(source, {cause: error})
  }
}

/** JSON has one zero. */
function withoutMinusZero(value: unknown): unknown {
  if (value === 0) return 0
  if (Array.isArray(value)) return value.map(withoutMinusZero)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutMinusZero(item)]))
}

test('every function that we add to CEL is called', () => {
  const {functions} = createExpressionLanguage(parts)
  expect(Object.keys(functionArguments)).toEqual(expect.arrayContaining(functions.filter((name) => !methodsOnly.has(name))))
})

/** Ours as methods, beside functions of the same name. */
const methodsOnly: ReadonlySet<string> = new Set(['json'])

test(`${calls} random calls give JSON values or errors, every time the same, in time`, {timeout: 120_000}, () => {
  const language = createExpressionLanguage(parts)
  const another = createExpressionLanguage(parts)
  const told = {values: 0, errors: 0}
  for (let seed = 1; seed <= calls; seed += 1) {
    const luck = new Luck(seed)
    const vars = randomVariables(luck)
    const before = JSON.stringify(vars)
    const source = randomCall(luck, 3)
    const from = process.cpuUsage()
    const first = outcome(language, source, vars)
    const {user, system} = process.cpuUsage(from)
    expect((user + system) / 1000, `seed ${seed}: ${source}`).toBeLessThan(mostCpuMs)
    expect(outcome(another, source, vars), `seed ${seed}: ${source}`).toBe(first)
    expect(JSON.stringify(vars), `seed ${seed}: ${source} changes what it reads`).toBe(before)
    told[first.startsWith('error: ') ? 'errors' : 'values'] += 1
  }
  expect(told.values).toBeGreaterThan(calls / 3)
  expect(told.errors).toBeGreaterThan(calls / 5)
})

test('what one evaluation costs does not depend on those before it', () => {
  const pattern = 'a'.repeat(900)
  const source = `${Array.from({length: 4}, (_, nth) => `matches("x", "${pattern}${nth}")`).join(' || ')} || true`
  const language = createExpressionLanguage(parts)
  const [first, again] = [costOf(source), costOf(source)]
  expect(again).toBe(first)

  /** The fewest steps with which it comes to its end. */
  function costOf(text: string): number {
    const expression = language.compile(text)
    let [least, most] = [1, 5_000_000]
    while (least < most) {
      const middle = Math.floor((least + most) / 2)
      try {
        expression.evaluate({}, undefined, new Budget(middle))
        most = middle
      } catch {
        // Too few.
        least = middle + 1
      }
    }
    return least
  }
})

test.each([
  ['[].map(x, x + x)', []],
  ['[].filter(x, x > x)', []],
  ['[].map(x, !x)', []],
  ['[].map(x, -x * 2 - x / x)', []],
  ['[].map(x, x ? 1 : 2)', []],
  ['[].map(x, x[0] + x.a.b)', []],
  ['[[]].map(l, l.map(x, x % x))', [[]]],
  ['{}.map(k, k + k)', []],
  ['{"a": []}.a.map(x, x == x)', []],
  ['[].all(x, x - x == x)', true],
  ['(true ? [] : [1]).map(x, x + 1)', []],
  ['cel.bind(l, [], l.map(x, x < 2))', []],
])('nothing is known of the items of an empty list: %s', (source, value) => {
  expect(createExpressionLanguage().compile(source).evaluate({})).toEqual(value)
})

test('fromYaml says that a text has too many values', () => {
  const language = createExpressionLanguage(parts)
  expect(() => language.compile('fromYaml(vars.t)').evaluate({vars: {t: '-\n'.repeat(260_000)}})).toThrow(
    'too many values: at most 250 000',
  )
})
