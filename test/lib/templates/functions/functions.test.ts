import {describe, expect, test} from 'vitest'
import {Budget} from '../../../../src/lib/templates/functions/budget.ts'
import {createExpressionLanguage, loadParts} from '../../../../src/lib/templates/expression.ts'
import {TemplateError} from '../../../../src/lib/templates/template-error.ts'

const language = createExpressionLanguage(await loadParts('matches fromYaml'))
const vars = {x: 1, half: 0.5, s: 'abc', l: [1, 2, 3], empty: [], m: {a: 1}, time: '2024-12-30T23:05:09.007Z'}
const evaluate = (source: string, budget = new Budget()): unknown => language.compile(source).evaluate({vars}, undefined, budget)

function failure(source: string): {message: string; hint: string | undefined; at: string} {
  try {
    evaluate(source)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    const {start, length} = error.part
    return {message: error.message, hint: error.hint, at: source.slice(start, start + length)}
  }
  throw new Error('expected it to fail')
}

describe('values', () => {
  test.each<[string, unknown]>([
    ['slice(vars.l, 1)', [2, 3]],
    ['slice(vars.l, -2, vars.x + 1)', [2]],
    ['range(vars.x + 1)', [0, 1]],
    ['range(3, 0, -1)', [3, 2, 1]],
    ['range(5, 1)', []],
    ['first(vars.empty) ?? "none"', 'none'],
    ['zip(vars.l, ["a"])', [[1, 'a']]],
    ['chunk(vars.empty, 2)', []],
    ['merge(vars.m, {"b": 2}, {"a": 3})', {a: 3, b: 2}],
    ['merge({"__proto__": 1}, vars.m).a', 1],
    ['contains(vars.l, 2)', true],
    ['contains([{"a": 1}], vars.m)', true],
    ['contains(vars.l, "2")', false],
    ['abs(-vars.half)', 0.5],
    ['ceil(vars.half) + floor(vars.half)', 1],
    ['min(vars.half, 1)', 0.5],
    ['base64Decode(base64Encode("é"))', 'é'],
    ['base64Decode("aGk")', 'hi'],
    ['sha256(bytes("a")) == sha256("a")', true],
    ['urlEncode("é!*")', '%C3%A9%21%2A'],
    ['dirname("a")', '.'],
    ['regexReplace("aaa", "a*?", "-")', '-a-a-a-'],
    ['regexReplace("hello", "(?P<x>l)(z)?", "[$1$2]")', 'he[l][l]o'],
    ['regexReplace("cost", "cost", "$$5")', '$5'],
    ['regexReplace("a.b", "\\\\.", "${0}${0}")', 'a..b'],
    [
      'toYaml({"a": [1, {"b": "yes", "c": []}], "d": {}, "e": "x: y", "f": "two\\nlines"})',
      'a:\n  - 1\n  -\n    b: "yes"\n    c: []\nd: {}\ne: "x: y"\nf: "two\\nlines"\n',
    ],
    ['toYaml(null)', 'null\n'],
    ['fromYaml("")', null],
    ['fromYaml("a: &x [1]\\nb: *x")', {a: [1], b: [1]}],
    ['duration("1w2d")', '777600s'],
    ['duration("-1d")', '-86400s'],
    ['duration("90s")', '90s'],
    ['timestamp(vars.time) - duration("30d")', '2024-11-30T23:05:09.007Z'],
  ])('%s', (source, value) => {
    expect(evaluate(source)).toEqual(value)
  })

  test('YAML that is written is read as the same value', () => {
    const values = [
      'yes',
      '~',
      '',
      ' a',
      'a ',
      '- a',
      '#',
      '1',
      '1.0',
      'null',
      'a: b',
      '{',
      "'",
      '"',
      '\t',
      '\u2028',
      'é',
      '0x1',
      '2024-01-01',
      '<<',
      '=',
      '@a',
      'a #b',
      'a:',
    ]
    const json = JSON.stringify([values, Object.fromEntries(values.map((value) => [value, value])), [[[]]], [{a: [{}]}], true, null, 1.5])
    expect(evaluate(`fromYaml(toYaml(fromJson(${JSON.stringify(json)})))`)).toEqual(JSON.parse(json))
  })
})

describe('times', () => {
  test.each([
    ['yyyy-MM-dd HH:mm:ss.SSS', 'UTC', '2024-12-30 23:05:09.007'],
    ["EEEE d MMMM yyyy 'at' h:mm a XXX", 'Europe/Zurich', 'Tuesday 31 December 2024 at 12:05 AM +01:00'],
    ['YYYY-ww-e', 'UTC', '2025-01-1'],
    ['DDD D yy M Z xxx', 'Asia/Kolkata', '366 366 24 12 +0530 +05:30'],
    ["''yyyy''", 'UTC', "'2024'"],
    ['XXX', 'UTC', 'Z'],
    ['HH:mm', 'America/St_Johns', '19:35'],
  ])('%s in %s', (format, zone, text) => {
    expect(evaluate(`formatTime(vars.time, ${JSON.stringify(format)}, "${zone}")`)).toBe(text)
  })

  test('summer time begins', () => {
    const zone = '"HH:mm xxx", "Europe/Zurich"'
    expect(evaluate(`formatTime("2024-03-31T00:59:59Z", ${zone})`)).toBe('01:59 +01:00')
    expect(evaluate(`formatTime("2024-03-31T01:00:00Z", ${zone})`)).toBe('03:00 +02:00')
  })
})

