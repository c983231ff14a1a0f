// What a sealed value is bound to, as bytes. Two different lists of parts never give the same bytes.

type Part = string | Uint8Array | number

const kinds = {text: 1, bytes: 2, number: 3} as const

/**
 * Each part as its kind (1 byte), its length (4 bytes, big endian) and its bytes: texts in UTF-8, numbers (whole, from 0) in 8 bytes, big endian.
 * @param label what it is for; keeps values of different purposes apart
 */
export function associatedData(label: string, ...parts: Part[]): Buffer {
  return Buffer.concat([label, ...parts].flatMap(encodePart))
}

function encodePart(part: Part): Uint8Array[] {
  if (typeof part === 'number') {
    if (!Number.isSafeInteger(part) || part < 0) throw new TypeError('only whole numbers from 0 can be bound')
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64BE(BigInt(part))
    return [head(kinds.number, bytes), bytes]
  }
  if (typeof part !== 'string') return [head(kinds.bytes, part), part]
  // UTF-8 has no bytes for half a pair: all of them would become the same U+FFFD.
  if (/\p{Surrogate}/u.test(part)) throw new TypeError('only well-formed text can be bound')
  const bytes = Buffer.from(part)
  return [head(kinds.text, bytes), bytes]
}

function head(kind: number, {length}: Uint8Array): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.writeUInt8(kind)
  bytes.writeUInt32BE(length, 1)
  return bytes
}
