// The one reading of a path that rules about paths are held against. What two servers could read in two ways has none.

/** Characters of RFC 3986 paths, percent signs only before two hex digits. `;` starts parameters that some servers cut off. */
const plainPath = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,=:@/]|%[0-9A-Fa-f]{2})*$/

/**
 * `/a/%62` -> `/a/b`: escapes of letters, digits and `-._~` are undone, others written in upper case.
 * Undefined for a path that is ambiguous: empty or dot segments, escaped slashes, backslashes, percent signs, semicolons or control
 * characters, escapes that are not UTF-8, and characters that compatibility normalisation (NFKC) turns into one of these.
 */
export function normalizePath(path: string): string | undefined {
  if (!plainPath.test(path)) return undefined
  let decoded: string
  try {
    decoded = decodeURIComponent(path)
  } catch {
    return undefined
  }
  for (const reading of [decoded, decoded.normalize('NFKC')]) if (isAmbiguous(reading, path)) return undefined
  return path.replace(/%[0-9A-Fa-f]{2}/g, (escape) => {
    const character = String.fromCharCode(parseInt(escape.slice(1), 16))
    return /[A-Za-z0-9\-._~]/.test(character) ? character : escape.toUpperCase()
  })
}

function isAmbiguous(reading: string, written: string): boolean {
  const segments = reading.split('/')
  return (
    segments.length !== written.split('/').length ||
    // eslint-disable-next-line no-control-regex -- these are the characters looked for
    /[\\;%\u0000-\u001f\u007f]/.test(reading) ||
    segments.slice(1, -1).includes('') ||
    segments.some((segment) => segment === '.' || segment === '..')
  )
}
