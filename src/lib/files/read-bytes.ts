// A whole stream as bytes.

/** Reads to the end, or until more than `maxBytes` are there: then the result is longer than that, and the rest is not read. */
export async function readBytes(stream: AsyncIterable<Buffer | string>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk)
    chunks.push(bytes)
    size += bytes.length
    if (size > maxBytes) break
  }
  return Buffer.concat(chunks)
}
