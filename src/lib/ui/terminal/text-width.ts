// How many columns text takes on a terminal.

// Unicode's East Asian Width W and F (UAX #11) in the large ranges that terminals agree on, and what is shown as an emoji.
const wide =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u
const zero = /[\p{Mn}\p{Me}\p{Cf}]/u
/** Makes an emoji, two columns wide, of the character before it. */
const emojiSelector = '\ufe0f'
const sgr = new RegExp(String.raw`${'\u001b'}\[[\d;]*m`, 'g')

/** Colours count nothing. Control characters must be gone already. */
export function textWidth(text: string): number {
  const plain = text.includes('\u001b') ? text.replace(sgr, '') : text
  if (/^[\u0020-\u007e]*$/.test(plain)) return plain.length
  let width = 0
  for (const character of plain) {
    if (character === emojiSelector) width += 1
    else if (!zero.test(character)) width += wide.test(character) ? 2 : 1
  }
  return width
}

/** Fills up with spaces at the end. */
export function padToWidth(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)))
}

/** Cuts text without colours to at most `width` columns, the ellipsis included. */
export function cutToWidth(text: string, width: number, ellipsis: string): string {
  if (textWidth(text) <= width) return text
  const room = width - textWidth(ellipsis)
  let used = 0
  let kept = ''
  for (const character of text) {
    used += textWidth(character)
    if (used > room) break
    kept += character
  }
  return room < 0 ? '' : kept + ellipsis
}
