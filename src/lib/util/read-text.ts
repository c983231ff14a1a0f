// A whole stream as text.

/** Reads to the end, but not more than `maxBytes` (the rest is not read). Bytes that are not UTF-8 become U+FFFD. */
export async function readText(stream: AsyncIterable<Buffer | string>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk)
    chunks.push(bytes)
    size += bytes.length
    if (size > maxBytes) break
  }
  return Buffer.concat(chunks).toString('utf8')
}
