// A whole stream as text.

/** Reads to the end, but not more than `maxBytes` (the rest is not read). Rejects with a TypeError when what was read to its end is not UTF-8. */
export async function readText(stream: AsyncIterable<Buffer | string>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk)
    chunks.push(bytes)
    size += bytes.length
    if (size > maxBytes) break
  }
  // A text that was left in the middle may end within a character.
  return new TextDecoder('utf-8', {fatal: size <= maxBytes, ignoreBOM: true}).decode(Buffer.concat(chunks))
}
