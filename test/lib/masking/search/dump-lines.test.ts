// Dumps of bytes: digits over several lines, with offsets before them and the characters behind them.
// MASKING_SEED repeats a failure.

import {describe, expect, it} from 'vitest'
import {SecretMasker} from '../../../../src/lib/masking/secret-masker.ts'
import {randomOf} from '../../../rig/random.ts'

const MASK = '***SECRET***'
const seed = Number(process.env['MASKING_SEED'] ?? Date.now() % 2 ** 31)

/** One line of a dump: what stands before the digits of each byte, and behind the last. */
interface Line {
  readonly bytes: readonly {readonly at: number; readonly text: string; readonly before: string}[]
  readonly start: string
  readonly end: string
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

function characters(bytes: Buffer): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
}

type Format = (bytes: Buffer, offset: number) => Line

const groups = (bytes: Buffer, offset: number, before: (index: number) => string, text = (byte: number) => hex(byte, 2)) =>
  Array.from(bytes, (byte, index) => ({at: offset + index, text: text(byte), before: before(index)}))

const formats: Readonly<Record<string, {readonly width: number; readonly format: Format}>> = {
  xxd: {
    width: 16,
    format: (bytes, offset) => ({
      start: `${hex(offset, 8)}:`,
      bytes: groups(bytes, offset, (index) => (index % 2 === 0 ? ' ' : '')),
      end: `${' '.repeat(Math.ceil((16 - bytes.length) * 2.5))}  ${characters(bytes)}`,
    }),
  },
  'xxd -u -g 1': {
    width: 16,
    format: (bytes, offset) => ({
      start: `${hex(offset, 8)}:`,
      bytes: groups(
        bytes,
        offset,
        () => ' ',
        (byte) => hex(byte, 2).toUpperCase(),
      ),
      end: `${' '.repeat((16 - bytes.length) * 3)}  ${characters(bytes)}`,
    }),
  },
  'hexdump -C': {
    width: 16,
    format: (bytes, offset) => ({
      start: hex(offset, 8),
      bytes: groups(bytes, offset, (index) => (index % 8 === 0 ? '  ' : ' ')),
      end: `${' '.repeat((16 - bytes.length) * 3 + (bytes.length <= 8 ? 1 : 0))}  |${characters(bytes)}|`,
    }),
  },
  'od -A x -t x1z': {
    width: 16,
    format: (bytes, offset) => ({
      start: hex(offset, 6),
      bytes: groups(bytes, offset, () => ' '),
      end: `${' '.repeat((16 - bytes.length) * 3)}  >${characters(bytes)}<`,
    }),
  },
  'od -A n -t x1': {width: 16, format: (bytes, offset) => ({start: '', bytes: groups(bytes, offset, () => ' '), end: ''})},
  'openssl -text': {
    width: 15,
    format: (bytes, offset) => ({
      start: '    ',
      bytes: groups(bytes, offset, (index) => (index === 0 ? '' : ':')),
      end: ':',
    }),
  },
  'xxd -i': {
    width: 12,
    format: (bytes, offset) => ({
      start: ' ',
      bytes: groups(bytes, offset, (index) => (index === 0 ? ' 0x' : ', 0x')),
      end: ',',
    }),
  },
}

/** The dump of `bytes`, and how it looks when those from `first` to before `last` are hidden. */
function dump(bytes: Buffer, {width, format}: {width: number; format: Format}, first: number, last: number) {
  let text = ''
  let masked = ''
  let isHidden = false
  for (let offset = 0; offset < bytes.length; offset += width) {
    const line = format(bytes.subarray(offset, offset + width), offset)
    const show = (part: string) => {
      text += part
      if (!isHidden) masked += part
    }
    show(line.start)
    for (const {at, before, text: digits} of line.bytes) {
      show(before)
      if (at === first) {
        isHidden = true
        masked += MASK
      }
      show(digits)
    }
    show(line.end)
    // The characters show the value, too, so the line is hidden to its end.
    if (offset + width >= last) isHidden = false
    show('\n')
  }
  return {text, masked}
}

describe('dumps', () => {
  const random = randomOf(seed)

  it.each(Object.keys(formats))(`hides a value in %s at every place (seed ${seed})`, {timeout: 60_000}, (name) => {
    const format = formats[name]
    if (format === undefined) throw new Error('no format')
    for (let round = 0; round < 3; round++) {
      for (let before = 0; before < 34; before++) {
        const value = Buffer.from(Array.from({length: 8 + random(50)}, () => 0x21 + random(0x5e)))
        const prefix = Buffer.from('the quick brown fox jumps over the lazy dog'.slice(0, before))
        const suffix = Buffer.from('==='.slice(0, random(4)))
        const {text, masked} = dump(Buffer.concat([prefix, value, suffix]), format, before, before + value.length)
        const masker = new SecretMasker()
        masker.add(value)
        const context = {seed, name, before, value: value.toString(), text}
        const whole = masker.mask(text)
        if (whole !== masked) expect({...context, whole}).toMatchObject({whole: masked})
        const stream = masker.openStream()
        const largest = [1, 3, 20, 200][random(4)] ?? 1
        let pieces = ''
        for (let at = 0; at < text.length;) {
          const end = Math.min(text.length, at + random(largest + 1))
          pieces += stream.push(Buffer.from(text.slice(at, end))).toString()
          at = end
        }
        pieces += stream.end().toString()
        if (pieces !== whole) expect({...context, pieces}).toMatchObject({pieces: whole})
      }
    }
  })

  it.each([
    ['hexdump', '0000000 3373 7263 7465 742d 6b30 6e65 3234 612d\n0000010 646e 6d2d 726f 0065\n0000017\n', `0000000 ${MASK}\n0000017\n`],
    ['hexdump, one byte on', '0000000 7378 6333 6572 2d74 3074 656b 346e 2d32\n0000010 6e61 2d64 6f6d 6572\n', `0000000 ${MASK}\n`],
    ['od -t x8', '0000000 742d746572633373 612d32346e656b30\n0000020 0065726f6d2d646e\n', `0000000 ${MASK}\n`],
  ])('hides a value in %s, which writes words as numbers', (_, text, expected) => {
    const masker = new SecretMasker()
    masker.add('s3cret-t0ken42-and-more')
    expect(masker.mask(text)).toBe(expected)
    const stream = masker.openStream()
    expect(Array.from(Buffer.from(text), (byte) => stream.push(Buffer.of(byte)).toString()).join('') + stream.end().toString()).toBe(
      expected,
    )
  })

  it('leaves other dumps and other lines alone', () => {
    const masker = new SecretMasker()
    masker.add('s3cret-t0ken42-and-more')
    for (const text of [
      '00000000: 7468 6520 7175 6963 6b20 6272 6f77 6e20  the quick brown \n00000010: 666f 78                                  fox\n',
      'fe1ed82 refactor: what was written twice\n2529da3 docs: what the tests need\n',
      'be careful\nadd 12 34 of\nab: cd\n12:34:56 x\n',
      '0x12 is hex\n',
    ])
      expect(masker.mask(text)).toBe(text)
  })

  it('holds nothing back in a dump of something else', () => {
    const masker = new SecretMasker()
    masker.add('s3cret-t0ken42-and-more')
    const stream = masker.openStream()
    for (const chunk of ['00000000: 6162 6', '364  abcd\n', '12 34', ' of\n', 'fe1ed82 re', 'factor\n', 'Password: '])
      expect(stream.push(Buffer.from(chunk)).toString()).toBe(chunk)
  })
})
