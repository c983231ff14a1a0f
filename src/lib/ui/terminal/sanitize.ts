// Text from elsewhere, made harmless for a terminal: it can neither move the cursor, set a title, hide text nor reorder it.

import {escapeSequences} from '../../util/escape-sequences.ts'

const esc = '\u001b'

/** Control characters but the tab, separators that end a line, and marks that reorder text. */
const harmful = String.raw`[^\P{Cc}\t]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]`
const suspicious = new RegExp(harmful, 'u')

/** Escape sequences, then single characters. */
const pieces = new RegExp(`${escapeSequences}|${harmful}`, 'gu')

const sgr = new RegExp(String.raw`^${esc}\[([\d;]*)m$`)

/**
 * Removes escape sequences and writes other control characters visibly (`^M`, `<U+202E>`); tabs stay. With `keepColors`, plain
 * colours and emphasis stay, and are ended. The result has one line. Text without control characters comes back as it is.
 */
export function sanitizeText(text: string, options: {readonly keepColors?: boolean} = {}): string {
  if (!suspicious.test(text)) return text
  let colorCount = 0
  // A line end in the DOS manner leaves a carriage return behind, which says nothing.
  const line = text.endsWith('\r') ? text.slice(0, -1) : text
  const safe = line.replace(pieces, (piece) => {
    if (piece.length === 1) return showCharacter(piece)
    if (!options.keepColors || !isPlainColor(piece)) return ''
    colorCount += 1
    return piece
  })
  return colorCount > 0 ? `${safe}\u001b[0m` : safe
}

function showCharacter(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`
  if (code === 0x7f) return '^?'
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`
}

/** Colours, bold, dim, italic, underline, inverse, strike; not blinking and not concealed. */
function isPlainColor(sequence: string): boolean {
  const parameters = sgr.exec(sequence)?.[1]
  if (parameters === undefined) return false
  const simple = parameters.replaceAll(/[34]8;(?:5;\d+|2;\d+;\d+;\d+)/g, '39')
  return simple.split(';').every((number) => number === '' || /^(?:0*[0-479]|2[1-57-9]|3[0-79]|4[0-79]|9[0-7]|10[0-7])$/.test(number))
}
