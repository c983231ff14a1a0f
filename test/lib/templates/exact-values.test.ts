import {describe, expect, test} from 'vitest'
import {createExpressionLanguage} from '../../../src/lib/templates/expression.ts'

const language = createExpressionLanguage()
const data = {vars: {face: '😀a😀', big: 94_906_267, max: Number.MAX_SAFE_INTEGER, half: 0.5, tiny: 1e300}}

function evaluate(source: string): unknown {
  return language.compile(source).evaluate(data)
}

describe('characters are never cut in half', () => {
  test.each<[string, unknown]>([
    ['"😀a".substring(0, 1)', '😀'],
    ['"😀a".substring(1)', 'a'],
    ['"😀a".substring(1, 2)', 'a'],
    ['"😀a".substring(2)', ''],
    ['vars.face.substring(size(vars.face) - 1)', '😀'],
    ['vars.face.indexOf("a")', 1],
    ['vars.face.indexOf("😀", 1)', 2],
    ['vars.face.indexOf("b")', -1],
    ['vars.face.lastIndexOf("😀")', 2],
    ['vars.face.lastIndexOf("😀", 1)', 0],
    ['split(vars.face, "")', ['😀', 'a', '😀']],
    ['vars.face.split("")', ['😀', 'a', '😀']],
    ['vars.face.split("", 2)', ['😀', 'a😀']],
    ['"a,b,c".split(",", 2)', ['a', 'b,c']],
    ['"a,b,c".split(",", 0)', []],
    ['"a,b,c".split(",", -1)', ['a', 'b', 'c']],
    ['vars.face.replace("", "-")', '😀-a-😀'],
    ['size(vars.face)', 3],
    ['string(b"caf\\303\\251")', 'café'],
  ])('%s', (source, value) => {
    expect(evaluate(source)).toEqual(value)
  })

  test.each([
    ['"😀".substring(2)', 'substring(): the text has 1 characters, which are counted from 0'],
    ['"😀".substring(0, 2)', 'substring(): the text has 1 characters, which are counted from 0'],
    ['"abc".substring(2, 1)', 'substring(): the text has 3 characters, which are counted from 0'],
    ['string(b"\\377")', 'string(): the bytes are not UTF-8 text'],
  ])('%s fails', (source, message) => {
    expect(() => evaluate(source)).toThrow(message)
  })
})

describe('a number keeps its digits, or the expression fails', () => {
  test.each<[string, unknown]>([
    ['9007199254740993', '9007199254740993'],
    ['9007199254740992 + 1', '9007199254740993'],
    ['9007199254740993 == 9007199254740992.0', false],
    ['9007199254740993 > 9007199254740992.0', true],
    ['max([9007199254740993, 9007199254740992])', '9007199254740993'],
    ['sort([9007199254740993, 9007199254740992])', ['9007199254740992', '9007199254740993']],
    ['fromJson("[1.5, 1e3, 9007199254740991, \\"9007199254740993\\"]")', [1.5, 1000, 9007199254740991, '9007199254740993']],
    ['int(1e15)', 1e15],
    ['vars.tiny * 10', 1e301],
  ])('%s', (source, value) => {
    expect(evaluate(source)).toEqual(value)
  })

  test.each([
    ['int(1e300)', 'the number is too large: whole numbers have 64 bits'],
    ['int(vars.tiny)', 'the number is too large: whole numbers have 64 bits'],
    ['-(-9223372036854775807 - 1)', 'the number is too large: whole numbers have 64 bits'],
    ['(-9223372036854775807 - 1) / -1', 'the number is too large: whole numbers have 64 bits'],
    ['uint(1e300)', /overflow|uint/],
    [
      'fromJson("[1, 9007199254740993]")',
      'fromJson(): the number at character 5 has more digits than a number can hold; write it as a string',
    ],
    ['fromJson("12345678901234567890")', 'fromJson(): the number at character 1'],
    ['fromJson("1e999")', 'fromJson(): the number at character 1'],
    ['double(9007199254740993)', 'more digits than a decimal number can hold'],
    ['9007199254740993 + vars.half', 'more digits than a number can hold'],
    ['round(9007199254740993)', 'more digits than a number can hold'],
    ['sum([9007199254740993])', 'more digits than a number can hold'],
    ['sum([9007199254740991, 2])', 'sum(): the result has more digits than a number can hold'],
    ['vars.big * vars.big', 'the result has more digits than a number can hold'],
    ['vars.max + 2', 'the result has more digits than a number can hold'],
    ['b"{}".json()', 'bytes have no json()'],
  ])('%s fails', (source, message) => {
    expect(() => evaluate(source)).toThrow(message)
  })
})

test('an invalid date or time zone says so', () => {
  expect(() => evaluate('timestamp("2024-01-01T00:00:00Z").getHours("Nowhere/City")')).toThrow('a date or a time zone')
  expect(() => evaluate('timestamp("2024-01-01T00:00:00Z") + duration("9999999999999h")')).toThrow('a date or a time zone')
})
