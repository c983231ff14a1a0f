// Encodings that are cut into lines: any width, any phase, anything in front of them, however the bytes arrive.
// MASKING_SEED repeats a failure.

import {execFileSync} from 'node:child_process'
import {describe, expect, it} from 'vitest'
import {SecretMasker} from '../../../../src/lib/masking/secret-masker.ts'
import {randomOf} from '../../../rig/random.ts'

const MASK = '***SECRET***'
const seed = Number(process.env['MASKING_SEED'] ?? Date.now() % 2 ** 31)
/** Of a value that is cut behind fewer characters, that many stay visible: what ends a line is held back only when it is more. */
const leastHeld = 4

const separators = ['\n', '\r\n', '\n    ', '\n\t', ' \n', '\n\n', String.raw`\n`, String.raw`\r\n`, '\\\n', String.raw`\\n`]

function maskerOf(...values: (string | Buffer)[]): SecretMasker {
  const masker = new SecretMasker()
  for (const value of values) masker.add(value)
  return masker
}

function maskInPieces(masker: SecretMasker, text: string, random: (below: number) => number): string {
  const bytes = Buffer.from(text)
  const stream = masker.openStream()
  const largest = [1, 3, 20, 200][random(4)] ?? 1
  const output: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + random(largest + 1))
    output.push(Buffer.from(stream.push(bytes.subarray(at, end))))
    at = end
  }
  return Buffer.concat([...output, stream.end()]).toString()
}

