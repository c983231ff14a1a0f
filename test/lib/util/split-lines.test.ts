// Lines out of bytes in any portions.

import {describe, expect, it} from 'vitest'
import {LineSplitter} from '../../../src/lib/util/split-lines.ts'

function split(bytes: Buffer, chunkSize: number, maxBytes = 1000): string[] {
  const lines: string[] = []
  const splitter = new LineSplitter(maxBytes, (line, isWhole) => lines.push(line.toString() + (isWhole ? '' : '+')))
  for (let at = 0; at < bytes.length; at += chunkSize) splitter.push(bytes.subarray(at, at + chunkSize))
  splitter.end()
  return lines
}

describe('LineSplitter', () => {
  it.each([1, 2, 3, 7, 1000])('gives the same lines for chunks of %i bytes', (chunkSize) => {
    expect(split(Buffer.from('a\n\nääää\r\nb\rc\n𝄞 end'), chunkSize)).toEqual(['a', '', 'ääää', 'b\rc', '𝄞 end'])
  })

  it('gives nothing for nothing, and one empty line for a line end', () => {
    expect(split(Buffer.from(''), 1)).toEqual([])
    expect(split(Buffer.from('\n'), 1)).toEqual([''])
  })

  it.each([1, 5, 64])('cuts long lines in pieces between characters, for chunks of %i bytes', (chunkSize) => {
    const pieces = split(Buffer.from(`${'𝄞'.repeat(5)}x\nshort\n`), chunkSize, 10)
    expect(pieces).toEqual(['𝄞𝄞+', '𝄞𝄞+', '𝄞x', 'short'])
  })

  it('cuts bytes that are no UTF-8 at the limit', () => {
    expect(split(Buffer.alloc(25, 0x80), 25, 10).map((piece) => piece.replace(/\+$/, '').length)).toEqual([10, 10, 5])
  })

  it('gives the same lines for random bytes and any portions', () => {
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(Array.from({length: 60}, () => [0x0a, 0x0d, 0x61, 0xc3, 0xa4][Math.floor(Math.random() * 5)] ?? 0))
      expect(split(bytes, 1 + (round % 9), 8)).toEqual(split(bytes, 1000, 8))
    }
  })
})
