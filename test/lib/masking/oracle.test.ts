// Random sets and texts over small alphabets, cut at random, against the definition written down as plainly as possible.
// The alphabets have no hexadecimal digits and no ends of lines: dumps and wrapped lines have tests of their own.
// MASKING_SEED repeats a failure, MASKING_CASES changes how many cases there are.

import {describe, expect, it} from 'vitest'
import {Matcher} from '../../../src/lib/masking/search/matcher.ts'
import {MaskStream} from '../../../src/lib/masking/mask-stream.ts'
import {SecretMasker} from '../../../src/lib/masking/secret-masker.ts'
import {Tokens} from '../../../src/lib/masking/search/token-finder.ts'
import {randomOf} from '../../rig/random.ts'

const caseCount = Number(process.env['MASKING_CASES'] ?? 1_000_000)
const seed = Number(process.env['MASKING_SEED'] ?? Date.now() % 2 ** 31)

/** 1: belongs to a match; 2: and the match before goes on into this byte. */
function coverage(text: string, patterns: readonly string[], tokens: readonly string[]): Uint8Array {
  const covered = new Uint8Array(text.length)
  const joined = new Uint8Array(text.length)
  const cover = (start: number, length: number) => {
    for (let at = start; at < start + length; at++) {
      covered[at] = 1
      if (at > start) joined[at] = 1
    }
  }
  for (const pattern of patterns) {
    for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) cover(at, pattern.length)
  }
  const isApart = (outside: string | undefined, edge: string | undefined) =>
    outside === undefined || (outside !== edge && !/[a-z0-9_\x80-\xff]/i.test(outside))
  for (const token of tokens) {
    for (let at = text.indexOf(token); at >= 0; at = text.indexOf(token, at + 1)) {
      const end = at + token.length
      if (isApart(text[at - 1], text[at]) && isApart(text[end], text[end - 1])) cover(at, token.length)
    }
  }
  return covered.map((is, at) => (is === 0 ? 0 : joined[at] === 1 ? 2 : 1))
}

function replaceCovered(text: string, covered: Uint8Array): string {
  let output = ''
  for (let at = 0; at < text.length; at++) output += covered[at] === 0 ? (text[at] ?? '') : covered[at] === 1 ? '#' : ''
  return output
}

describe('masking, against the definition', () => {
  const random = randomOf(seed)
  const textOf = (alphabet: string, length: number) => {
    let text = ''
    for (let at = 0; at < length; at++) text += alphabet[random(alphabet.length)] ?? ''
    return text
  }

  /** A text in which the patterns, and beginnings of them, are frequent. */
  const textWith = (alphabet: string, values: readonly string[]) => {
    let text = ''
    const target = random(4) === 0 ? 10 : 5 + random(60)
    while (text.length < target) {
      const value = values[random(values.length)] ?? ''
      const kind = random(4)
      text += kind === 0 ? value : kind === 1 ? value.slice(0, random(value.length + 1)) : textOf(alphabet, 1 + random(6))
    }
    return text
  }

  const placeholder = Buffer.from('#')
  const cut = (stream: MaskStream, text: string) => {
    const bytes = Buffer.from(text, 'latin1')
    const largest = [1, 3, 10, 100][random(4)] ?? 1
    let output = ''
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(bytes.length, at + random(largest + 1))
      output += stream.push(bytes.subarray(at, end)).toString('latin1')
      at = end
    }
    return output + stream.end().toString('latin1')
  }

  it(`gives the same bytes for ${caseCount} cases (seed ${seed})`, {timeout: 600_000}, () => {
    const textsPerSet = 20
    for (let done = 0; done < caseCount; done += textsPerSet) {
      const alphabet = ['x', 'xy', 'xy', 'xyz', 'xy ', 'xy-', 'x\xff\x00', 'stuvwxyz'][random(8)] ?? 'xy'
      const longest = [4, 6, 12, 40][random(4)] ?? 4
      const patterns = Array.from({length: 1 + random(5)}, () => textOf(alphabet, 3 + random(longest - 2)))
      // Patterns made from each other overlap more.
      if (random(3) === 0) patterns.push((patterns[0] ?? '').slice(1) + textOf(alphabet, 2))
      const shorts = random(4) === 0 ? Array.from({length: 1 + random(2)}, () => textOf(alphabet, 1 + random(2))) : []
      const tokens = new Tokens()
      for (const short of shorts) tokens.add(short)
      // Skipping alone, the automaton alone, or from one to the other in the midst of a text.
      const patience = {steps: [1_000_000, -1, random(100)][random(3)] ?? 0, stepsPerByte: 0}
      const matcher = new Matcher(patterns, tokens, patience)
      for (let index = 0; index < textsPerSet; index++) {
        const text = textWith(alphabet, [...patterns, ...shorts])
        const expected = replaceCovered(text, coverage(text, patterns, shorts))
        const actual = cut(new MaskStream(() => matcher, placeholder), text)
        if (actual !== expected) expect({actual, seed, done, patterns, shorts, text, patience}).toMatchObject({actual: expected})
      }
    }
  })

  it(`does so for values, added before and in the midst, and hides no less with more of them (seed ${seed})`, {timeout: 120_000}, () => {
    for (let round = 0; round < 3000; round++) {
      const values = Array.from({length: 2 + random(3)}, () => textOf('xyz', 1 + random(7)))
      const text = textWith('xyz ', values)
      const raws = values.filter((value) => value.length >= 3)
      const shorts = values.filter((value) => value.length < 3)
      const masker = new SecretMasker({placeholder: '#'})
      const hidden = new Set<number>()
      for (const [index, value] of values.entries()) {
        masker.add(value)
        const known = values.slice(0, index + 1)
        const covered = coverage(
          text,
          raws.filter((raw) => known.includes(raw)),
          shorts.filter((short) => known.includes(short)),
        )
        const expected = replaceCovered(text, covered)
        const actual = cut(masker.openStream(), text)
        if (actual !== expected) expect({actual, seed, round, known, text}).toMatchObject({actual: expected})
        for (const at of hidden) expect(covered[at]).toBeGreaterThan(0)
        for (const [at, is] of covered.entries()) if (is > 0) hidden.add(at)
      }

      // A value added between two pushes: what is out stays, matches of the earlier values stay hidden, later ones of all are hidden.
      const late = new SecretMasker({placeholder: '#'})
      const [first = '', ...others] = values
      late.add(first)
      const stream = late.openStream()
      const at = random(text.length + 1)
      const before = stream.push(Buffer.from(text.slice(0, at))).toString()
      for (const value of others) late.add(value)
      const after = stream.push(Buffer.from(text.slice(at))).toString() + stream.end().toString()
      const early = coverage(text, raws.includes(first) ? [first] : [], shorts.includes(first) ? [first] : [])
      if (!before.includes('#') && (early[before.length] ?? 0) < 2) {
        // Everything that is out is visible, so what comes after begins at a known place.
        const rest = text.slice(before.length)
        const expected = replaceCovered(
          rest,
          coverage(`${text[before.length - 1] ?? ''}${rest}`, raws, shorts).subarray(before === '' ? 0 : 1),
        )
        const isPlain = !raws.some((raw) => `${text[before.length - 1] ?? ''}${rest}`.startsWith(raw)) && shorts.length === 0
        if (isPlain && after !== expected) expect({after, seed, round, values, text, at}).toMatchObject({after: expected})
      }
    }
  })
})