/** The characters of `encoded`, in lines of `width`. */
function wrap(encoded: string, width: number, separator: string): string {
  return (encoded.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join(separator)
}

/** How many characters are visible before the first placeholder, behind the last, and between them; without separators. */
function visible(masked: string): {before: number; between: number; after: number} {
  const lengths = masked
    .replaceAll(/\\+[nr]|[\s\\]/g, '')
    .split(MASK)
    .map((part) => part.length)
  const between = lengths.slice(1, -1).reduce((sum, length) => sum + length, 0)
  return {before: lengths[0] ?? 0, between, after: lengths.length < 2 ? Number.POSITIVE_INFINITY : (lengths.at(-1) ?? 0)}
}

const encodings = {
  base64: {perByte: 8 / 6, encode: (bytes: Buffer) => bytes.toString('base64')},
  base64url: {perByte: 8 / 6, encode: (bytes: Buffer) => bytes.toString('base64url')},
  hex: {perByte: 2, encode: (bytes: Buffer) => bytes.toString('hex')},
  HEX: {perByte: 2, encode: (bytes: Buffer) => bytes.toString('hex').toUpperCase()},
} as const

describe('encodings in lines', () => {
  const random = randomOf(seed)
  const bytesOf = (length: number) => Buffer.from(Array.from({length}, () => random(256)))

  it.each(Object.keys(encodings) as (keyof typeof encodings)[])(
    `hides %s of every width and phase behind every prefix (seed ${seed})`,
    {timeout: 120_000},
    (name) => {
      const {perByte, encode} = encodings[name]
      for (let width = 1; width <= 80; width++) {
        for (let before = 0; before <= 6; before++) {
          const value = random(2) === 0 ? bytesOf(8 + random(60)) : Buffer.from(bytesOf(6 + random(45)).toString('base64'))
          const after = random(4) === 0 ? 0 : random(8)
          const prefix = Buffer.from('x-acce'.slice(0, before))
          const encoded = encode(Buffer.concat([prefix, value, bytesOf(after)]))
          const separator = separators[random(separators.length)] ?? '\n'
          const text = `> ${wrap(encoded, width, separator)}${random(2) === 0 ? '\n' : ''}`
          const masker = maskerOf(value)
          const masked = masker.mask(text)
          const found = visible(masked.slice(2))
          const context = {seed, name, width, before, after, separator, text, value: value.toString('latin1'), masked}
          // The characters that belong to the value alone are those between; one on each side may be shared.
          const most = Math.ceil(before * perByte) + leastHeld - 1
          if (found.before > most || found.between > 0 || found.after > Math.ceil(after * perByte) + (name === 'base64' ? 3 : 1))
            expect({...context, found}).toBe('hidden')
          if (found.before < Math.floor(before * perByte)) expect({...context, found}).toBe('hidden without its prefix')
          const pieces = maskInPieces(masker, text, random)
          if (pieces !== masked) expect({...context, pieces}).toMatchObject({pieces: masked})
        }
      }
    },
  )

  it('leaves nothing of four characters or more that stand before the end of a line', () => {
    const value = 's3cret-t0ken42-and-more'
    const masker = maskerOf(value)
    const encoded = Buffer.from(`user:${value}`).toString('base64')
    for (let width = 1; width <= 80; width++) {
      const start = Math.ceil((5 * 8) / 6)
      const inFirstLine = width - (start % width)
      const masked = masker.mask(wrap(encoded, width, '\n'))
      expect(visible(masked).before - start).toBeLessThanOrEqual(inFirstLine >= leastHeld ? 0 : leastHeld - 1)
    }
  })

  it.each([
    ['base64', `printf 'x-access-token:%s' "$V" | base64`],
    ['base64 -w 10', `printf 'x-access-token:%s' "$V" | base64 -w 10`],
    ['od', `printf 'x-access-token:%s' "$V" | od -A x -t x1z`],
  ])('hides what %s prints', (_, command) => {
    const value = 'gho_16C7e42F292c6912E7710c838347Ae178B4a'
    const text = execFileSync('sh', ['-c', command], {encoding: 'utf8', env: {...process.env, V: value}})
    const masked = maskerOf(value).mask(text)
    expect(masked).toContain(MASK)
    expect(masked.length).toBeLessThan(text.length / 2)
    expect(masked).not.toContain('16C7')
  })

  it('hides a long value that is folded', () => {
    const value = 'gho_16C7e42F292c6912E7710c838347Ae178B4a'
    expect(maskerOf(value).mask(`token:\n${wrap(value, 12, '\n  ')}\ndone`)).toBe(`token:\n${MASK}\ndone`)
    // Short values would be found by chance.
    expect(maskerOf('abcdef').mask('xabc\ndefx')).toBe('xabc\ndefx')
  })

  it('does not see through what stands between', () => {
    const value = 's3cret-t0ken42'
    const encoded = Buffer.from(value).toString('base64')
    for (const between of ['\n- ', '\n\n.\n', ' x\n', `\n${' '.repeat(300)}`]) {
      const text = `${encoded.slice(0, 10)}${between}${encoded.slice(10)}`
      expect(maskerOf(value).mask(text)).toBe(text)
    }
  })

  it('holds nothing back at the end of a line, unless four characters of a value stand there', () => {
    const value = 's3cret-t0ken42-and-more'
    const encoded = Buffer.from(value).toString('base64')
    const push = (...chunks: string[]) => {
      const stream = maskerOf(value).openStream()
      return [...chunks.map((chunk) => stream.push(Buffer.from(chunk)).toString()), stream.end().toString()]
    }
    expect(push('all is well\n', 'Password: ', 'Name\n', '> ')).toEqual(['all is well\n', 'Password: ', 'Name\n', '> ', ''])
    expect(push(`x ${encoded.slice(0, 3)}\n`, 'y')).toEqual([`x ${encoded.slice(0, 3)}\n`, 'y', ''])
    expect(push(`x ${encoded.slice(0, 4)}\n`, '!')).toEqual(['x ', `${encoded.slice(0, 4)}\n!`, ''])
    expect(push(`x ${encoded.slice(0, 4)}\n`, encoded.slice(4), '!')).toEqual(['x ', MASK, '!', ''])
    expect(push(`x ${encoded.slice(0, 4)}\n`, encoded.slice(4, 9))).toEqual(['x ', '', `${encoded.slice(0, 4)}\n${encoded.slice(4, 9)}`])
    expect(push(`x ${encoded.slice(0, 3)}\n`, encoded.slice(3), '!')).toEqual([`x ${encoded.slice(0, 3)}\n`, MASK, '!', ''])
  })

  it('takes lines that nearly are values in linear time', {timeout: 60_000}, () => {
    const masker = maskerOf(...Array.from({length: 20}, (_, index) => `${'a'.repeat(500)}X${index}${'a'.repeat(500)}`))
    masker.mask('compiled')
    const timeOf = (lines: number, chunk: number) => {
      const text = Buffer.from(`${'a'.repeat(60)}\n`.repeat(lines))
      const stream = masker.openStream()
      const startedAt = performance.now()
      for (let at = 0; at < text.length; at += chunk) stream.push(text.subarray(at, at + chunk))
      stream.end()
      return performance.now() - startedAt
    }
    timeOf(1000, 1000)
    // Sixteen times the text; work in proportion to its square would take 256 times as long.
    expect(timeOf(8000, 1000)).toBeLessThan(Math.max(2000, 80 * timeOf(500, 1000)))
    expect(timeOf(8000, 1)).toBeLessThan(Math.max(2000, 80 * timeOf(500, 1)))
  })

  it('hides a value with = in it that is cut behind other text, however the stream is cut', () => {
    const masker = new SecretMasker()
    masker.add('user=pass=word1234')
    const text = Buffer.from('key=user=pass=wo\nrd1234 end\n')
    for (let at = 0; at <= text.length; at++) {
      const stream = masker.openStream()
      const output = [stream.push(text.subarray(0, at)), stream.end(text.subarray(at))].map(String).join('')
      expect(output).toBe('key=***SECRET*** end\n')
    }
  })
})
