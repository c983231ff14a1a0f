// A whole stream as text.

import {readBytes} from './read-bytes.ts'

/** Reads to the end, but not more than `maxBytes` (the rest is not read). Rejects with a TypeError when what was read to its end is not UTF-8. */
export async function readText(stream: AsyncIterable<Buffer | string>, maxBytes: number): Promise<string> {
  const bytes = await readBytes(stream, maxBytes)
  // A text that was left in the middle may end within a character.
  return new TextDecoder('utf-8', {fatal: bytes.length <= maxBytes, ignoreBOM: true}).decode(bytes)
}