describe('errors say which argument is wrong', () => {
  test.each([
    ['slice(vars.l, "a")', 'slice() takes a whole number here', '"a"'],
    ['slice(vars.l, 0, vars.half)', 'slice() takes a whole number here', 'vars.half'],
    ['range(1, 5, 0)', 'range(): the step must not be 0', '0'],
    ['chunk(vars.l, 0)', 'chunk() takes a size of at least 1', '0'],
    ['abs("a")', 'abs() takes a number', '"a"'],
    ['1 + ceil(vars.s)', 'ceil() takes a number', 'vars.s'],
    ['regexReplace(vars.s, "(", "")', /not a valid RE2 regular expression/, '"("'],
    ['regexReplace(vars.s, "a", "$1")', /the pattern has no group 1/, '"$1"'],
    ['formatTime("x", "yyyy")', /takes a time/, '"x"'],
    ['formatTime(vars.time, "yyyy-mmm")', /"mmm" in the format is not known/, '"yyyy-mmm"'],
    ['formatTime(vars.time, "yyyy\'T")', /a quote in the format is not closed/, `"yyyy'T"`],
    ['formatTime(vars.time, "yyyy", "Mars")', /time zone is not known/, '"Mars"'],
    ['base64Decode("%%")', /is not base64/, '"%%"'],
    ['base64Decode("/w==")', /not UTF-8/, '"/w=="'],
    ['fromYaml("a: [")', /not YAML, at character/, '"a: ["'],
    ['fromYaml("a: 12345678901234567890")', /more digits/, '"a: 12345678901234567890"'],
    ['now()', 'now() can only be used while a workflow runs', 'now()'],
    ['hashFiles("a")', /while a workflow runs/, 'hashFiles("a")'],
    ['success()', /only be used in the "if"/, 'success()'],
  ])('%s', (source, message, at) => {
    const found = failure(source)
    expect(found.message).toMatch(message)
    expect(found.at).toBe(at)
  })

  test('and never the value', () => {
    for (const source of ['fromYaml("hunter: [")', 'base64Decode("hunter%")', 'formatTime(vars.time, "yyyy", "hunter")', 'abs("hunter")'])
      expect(failure(source).message).not.toContain('hunter')
  })
})

describe('habits of other languages', () => {
  test.each([
    ['vars.s == "a" && "x" || "y"', 'for a choice, write vars.s == "a" ? "x" : "y"'],
    ['vars.s || "y"', 'for a default, write vars.s ?? "y"'],
    ['true && 1', 'for a choice, write condition ? a : b; for a default, a ?? b'],
    ['!vars.s', "compare it: x == ''"],
    ['vars.x ? 1 : 2', 'compare it: x != 0'],
    ['1 == "1"', 'string(x) or int(x) gives both sides one type'],
    ['vars.x = 1', 'equality is written =='],
    ['vars.x === 1', 'equality is written == and !=, whatever the types'],
    ['$vars.x', 'a $ is not needed: names are written as they are'],
    ['vars.x and vars.s', 'and is written &&'],
    ['not vars.x', 'not is written !'],
    ['vars.s | upper', 'functions are called: upper(x), not x | upper'],
    ['vars.l.map(x => x)', 'a function of an item is written without an arrow: list.map(x, x.name)'],
    ['vars.s =~ "a"', "a text is tested with matches(text, 'regex')"],
    ['vars.x <> 1', 'inequality is written !='],
    ['vars.x?.y', 'for what may be missing, write x.y ?? default, or has(x.y)'],
    ['vars.x ?: 1', 'a default is written as a ?? b'],
    ['if(vars.x, 1, 2)', 'a choice is written as condition ? a : b'],
    ['vars.l[0:2]', 'a part of a list is slice(list, from, to)'],
    ['vars.s ~ "a"', 'texts are joined with +'],
    ['toJSON(vars)', 'write toJson(x)'],
    ['format("{0}", 1)', "write text around templates: 'Hello {{ inputs.name }}'"],
    ['date("yyyy")', "write formatTime(t, 'yyyy-MM-dd')"],
    ['len(vars.l)', 'write size(x)'],
    ['secret("A")', 'write secrets.NAME, which the workflow lists under secrets'],
    ['hashFile("A")', 'did you mean hashFiles()?'],
  ])('%s', (source, hint) => {
    expect(failure(source).hint).toBe(hint)
  })
})

describe('the budget', () => {
  const text = 'a'.repeat(200_000)
  const items = Array.from({length: 100_000}, (_, n) => n)
  const spend = (source: string): void => {
    language.compile(source).evaluate({text, items, many: Array.from({length: 5000}, () => items)})
  }

  test.each([
    'range(1000000000)',
    'range(0, 1000000000)',
    'range(2000).map(x, range(10000))',
    'flatten(many)',
    'regexReplace(text, "a|a.*b", "-")',
    'regexReplace(text, "", text)',
    'regexReplace(text, "a", "$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0")',
    'items.map(x, sha256(text))',
    'items.map(x, base64Encode(text))',
    'items.map(x, toYaml(items))',
    'items.map(x, reverse(items))',
    'items.map(x, contains(items, -1))',
    'items.map(x, fromYaml(text))',
    'items.map(x, chunk(items, 1))',
    'items.map(x, urlEncode(text))',
  ])('%s ends in time', (source) => {
    const started = performance.now()
    expect(() => spend(source)).toThrow(/too much work|would have more than|too long/)
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('an honest replacement over a long text is within it', () => {
    expect(() => spend('regexReplace(text, "a+", "-")')).not.toThrow()
    expect(evaluate(`size(regexReplace(${JSON.stringify('some words '.repeat(400))}, "\\\\s+", "-"))`)).toBe(4400)
  })
})
