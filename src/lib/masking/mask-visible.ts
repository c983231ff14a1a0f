// A terminal shows a text without its escape sequences. A value with colours inside of it (`grep --color` makes such) would be whole again there.

import {withoutEscapeSequences} from '../util/escape-sequences.ts'

interface TextMasker {
  mask(text: string): string
}

/** The masked text. When escape sequences stand inside of something that must be hidden, the text comes back without all of them. */
export function maskVisible(masker: TextMasker, text: string): string {
  return hideVisible(masker, masker.mask(text))
}

/** The same for a text that was masked already. */
export function hideVisible(masker: TextMasker, text: string): string {
  const visible = withoutEscapeSequences(text)
  if (visible === text) return text
  const masked = masker.mask(visible)
  return masked === visible ? text : masked
}
