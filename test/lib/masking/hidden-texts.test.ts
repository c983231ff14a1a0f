// What masking has hidden of a value can be hidden again by somebody who knows only the value and its masked form.

import {describe, expect, it} from 'vitest'
import {hiddenTexts} from '../../../src/lib/masking/hidden-texts.ts'
import {SecretMasker} from '../../../src/lib/masking/secret-masker.ts'
import type {JsonValue} from '../../../src/lib/util/json.ts'
import {randomOf} from '../../rig/random.ts'

const secrets = ['correct-horse', 'battery-77', '9917734455']

function knowing(values: Iterable<string>): SecretMasker {
  const masker = new SecretMasker()
  for (const value of values) masker.add(value)
  return masker
}
const masker = knowing(secrets)

function hiddenOf(value: JsonValue): string[] {
  return [...hiddenTexts(value, masker.maskJson(value), masker.placeholder)]
}

describe('hiddenTexts', () => {
  it.each<[string, JsonValue, string[]]>([
    ['nothing', {a: ['plain', 5, null, true]}, []],
    ['a whole text', 'correct-horse', ['correct-horse']],
    ['a part of a text', ['token=battery-77;'], ['battery-77']],
    ['two parts', {a: 'x correct-horse y battery-77'}, ['correct-horse', 'battery-77']],
    ['a number', {pin: 9917734455}, ['9917734455']],
    ['names of members', {'k-battery-77': 1, 'k-correct-horse': {deep: 'correct-horse'}}, ['battery-77', 'correct-horse']],
    ['another written form', Buffer.from('correct-horse').toString('base64'), [Buffer.from('correct-horse').toString('base64')]],
  ])('finds %s', (_what, value, hidden) => {
    expect(hiddenOf(value)).toEqual(hidden)
  })

  it.each<[JsonValue, JsonValue]>([
    ['with \u001b[1mcorrect\u001b[0m-horse', 'with ***SECRET*** and more'],
    [{a: ['deep']}, '***SECRET***'],
    ['short', 'something else'],
  ])('takes what does not fit as a whole: %j', (value, masked) => {
    const again = knowing(hiddenTexts(value, masked, '***SECRET***'))
    expect(JSON.stringify(again.maskJson(value))).not.toMatch(/correct|deep|short/)
  })

  it('is enough to hide the same of the value again, for 2 000 random ones', () => {
    const below = randomOf(7)
    const words = ['a', 'b-', ' ', '=', 'x9', 'correct-', 'horse', '\n']
    for (let nth = 0; nth < 2000; nth += 1) {
      const text = (): string =>
        Array.from({length: 1 + below(6)}, () =>
          below(3) === 0 ? (secrets[below(3)] ?? '') : `${words[below(words.length)] ?? ''} `,
        ).join('')
      const value: JsonValue = [text(), {[text()]: text(), n: below(2) === 0 ? 9917734455 : below(100)}]
      const masked = masker.maskJson(value)
      const again = knowing(hiddenTexts(value, masked, masker.placeholder)).maskJson(value)
      expect(JSON.stringify(again), JSON.stringify(value)).not.toMatch(/correct-horse|battery-77|9917734455/)
    }
  })
})
