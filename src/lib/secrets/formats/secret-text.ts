// Whether bytes are text.

/** The text of UTF-8 bytes, a byte order mark included; undefined for other bytes. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes)
  } catch {
    // The decoder's only complaint: this is no UTF-8.
    return undefined
  }
}
