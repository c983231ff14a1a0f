// The line end that was not meant.

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Without the one LF or CRLF that `echo` and editors put at the end. */
export function withoutLineEnd(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== lineFeed) return bytes
  return bytes.subarray(0, bytes.at(-2) === carriageReturn ? -2 : -1)
}
