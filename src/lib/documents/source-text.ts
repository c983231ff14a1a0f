// Offsets in a text -> lines and columns, and how the characters of a YAML scalar lie in its source.

import type {Diagnostic} from '../errors/diagnostic.ts'

export interface Span {
  readonly start: number
  readonly end: number
}

/** The offsets at which the lines of a text begin. */
export function lineStarts(text: string): number[] {
  const starts = [0]
  for (let newline = text.indexOf('\n'); newline !== -1; newline = text.indexOf('\n', newline + 1)) starts.push(newline + 1)
  return starts
}

/** A sentence that quotes a value: of a long one, its beginning and its end. */
export function shorten(sentence: string): string {
  return sentence.length <= 500 ? sentence : `${sentence.slice(0, 300)} … ${sentence.slice(-150)}`.toWellFormed()
}

/** More of a line is not shown, and not kept in findings. */
const maxSourceLine = 2000

/** The position of a span: the part on its first line, and that line's text. `starts` are the text's `lineStarts`. */
export function placeOf(
  text: string,
  starts: readonly number[],
  span: Span,
): Required<Pick<Diagnostic, 'line' | 'column' | 'length' | 'sourceLine'>> {
  const start = Math.min(span.start, text.length)
  let low = 0
  let high = starts.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((starts[middle] ?? 0) <= start) low = middle
    else high = middle
  }
  const lineStart = starts[low] ?? 0
  const nextLine = starts[low + 1]
  const rawEnd = nextLine === undefined ? text.length : nextLine - 1
  const lineEnd = text[rawEnd - 1] === '\r' && rawEnd > lineStart ? rawEnd - 1 : rawEnd
  const length = Math.max(1, Math.min(span.end, lineEnd) - start)
  const shownEnd = Math.min(lineEnd, Math.max(start, lineStart) + maxSourceLine)
  // So far to the right nothing can be pointed at; the beginning of the line says what it is.
  const sourceLine = text.slice(lineStart, start - lineStart > maxSourceLine ? lineStart + maxSourceLine : shownEnd)
  return {line: low + 1, column: start - lineStart + 1, length: Math.min(length, maxSourceLine), sourceLine}
}

/**
 * Where the character `offset` of a scalar's value stands in the text. Follows quotes, escapes, doubled quotes, folded lines and the
 * indentation of block scalars (YAML 1.2.2, chapters 7.3 and 8.1).
 */
export function offsetInScalar(text: string, scalar: Span, value: string, offset: number): number {
  const opening = text[scalar.start]
  if (opening === '|' || opening === '>') return walk(text, blockBody(text, scalar), value, offset, () => undefined)
  if (opening === '"') return walk(text, {start: scalar.start + 1, end: scalar.end}, value, offset, readEscape)
  if (opening === "'") return walk(text, {start: scalar.start + 1, end: scalar.end}, value, offset, readDoubledQuote)
  return walk(text, scalar, value, offset, () => undefined)
}

/** Reads a written form at `at`: how long it is, and which characters it stands for. */
type ReadWritten = (text: string, at: number) => {length: number; value: string} | undefined

function walk(text: string, body: Span, value: string, offset: number, readWritten: ReadWritten): number {
  let at = body.start
  let index = 0
  while (index < offset && at < body.end) {
    const written = readWritten(text, at)
    if (written) {
      at += written.length
      index += written.value.length
    } else if (text[at] === value[index]) {
      at++
      index++
      if (value[index - 1] === '\n') at = skipIndent(text, at, value[index])
    } else if (/\s/.test(text.charAt(at))) {
      // A folded line: its end and the next line's indentation became one space, or nothing.
      at++
      if (value[index] === ' ' && text[at - 1] === '\n') {
        index++
        at = skipIndent(text, at, value[index])
      }
    } else break
  }
  // The character itself may follow the indentation of its line.
  while (at < body.end && text[at] !== value[index] && /\s/.test(text.charAt(at))) at++
  return Math.min(at, body.end)
}

function skipIndent(text: string, from: number, next: string | undefined): number {
  if (next === ' ' || next === '\n') return from
  let at = from
  while (text[at] === ' ' || text[at] === '\t') at++
  return at
}

function blockBody(text: string, scalar: Span): Span {
  const headerEnd = text.indexOf('\n', scalar.start)
  if (headerEnd === -1) return scalar
  let start = headerEnd + 1
  while (text[start] === ' ') start++
  return {start, end: scalar.end}
}

const escapeLengths: Readonly<Record<string, number>> = {x: 2, u: 4, U: 8}

function readEscape(text: string, at: number): {length: number; value: string} | undefined {
  if (text[at] !== '\\') return undefined
  const letter = text[at + 1] ?? ''
  if (letter === '\n' || letter === '\r') {
    const end = /\S/.exec(text.slice(at + 1))
    return {length: 1 + (end?.index ?? 1), value: ''}
  }
  const digits = escapeLengths[letter]
  if (digits === undefined) return {length: 2, value: ' '}
  const code = Number.parseInt(text.slice(at + 2, at + 2 + digits), 16)
  return {length: 2 + digits, value: String.fromCodePoint(Number.isNaN(code) ? 0 : Math.min(code, 0x10ffff))}
}

function readDoubledQuote(text: string, at: number): {length: number; value: string} | undefined {
  return text[at] === "'" && text[at + 1] === "'" ? {length: 2, value: "'"} : undefined
}
