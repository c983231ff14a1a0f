// Where a text is cut off, the beginning of a value may be left: no longer the value itself, but too much of it.

interface StreamMasker {
  openStream(): {push(bytes: Buffer): Buffer; end(): Buffer}
}

/** How many bytes at the end may be the beginning of something that must be hidden. */
export function partialEndLength(masker: StreamMasker, bytes: Buffer): number {
  const stream = masker.openStream()
  stream.push(bytes)
  const held = stream.end()
  // Behind a placeholder, if there is one, what was held stands at the end of the bytes as it is.
  let length = 0
  while (length < held.length && length < bytes.length && held[held.length - 1 - length] === bytes[bytes.length - 1 - length]) length++
  return length
}
