// How many columns text takes on a terminal.

import stringWidth from 'string-width'

const ascii = /^[\u0020-\u007e]*$/

/** Colours count nothing. Control characters must be gone already. */
export function textWidth(text: string): number {
  // The first text beyond ASCII loads Unicode's tables: a start that shows none does without them.
  return ascii.test(text) ? text.length : stringWidth(text)
}

/** Fills up with spaces at the end. */
export function padToWidth(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)))
}

/** Cuts text without colours to at most `width` columns, the ellipsis included; never within what is shown as one character. */
export function cutToWidth(text: string, width: number, ellipsis: string): string {
  if (ascii.test(text) && text.length <= width) return text
  const room = width - textWidth(ellipsis)
  let used = 0
  let end = 0
  // Stops where the text is too wide: it may be much longer than a line.
  for (const {segment, index} of new Intl.Segmenter().segment(text)) {
    used += textWidth(segment)
    if (used <= room) end = index + segment.length
    if (used > width) return room < 0 ? '' : text.slice(0, end) + ellipsis
  }
  return text
}
