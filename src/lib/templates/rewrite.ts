// Our notation -> CEL. Four things CEL does not have: `a ?? b`, hyphens and digits in names behind `tasks.` and `secrets.`,
// property names that are CEL words (`x.in`), and a `has()` that takes those too. Offsets can be mapped back.

import {skipString} from './parse.ts'
import {TemplateError, type TemplatePart} from './template-error.ts'

export interface Rewritten {
  readonly source: string
  /** Where in the original the part from `start` to `end` of the source stands. At least one character. */
  originalPart(start: number, end: number): TemplatePart
}

interface Piece {
  text: string
  /** What it stands for in the original. When the text is the same, so are the offsets inside it. */
  readonly from: number
  readonly to: number
}

/** Macro names the rewritten source uses; see expression.ts. */
export const defaultMacro = 'default'
export const hasMacro = 'isPresent'

const tokenPattern = /\s+|\/\/[^\n]*|[A-Za-z_]\w*|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\w*|\?\?|./sy
/** CEL reads these as values or operators, also behind a dot. */
const celWords = new Set(['in', 'true', 'false', 'null'])
const hyphenatedName = /\.([A-Za-z0-9_][A-Za-z0-9_-]*)/y

export function rewriteExpression(original: string): Rewritten {
  const pieces = joinDefaults(readPieces(original))
  const starts: number[] = []
  let source = ''
  for (const piece of pieces) {
    starts.push(source.length)
    source += piece.text
  }
  const mapped = (offset: number, isEnd: boolean): number => {
    const at = Math.max(
      0,
      starts.findLastIndex((start) => (isEnd ? start < offset : start <= offset)),
    )
    const piece = pieces[at]
    if (!piece) return 0
    const isSame = piece.text.length === piece.to - piece.from
    return isSame ? Math.min(piece.from + offset - (starts[at] ?? 0), piece.to) : isEnd ? piece.to : piece.from
  }
  return {
    source,
    originalPart(from, to) {
      const start = Math.max(0, Math.min(mapped(from, false), original.length - 1))
      return {start, length: Math.max(1, mapped(to, true) - start)}
    },
  }
}

function readPieces(original: string): Piece[] {
  const pieces: Piece[] = []
  let last = ''
  let at = 0
  while (at < original.length) {
    const sign = original[at]
    const prefixed =
      (sign === 'r' || sign === 'R' || sign === 'b' || sign === 'B') &&
      /['"]/.test(original[at + 1] ?? '') &&
      !/\w/.test(original[at - 1] ?? '')
    if (sign === '"' || sign === "'" || prefixed) {
      const end = skipString(original, prefixed ? at + 1 : at)
      last = original.slice(at, end)
      pieces.push({text: last, from: at, to: end})
      at = end
      continue
    }
    tokenPattern.lastIndex = at
    const text = tokenPattern.exec(original)?.[0] ?? original.charAt(at)
    const next = at + text.length
    if (text.startsWith('//')) {
      // A comment would swallow what is appended to its line.
      at = next
      continue
    }
    if (last === '.' && celWords.has(text)) {
      pieces.pop()
      pieces.push({text: `[${JSON.stringify(text)}]`, from: at - 1, to: next})
    } else if (text === 'has' && last !== '.' && /^\s*\(/.test(original.slice(next, next + 50))) {
      pieces.push({text: hasMacro, from: at, to: next})
    } else {
      pieces.push({text, from: at, to: next})
    }
    if ((text === 'tasks' || text === 'secrets') && last !== '.') {
      hyphenatedName.lastIndex = next
      const name = hyphenatedName.exec(original)?.[1]
      if (name !== undefined && (!/^[A-Za-z_]\w*$/.test(name) || celWords.has(name))) {
        pieces.push({text: `[${JSON.stringify(name)}]`, from: next, to: next + 1 + name.length})
        last = name
        at = next + 1 + name.length
        continue
      }
    }
    if (text.trim() !== '') last = text
    at = next
  }
  return pieces
}

interface Cell {
  /** Index of the first piece. */
  start: number
  /** Indexes of the pieces `??`. */
  marks: number[]
}

/**
 * `a ?? b ?? c` -> `default(a, default(b, c))`. `??` binds weaker than `||` and stronger than `? :`, so its operands reach to the
 * next bracket, comma, colon or question mark.
 */
function joinDefaults(read: readonly Piece[]): Piece[] {
  const pieces: Piece[] = []
  const cells: Cell[] = [{start: 0, marks: []}]

  const closeCell = (): void => {
    const cell = cells.at(-1)
    if (!cell || cell.marks.length === 0) return
    for (const [nth, index] of cell.marks.entries()) {
      const piece = pieces[index]
      if (!piece) continue
      const before = pieces.slice((cell.marks[nth - 1] ?? cell.start - 1) + 1, index)
      const behind = pieces.slice(index + 1, cell.marks[nth + 1])
      if (isBlank(before) || isBlank(behind))
        throw new TemplateError('syntax error: ?? needs an expression on both sides', {start: piece.from, length: 2})
      piece.text = nth === cell.marks.length - 1 ? ',' : `,${defaultMacro}(`
    }
    const from = pieces[cell.start]?.from ?? 0
    const to = pieces.at(-1)?.to ?? from
    pieces.push({text: ')'.repeat(cell.marks.length), from: to, to})
    pieces.splice(cell.start, 0, {text: `${defaultMacro}(`, from, to: from})
  }

  for (const piece of read) {
    const {text} = piece
    if (text === '??') {
      cells.at(-1)?.marks.push(pieces.length)
      pieces.push({...piece})
      continue
    }
    const isOpening = text === '(' || text === '[' || text === '{'
    const isClosing = text === ')' || text === ']' || text === '}'
    const isSeparator = text === ',' || text === ':' || text === '?'
    if (isClosing || isSeparator) closeCell()
    if (isClosing && cells.length > 1) cells.pop()
    pieces.push(piece)
    if (isSeparator) Object.assign(cells.at(-1) ?? {}, {start: pieces.length, marks: []})
    if (isOpening) cells.push({start: pieces.length, marks: []})
  }
  closeCell()
  return pieces
}

function isBlank(pieces: readonly Piece[]): boolean {
  return pieces.every(({text}) => text.trim() === '')
}
