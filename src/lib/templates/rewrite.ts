// Our notation -> CEL. Four things CEL does not have: `a ?? b`, hyphens and digits in names behind `tasks.` and `secrets.`,
// property names that are CEL words (`x.in`), and a `has()` that takes those too. Offsets can be mapped back.

import {skipString} from './parse.ts'

export interface Rewritten {
  readonly source: string
  /** Offset in the rewritten source -> offset in the original. */
  originalOffset(offset: number): number
}

interface Piece {
  text: string
  readonly from: number
  /** Written as in the original, so offsets inside it can be mapped. */
  readonly isOriginal: boolean
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
  return {
    source,
    originalOffset(offset) {
      const at = starts.findLastIndex((start) => start <= offset)
      const piece = pieces[at]
      if (!piece) return 0
      const inside = piece.isOriginal ? Math.min(offset - (starts[at] ?? 0), piece.text.length) : 0
      return Math.min(piece.from + inside, original.length)
    },
  }
}

function readPieces(original: string): Piece[] {
  const pieces: Piece[] = []
  let last = ''
  let at = 0
  while (at < original.length) {
    const sign = original[at]
    const prefixed = (sign === 'r' || sign === 'R' || sign === 'b' || sign === 'B') && /['"]/.test(original[at + 1] ?? '') && !/\w/.test(original[at - 1] ?? '')
    if (sign === '"' || sign === "'" || prefixed) {
      const end = skipString(original, prefixed ? at + 1 : at)
      last = original.slice(at, end)
      pieces.push({text: last, from: at, isOriginal: true})
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
      pieces.push({text: `[${JSON.stringify(text)}]`, from: at - 1, isOriginal: false})
    } else if (text === 'has' && last !== '.' && /^\s*\(/.test(original.slice(next, next + 50))) {
      pieces.push({text: hasMacro, from: at, isOriginal: false})
    } else {
      pieces.push({text, from: at, isOriginal: true})
    }
    if ((text === 'tasks' || text === 'secrets') && last !== '.') {
      hyphenatedName.lastIndex = next
      const name = hyphenatedName.exec(original)?.[1]
      if (name !== undefined && (!/^[A-Za-z_]\w*$/.test(name) || celWords.has(name))) {
        pieces.push({text: `[${JSON.stringify(name)}]`, from: next, isOriginal: false})
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
      if (piece) piece.text = nth === cell.marks.length - 1 ? ',' : `,${defaultMacro}(`
    }
    const from = pieces[cell.start]?.from ?? 0
    pieces.push({text: ')'.repeat(cell.marks.length), from: pieces.at(-1)?.from ?? from, isOriginal: false})
    pieces.splice(cell.start, 0, {text: `${defaultMacro}(`, from, isOriginal: false})
  }

  for (const piece of read) {
    const {text, from} = piece
    if (text === '??') {
      cells.at(-1)?.marks.push(pieces.length)
      pieces.push({text, from, isOriginal: false})
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
