// Whole texts: what is hidden, what is not, and what stands in its place.

import {describe, expect, it} from 'vitest'
import {defaultPlaceholder, SecretMasker} from '../../../src/lib/masking/secret-masker.ts'

const MASK = '***SECRET***'

function maskerOf(...values: (string | Uint8Array)[]): SecretMasker {
  const masker = new SecretMasker()
  for (const value of values) masker.add(value)
  return masker
}

function mask(text: string, ...values: string[]): string {
  return maskerOf(...values).mask(text)
}

describe('SecretMasker', () => {
  it.each([
    ['nothing', '', ['hunter2'], ''],
    ['no value in it', 'all is well', ['hunter2'], 'all is well'],
    ['the start', 'hunter2 is it', ['hunter2'], `${MASK} is it`],
    ['the middle', 'it is hunter2 or so', ['hunter2'], `it is ${MASK} or so`],
    ['the end', 'it is hunter2', ['hunter2'], `it is ${MASK}`],
    ['the whole text', 'hunter2', ['hunter2'], MASK],
    ['twice, side by side', 'hunter2hunter2', ['hunter2'], MASK + MASK],
    ['several values', 'a=first1 b=second2', ['first1', 'second2'], `a=${MASK} b=${MASK}`],
    ['values that touch', 'first1second2', ['first1', 'second2'], MASK + MASK],
    ['the longer of two, added first', 'pw=hunter2-long end', ['hunter2-long', 'hunter2'], `pw=${MASK} end`],
    ['the longer of two, added last', 'pw=hunter2-long end', ['hunter2', 'hunter2-long'], `pw=${MASK} end`],
    ['a common end', 'pw=long-hunter2 end', ['hunter2', 'long-hunter2'], `pw=${MASK} end`],
    ['one inside of another', 'pw=a-hunter2-z end', ['hunter2', 'a-hunter2-z'], `pw=${MASK} end`],
    ['a tower of seven', '<abcdefghi>', ['abc', 'abcd', 'abcde', 'abcdef', 'abcdefg', 'abcdefgh', 'abcdefghi'], `<${MASK}>`],
    ['the same value twice', 'hunter2', ['hunter2', 'hunter2'], MASK],
    ['an overlap', 'x ipsum dolor sit y', ['ipsum dolor', 'dolor sit'], `x ${MASK} y`],
    ['an overlap that does not come about', 'ipsum dolor sit amet', ['ipsum dolor', 'dolor sEt', 'sit amet'], `${MASK} ${MASK}`],
    ['a value that overlaps itself', 'xababax', ['aba'], `x${MASK}x`],
    ['the first bytes of a value', 'hunter', ['hunter2'], 'hunter'],
    ['another case', 'HUNTER2', ['hunter2'], 'HUNTER2'],
    ['three characters', 'xyzabcxyz', ['abc'], `xyz${MASK}xyz`],
    ['characters outside of ASCII', 'naïve pässwörd 𝄞𝄞𝄞!', ['pässwörd', '𝄞𝄞𝄞'], `naïve ${MASK} ${MASK}!`],
    ['white space around a value', 'pw=[hunter2]', [' hunter2\n'], `pw=[${MASK}]`],
  ])('hides in %s', (_, text, values, expected) => {
    expect(mask(text, ...values)).toBe(expected)
  })

  it('takes every printable character as it is', () => {
    for (let code = 0x21; code < 0x7f; code++) {
      const character = String.fromCharCode(code)
      const value = `${character}${character}Zq${character}`
      expect(mask(`[ ${value} ]`, value), value).toBe(`[ ${MASK} ]`)
    }
    expect(mask('see .*+?^${}()|[]\\/- there', '.*+?^${}()|[]\\/-')).toBe(`see ${MASK} there`)
    expect(mask('aaab', 'a.*b')).toBe('aaab')
  })

  it('writes a placeholder with the signs of a replacement text as it is', () => {
    const masker = new SecretMasker({placeholder: "[$& $1 $` $']"})
    masker.add('hunter2')
    expect(masker.mask('x hunter2 y')).toBe("x [$& $1 $` $'] y")
  })

  it('gives the same placeholder for values of any length', () => {
    const long = 'k9'.repeat(400)
    expect(mask('pw=12345678', '12345678')).toBe(mask(`pw=${long}`, long))
    expect(defaultPlaceholder).toBe(MASK)
  })

  it.each([[''], [' '], ['\n\t  '], ['\ufeff']])('ignores the blank value %j', (value) => {
    const masker = maskerOf(value)
    expect(masker.isEmpty).toBe(true)
    expect(masker.mask('a b\n\tc')).toBe('a b\n\tc')
  })

  it.each(['SECRET', '***', '***SECRET***', 'SECRET***', 'T***x', '*** SEC', 'a***'])(
    'leaves masked text alone when %j is a value',
    (value) => {
      const masker = maskerOf(value)
      const once = masker.mask(`x ${value} y`)
      expect(once).toBe(`x ${MASK} y`)
      expect(masker.mask(once)).toBe(once)
    },
  )

  it('gives the same object when nothing is hidden', () => {
    const masker = maskerOf('hunter2')
    const bytes = Buffer.from('all is well')
    expect(masker.maskBytes(bytes)).toBe(bytes)
    const masked = Buffer.from(`it is ${MASK}`)
    expect(maskerOf('SECRET').maskBytes(masked)).toBe(masked)
  })

  it('hides one or two characters only where they stand alone', () => {
    expect(mask('a cat sat, x=a "a" a', 'a')).toBe(`${MASK} cat sat, x=${MASK} "${MASK}" ${MASK}`)
    expect(mask('12 of 112 (12)', '12')).toBe(`${MASK} of 112 (${MASK})`)
    expect(mask('café é=é', 'é')).toBe(`café ${MASK}=${MASK}`)
    expect(mask('a * b ** c', '*')).toBe(`a ${MASK} b ** c`)
    expect(mask('{"pin":7,"port":5678}', '7\n')).toBe(`{"pin":${MASK},"port":5678}`)
    expect(mask('ew== e30= 7B 7b7d', '{')).toBe('ew== e30= 7B 7b7d')
  })

  it('hides values of a kilobyte, ten and a thousand, and long runs', () => {
    for (const length of [1024, 10_240, 1_048_576]) {
      const value = Array.from({length: length / 8}, (_, index) => (index * 2_654_435_761).toString(36).padStart(8, 'x').slice(-8)).join('')
      expect(mask(`<${value}>`, value)).toBe(`<${MASK}>`)
    }
    const run = 'a'.repeat(10_000)
    expect(mask(`${run}a`, run)).toBe(MASK)
    expect(mask(run.slice(1), run)).toBe(run.slice(1))
  })

  it('hides bytes that are no text, also in base64 and hexadecimal', () => {
    const value = Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x41, 0x42, 0x43, 0xc3, 0x28, 0xff])
    const masker = maskerOf(value)
    const surrounded = Buffer.concat([Buffer.from('x '), value, Buffer.from(' y')])
    expect(masker.maskBytes(surrounded).toString('latin1')).toBe(`x ${MASK} y`)
    expect(masker.mask(`x ${value.toString('base64')} ${value.toString('hex')} y`)).toBe(`x ${MASK} ${MASK} y`)
    expect(
      maskerOf(Buffer.from([0xff, 0xfe]))
        .maskBytes(Buffer.from([0x20, 0xff, 0xfe, 0x0a]))
        .toString(),
    ).toBe(` ${MASK}\n`)
  })

  it('knows what belongs to one run only', () => {
    const first = maskerOf('hunter2')
    const second = maskerOf('other-value')
    expect(second.mask('hunter2')).toBe('hunter2')
    first.clear()
    expect(first.isEmpty).toBe(true)
    expect(first.mask('hunter2')).toBe('hunter2')
    first.add('hunter3')
    expect(first.mask('hunter2 hunter3')).toBe(`hunter2 ${MASK}`)
  })

  it('never hides less when it knows more', () => {
    const masker = new SecretMasker()
    const values = ['ipsum', 'ipsum dolor', 'dolor sit', 'sum', 'lor', 'ab', 'abc', 'm d']
    const text = 'lorem ipsum dolor sit amet ab abc'
    let visible = text.length
    for (const value of values) {
      masker.add(value)
      const left = masker.mask(text).replaceAll(MASK, '').length
      expect(left).toBeLessThanOrEqual(visible)
      visible = left
    }
  })

  it('hides short lines within the time of a blink, whatever the number of values', () => {
    const masker = maskerOf(...Array.from({length: 50}, (_, index) => `secret-value-${index}-`.padEnd(1024, `${index}`)))
    const line = 'GET /index.html 200 '.repeat(10)
    masker.mask(line)
    const times = [200, 65_536, 1_000_000].map((length) => {
      const text = line.repeat(Math.ceil(length / line.length))
      return Math.min(
        ...Array.from({length: 5}, () => {
          const startedAt = performance.now()
          expect(masker.mask(text)).toBe(text)
          return performance.now() - startedAt
        }),
      )
    })
    expect(times[0]).toBeLessThan(10)
    expect(times[1]).toBeLessThan(10)
    expect(times[2]).toBeLessThan(200)
  })
})
