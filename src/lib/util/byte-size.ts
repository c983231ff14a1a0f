// Sizes as people write them.

const units: Readonly<Record<string, number>> = {b: 1, kb: 1000, mb: 1000 ** 2, gb: 1000 ** 3, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3}

/** `1.5 MiB`, with one digit after the point; below 1 KiB `1 byte`, `512 bytes`. */
export function writeByteSize(bytes: number): string {
  if (bytes < 1024) return bytes === 1 ? '1 byte' : `${String(bytes)} bytes`
  const nth = Math.min(Math.floor(Math.log(bytes) / Math.log(1024)), 3)
  return `${String(Math.round((bytes / 1024 ** nth) * 10) / 10)} ${['', 'KiB', 'MiB', 'GiB'][nth] ?? ''}`
}

/** `10MiB`, `16 KB`, `512B` or a number of bytes -> whole bytes; undefined when it is none of these. KiB counts 1024, KB counts 1000. */
export function parseByteSize(size: string | number): number | undefined {
  if (typeof size === 'number') return Number.isSafeInteger(size) && size >= 0 ? size : undefined
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]{1,3})?$/i.exec(size)
  if (!match?.[1]) return undefined
  const factor = units[(match[2] ?? 'b').toLowerCase()]
  if (factor === undefined) return undefined
  const bytes = Math.round(Number(match[1]) * factor)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
