// The place where a text stops being JSON, compared with JSON.parse.

import {describe, expect, it} from 'vitest'
import {jsonErrorOffset} from '../../../src/lib/util/json-error-offset.ts'

describe('jsonErrorOffset', () => {
  it.each([
    ['debug', 0],
    ['{"a": 1} {', 9],
    ['{"a": tru}', 6],
    ['[1, 2,]', 6],
    ['{"a" 1}', 5],
    ['{a: 1}', 1],
    ['{"a": 1,}', 8],
    ['["a\nb"]', 3],
    ['["\\x"]', 2],
    ['[01]', 1],
    ['', 0],
    ['[1', 2],
    ['"open', 5],
    ['[}', 1],
    ['{"a":1]', 6],
  ])('finds the error in %j at %i', (text, offset) => {
    expect(jsonErrorOffset(text)).toBe(offset)
  })

  it('agrees with JSON.parse about what is JSON, for random texts', () => {
    const parts = ['{', '}', '[', ']', ',', ':', '"a"', '"\\u00e4"', '1', '-0.5e3', 'true', 'null', ' ', '\n', '"\\q"', '01', '.5']
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from({length: 1 + (round % 7)}, () => parts[Math.floor(Math.random() * parts.length)]).join('')
      let isJson = true
      try {
        JSON.parse(text)
      } catch {
        isJson = false
      }
      expect([text, jsonErrorOffset(text) === -1]).toEqual([text, isJson])
    }
  })

  it('is quick with a long string and with deep nesting', () => {
    expect(jsonErrorOffset(`"${'x'.repeat(5_000_000)}`)).toBe(5_000_001)
    expect(jsonErrorOffset('['.repeat(1_000_000))).toBe(1_000_000)
  })
})
