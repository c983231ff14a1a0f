// What lines of a dump begin with.

/** An offset has no more digits than this. */
export const longestOffset = 16

/** Digit or small letter for a hexadecimal digit; 0 for other bytes. */
export const digitOf = new Uint8Array(256)
for (const character of '0123456789abcdefABCDEF') digitOf[character.charCodeAt(0)] = character.toLowerCase().charCodeAt(0)

const other = 0
const digit = 1
const blank = 2
const end = 3
const kindOf = new Uint8Array(256)
for (const character of '0123456789abcdefABCDEF') kindOf[character.charCodeAt(0)] = digit
for (const character of ' \t\r') kindOf[character.charCodeAt(0)] = blank
// The `x` is that of `0x`.
for (const character of ':\nxX') kindOf[character.charCodeAt(0)] = end

/** A quick look at the line that begins at `from`, which spares most of them the closer one. */
export function mayBeginDump(bytes: Buffer, from: number): boolean {
  let at = from
  while (at < bytes.length && kindOf[bytes[at] ?? 0] === blank) at++
  if (at === bytes.length) return true
  if (kindOf[bytes[at] ?? 0] !== digit) return false
  const most = Math.min(bytes.length, at + longestOffset + 1)
  while (at < most && kindOf[bytes[at] ?? 0] === digit) at++
  if (at === bytes.length) return true
  const kind = kindOf[bytes[at] ?? 0] ?? other
  return kind === blank || kind === end
}
