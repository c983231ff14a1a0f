// What a terminal takes for an instruction instead of text.

const esc = '\u001b'
const bel = '\u0007'

/** Source of a regular expression (ECMA-48): CSI sequences; OSC, DCS, SOS, PM and APC strings up to BEL or ST (or the end); shorter escapes. */
export const escapeSequences = [
  String.raw`(?:${esc}\[|\u009b)[\u0030-\u003f]*[\u0020-\u002f]*[\u0040-\u007e]`,
  String.raw`(?:${esc}[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^${bel}${esc}\u009c]*(?:${bel}|${esc}\\|\u009c)?`,
  String.raw`${esc}[\u0020-\u002f]*[\u0030-\u007e]`,
].join('|')

const sequence = new RegExp(escapeSequences, 'gu')
const beginning = new RegExp(`[${esc}\u0090\u0098\u009b\u009d-\u009f]`)

/** The text without all of them; the same text when there are none. */
export function withoutEscapeSequences(text: string): string {
  return beginning.test(text) ? text.replace(sequence, '') : text
}
