// Names of files are bytes, and need not be text.

import {isUtf8} from 'node:buffer'

const longestCharacter = 4

/** Text as it is; every byte that is not part of UTF-8, or that steers a terminal, as `\xff`. */
export function showBytes(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const length = characterAt(bytes, at)
    text += length === 0 ? `\\x${bytes.toString('hex', at, at + 1)}` : bytes.toString('utf8', at, at + length)
    at += Math.max(length, 1)
  }
  return text
}

/** How many bytes the character has; 0 when there is none that can be shown. */
function characterAt(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x20 || first === 0x7f) return 0
  for (let length = 1; length <= longestCharacter && at + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(at, at + length))) return length
  }
  return 0
}
