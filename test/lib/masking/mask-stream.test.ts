// Streams: the same output however the input is cut, nothing held back without need.

import {describe, expect, it} from 'vitest'
import {SecretMasker} from '../../../src/lib/masking/secret-masker.ts'

const MASK = '***SECRET***'

function maskerOf(...values: string[]): SecretMasker {
  const masker = new SecretMasker()
  for (const value of values) masker.add(value)
  return masker
}

/** Answers what came out after each chunk, and last at the end. */
function outputs(masker: SecretMasker, ...chunks: string[]): string[] {
  const stream = masker.openStream()
  const pieces = chunks.map((chunk) => stream.push(Buffer.from(chunk, 'latin1')).toString('latin1'))
  return [...pieces, stream.end().toString('latin1')]
}

describe('MaskStream', () => {
  const cases: [string, string[], string][] = [
    ['in the middle', ['hunter2'], 'pw=hunter2 end'],
    ['side by side', ['hunter2'], 'hunter2hunter2'],
    ['a longer one', ['hunter2', 'hunter2-long'], 'a hunter2-long b hunter2-lo'],
    ['overlaps', ['ipsum dolor', 'dolor sit', 'sit amet'], 'x ipsum dolor sit y dolor sit amet z'],
    ['a run', ['aaa'], 'aaaa baa aaab'],
    ['short values', ['a', '42'], 'a cat x=a 42 142 42'],
    ['several lines', ['line one\nline two\nline 3'], 'x line one\nline two\nline 3 y line one\r\nline two z'],
    ['JSON', ['p"q\\r s'], '{"a":"p\\"q\\\\r s"}'],
  ]

  it.each(cases)('gives the same output for every way to cut: %s', (_, values, text) => {
    const masker = maskerOf(...values)
    const whole = masker.mask(text)
    expect(whole).toContain(MASK)
    for (let first = 0; first <= text.length; first++) {
      expect(outputs(masker, text.slice(0, first), text.slice(first)).join('')).toBe(whole)
      for (let second = first; second <= text.length; second++) {
        expect(outputs(masker, text.slice(0, first), text.slice(first, second), text.slice(second)).join('')).toBe(whole)
      }
    }
    expect(outputs(masker, ...Array.from(text)).join('')).toBe(whole)
  })

  it('holds nothing back when nothing is pending', () => {
    const masker = maskerOf('hunter2', 'TOP_SECRET')
    expect(outputs(masker, 'Password: ')).toEqual(['Password: ', ''])
    expect(outputs(masker, 'see h', 'ey!')).toEqual(['see ', 'hey!', ''])
    expect(outputs(masker, 'x TOP_')).toEqual(['x ', 'TOP_'])
    expect(outputs(masker, 'hunter2')).toEqual([MASK, ''])
  })

  it('gives out the placeholder at once, and the rest of a longer match without another one', () => {
    const masker = maskerOf('ipsum dolor', 'dolor sit')
    expect(outputs(masker, 'ipsum dolor', ' si', 't', ' x')).toEqual([MASK, '', '', ' x', ''])
    expect(outputs(masker, 'ipsum dolor', ' s!')).toEqual([MASK, ' s!', ''])
  })

  it('never holds back more than the longest form less one byte', () => {
    const masker = maskerOf('0123456789')
    const stream = masker.openStream()
    let out = 0
    const text = Buffer.from('012345678'.repeat(50))
    for (const [index, byte] of text.entries()) {
      out += stream.push(Buffer.of(byte)).length
      expect(index + 1 - out).toBeLessThan(10)
    }
  })

  it('may be ended twice, and takes nothing after that', () => {
    const stream = maskerOf('hunter2').openStream()
    expect(stream.push(Buffer.from('hun')).toString()).toBe('')
    expect(stream.end().toString()).toBe('hun')
    expect(stream.end().toString()).toBe('')
    expect(() => stream.push(Buffer.from('x'))).toThrow(/ended/)
  })

  it('takes up values while it runs, and looks again at what it holds', () => {
    const masker = maskerOf('hunter2')
    const stream = masker.openStream()
    const push = (text: string) => stream.push(Buffer.from(text)).toString()
    expect(push('other-value hunt')).toBe('other-value ')
    masker.add('hunt-er3')
    expect(push('-er3 other-value hunter2 ')).toBe(`${MASK} other-value ${MASK} `)
    masker.add('other-value')
    expect(push('other-value')).toBe(MASK)
    masker.add('untie')
    expect(push(' hunt')).toBe(' ')
    masker.add('nti')
    expect(push('ie ') + stream.end().toString()).toBe(`h${MASK} `)
  })

  it('takes up the first value of all while it runs', () => {
    const masker = new SecretMasker()
    const stream = masker.openStream()
    const chunk = Buffer.from('hunter2 ')
    expect(stream.push(chunk)).toBe(chunk)
    masker.add('hunter2')
    expect(stream.push(Buffer.from('hunter2 ')).toString()).toBe(`${MASK} `)
  })

  it('hides nothing more after the masker has been cleared, and loses nothing', () => {
    const masker = maskerOf('hunter2')
    const stream = masker.openStream()
    expect(stream.push(Buffer.from('x hunt')).toString()).toBe('x ')
    masker.clear()
    expect(stream.push(Buffer.from('er2 y')).toString()).toBe('hunter2 y')
  })

  it('keeps streams apart', () => {
    const masker = maskerOf('hunter2')
    const [stdout, stderr] = [masker.openStream(), masker.openStream()]
    const seen = [
      stdout.push(Buffer.from('a hun')).toString(),
      stderr.push(Buffer.from('b hunter')).toString(),
      stdout.push(Buffer.from('ter2 c')).toString(),
      stderr.push(Buffer.from('3 d')).toString(),
    ]
    expect(seen).toEqual(['a ', 'b ', `${MASK} c`, 'hunter3 d'])
  })

  it('keeps bytes that are no text', () => {
    const bytes = Buffer.from(Array.from({length: 1024}, (_, index) => (index * 7) & 0xff))
    const stream = maskerOf('hunter2').openStream()
    const output = Array.from(bytes, (byte) => Buffer.from(stream.push(Buffer.of(byte))))
    expect(Buffer.concat([...output, stream.end()]).equals(bytes)).toBe(true)
  })

  it('suppresses a chunk that it cannot read', () => {
    const stream = maskerOf('hunter2').openStream()
    expect(stream.push(Buffer.from('x hunt')).toString()).toBe('x ')
    expect(stream.push(undefined as unknown as Buffer).toString()).toBe(MASK)
    expect(stream.push(Buffer.from('and hunter2')).toString()).toBe(`and ${MASK}`)
  })

  it('leaves the chunk as it is', () => {
    const chunk = Buffer.from('x hunter2 y hun')
    maskerOf('hunter2').openStream().push(chunk)
    expect(chunk.toString()).toBe('x hunter2 y hun')
  })

  describe('in linear time', () => {
    function timeOf(masker: SecretMasker, text: Buffer, chunkSize: number): number {
      masker.mask('compiled')
      const stream = masker.openStream()
      const startedAt = performance.now()
      for (let at = 0; at < text.length; at += chunkSize) stream.push(text.subarray(at, at + chunkSize))
      stream.end()
      return performance.now() - startedAt
    }

    // Far above what is needed on a busy machine, far below what work in proportion to the length of the values would take.
    it('takes 200 000 single bytes with values of a kilobyte that begin alike', () => {
      const masker = maskerOf(...Array.from({length: 50}, (_, index) => 'k'.repeat(512) + `${index}-`.repeat(170)))
      expect(timeOf(masker, Buffer.alloc(200_000, 'k'), 1)).toBeLessThan(5000)
      expect(timeOf(masker, Buffer.from(`${'k'.repeat(512)}0`.repeat(390)), 1)).toBeLessThan(5000)
    })

    it('takes a megabyte of what values nearly are', () => {
      const masker = maskerOf(...Array.from({length: 50}, (_, index) => `${'a'.repeat(500)}X${index}${'a'.repeat(500)}`))
      expect(timeOf(masker, Buffer.alloc(1_000_000, 'a'), 65_536)).toBeLessThan(5000)
    })

    it('takes a megabyte of the beginning of a value of a megabyte, in pieces', () => {
      const masker = maskerOf(`${'a'.repeat(500_000)}X${'a'.repeat(500_000)}`)
      expect(timeOf(masker, Buffer.alloc(1_000_000, 'a'), 1000)).toBeLessThan(10_000)
    })

    it('takes a megabyte of nothing but values', () => {
      const masker = maskerOf('aaa', 'aaaa', 'a'.repeat(1000))
      const text = Buffer.alloc(1_000_000, 'a')
      expect(timeOf(masker, text, 4096)).toBeLessThan(5000)
      expect(masker.maskBytes(text).toString()).toBe(MASK)
    })
  })
})
