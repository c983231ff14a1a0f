// Breaks a sentence into lines.

import {textWidth} from './text-width.ts'

/** Between words, as long as they fit; a longer word stands alone. @param width of a line without its indent, in columns */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line === '') line = word
    else if (textWidth(line) + 1 + textWidth(word) <= width) line += ` ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line]
}
