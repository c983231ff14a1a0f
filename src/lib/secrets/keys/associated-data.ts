// What a sealed value is bound to, as bytes. Two different lists of parts never give the same bytes.

type Part = string | Uint8Array | number

const kinds = {text: 1, bytes: 2, number: 3} as const
const headLength = 5
const numberLength = 8

/**
 * Each part as its kind (1 byte), its length (4 bytes, big endian) and its bytes: texts in UTF-8, numbers (whole, from 0) in 8 bytes, big endian.
 * @param label what it is for; keeps values of different purposes apart
 */
export function associatedData(label: string, ...parts: Part[]): Buffer {
  let size = headLength + Buffer.byteLength(label)
  for (const part of parts) size += headLength + lengthOf(part)
  const bytes = Buffer.allocUnsafe(size)
  let at = write(bytes, label, 0)
  for (const part of parts) at = write(bytes, part, at)
  return bytes
}

function lengthOf(part: Part): number {
  if (typeof part === 'number') return numberLength
  return typeof part === 'string' ? Buffer.byteLength(part) : part.length
}

/** Returns where the next part begins. */
function write(bytes: Buffer, part: Part, at: number): number {
  const start = at + headLength
  const length = lengthOf(part)
  bytes.writeUInt32BE(length, at + 1)
  if (typeof part === 'number') {
    if (!Number.isSafeInteger(part) || part < 0) throw new TypeError('only whole numbers from 0 can be bound')
    bytes.writeUInt8(kinds.number, at)
    bytes.writeUInt32BE(Math.floor(part / 2 ** 32), start)
    bytes.writeUInt32BE(part % 2 ** 32, start + 4)
  } else if (typeof part === 'string') {
    // UTF-8 has no bytes for half a pair: all of them would become the same U+FFFD.
    if (!part.isWellFormed()) throw new TypeError('only well-formed text can be bound')
    bytes.writeUInt8(kinds.text, at)
    bytes.write(part, start, 'utf8')
  } else {
    bytes.writeUInt8(kinds.bytes, at)
    bytes.set(part, start)
  }
  return start + length
}
