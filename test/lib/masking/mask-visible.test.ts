// What stands between escape sequences is hidden as well: on a terminal they are gone.

import {describe, expect, it} from 'vitest'
import {hideVisible, maskVisible} from '../../../src/lib/masking/mask-visible.ts'
import {SecretMasker} from '../../../src/lib/masking/secret-masker.ts'
import {sanitizeText} from '../../../src/lib/ui/terminal/sanitize.ts'

const masker = new SecretMasker()
masker.add('hunter2')

describe('maskVisible', () => {
  it.each([
    '\u001b[31m',
    '\u001b[1;38;5;1m',
    '\u001b[?25l',
    '\u009b31m',
    '\u001b7',
    '\u001b(B',
    '\u001bc',
    '\u001b]0;title\u0007',
    '\u001b]0;title\u001b\\',
    '\u009d0;title\u009c',
    '\u001bPq\u001b\\',
    '\u001b_x\u001b\\',
  ])('hides a value with %j in it', (sequence) => {
    const text = `${sequence}a hun${sequence}ter2 b`
    expect(sanitizeText(text)).toBe('a hunter2 b')
    expect(maskVisible(masker, text)).toBe('a ***SECRET*** b')
    expect(sanitizeText(maskVisible(masker, text), {keepColors: true})).not.toContain('hunter2')
  })

  it('leaves colours alone where there is nothing to hide, and around what is hidden', () => {
    expect(maskVisible(masker, 'a \u001b[31mhunter3\u001b[0m b')).toBe('a \u001b[31mhunter3\u001b[0m b')
    expect(maskVisible(masker, 'a \u001b[31mhunter2\u001b[0m b')).toBe('a \u001b[31m***SECRET***\u001b[0m b')
  })

  it('hides values and names of properties with escape sequences in them', () => {
    const split = 'hun\u001b[31mter2'
    expect(masker.maskJson({[split]: 1, [`${split}\u001b[0m`]: [split], a: {b: split}})).toEqual({
      '***SECRET***': 1,
      '***SECRET*** (2)': ['***SECRET***'],
      a: {b: '***SECRET***'},
    })
    const plain = {a: '\u001b[31mred\u001b[0m', '\u001b[1mb': [1, null]}
    expect(masker.maskJson(plain)).toBe(plain)
  })

  it('gives the same text where there are no escape sequences', () => {
    expect(maskVisible(masker, 'a hunter2 b')).toBe('a ***SECRET*** b')
    expect(hideVisible(masker, 'plain')).toBe('plain')
  })
})
