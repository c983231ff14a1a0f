// Whether a number as it is written can be kept as a JavaScript number.

/** A whole number that is not one of those a double can stand for (beyond 2^53 they have gaps). Decimals are rounded everywhere. */
export function losesDigits(written: string): boolean {
  if (!/^(?:[-+]?\d+|0o[0-7]+|0x[\da-fA-F]+)$/.test(written)) return false
  const value = Number(written)
  if (Number.isSafeInteger(value)) return false
  return !Number.isFinite(value) || BigInt(value) !== BigInt(written)
}
