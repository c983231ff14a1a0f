// Where a text stops being JSON (RFC 8259). JSON.parse does not always say where, and its messages quote the text.

const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

type Expected = 'value' | 'value or ]' | 'key or }' | 'key' | ':' | ', or end' | 'end'

/** Index of the first character (UTF-16) that cannot be part of one JSON document; the length when it ends too early; -1 when nothing is wrong. */
export function jsonErrorOffset(text: string): number {
  const open: string[] = []
  let expected: Expected = 'value'
  for (let at = 0; ;) {
    const start = skipSpace(text, at)
    if (start === text.length) return expected === 'end' ? -1 : text.length
    const first = text.charAt(start)
    const kind = '{}[],:'.includes(first) ? first : first === '"' ? 'string' : 'literal'
    const next = follow(expected, kind, open)
    if (next === undefined) return start
    expected = next
    if (kind === 'string') {
      const end = stringEnd(text, start)
      if (end.isBroken) return end.at
      at = end.at
    } else if (kind === 'literal') {
      literal.lastIndex = start
      if (!literal.test(text)) return start
      at = literal.lastIndex
    } else at = start + 1
  }
}

function stringEnd(text: string, start: number): {at: number; isBroken: boolean} {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) return {at: at + 1, isBroken: false}
    if (code < 0x20) return {at, isBroken: true}
    if (code !== 0x5c) continue
    escape.lastIndex = at
    if (!escape.test(text)) return {at, isBroken: true}
    at = escape.lastIndex - 1
  }
  return {at: text.length, isBroken: true}
}

function follow(expected: Expected, kind: string, open: string[]): Expected | undefined {
  const afterValue = (): Expected => (open.length === 0 ? 'end' : ', or end')
  switch (expected) {
    case 'value':
    case 'value or ]':
      if (kind === '{' || kind === '[') {
        open.push(kind)
        return kind === '{' ? 'key or }' : 'value or ]'
      }
      if (kind === ']' && expected === 'value or ]') {
        open.pop()
        return afterValue()
      }
      return kind === 'literal' || kind === 'string' ? afterValue() : undefined
    case 'key or }':
    case 'key':
      if (kind === '}' && expected === 'key or }') {
        open.pop()
        return afterValue()
      }
      return kind === 'string' ? ':' : undefined
    case ':':
      return kind === ':' ? 'value' : undefined
    case ', or end': {
      const isObject = open.at(-1) === '{'
      if (kind === ',') return isObject ? 'key' : 'value'
      if (kind !== (isObject ? '}' : ']')) return undefined
      open.pop()
      return afterValue()
    }
    case 'end':
      return undefined
  }
}

function skipSpace(text: string, from: number): number {
  let at = from
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break
  }
  return at
}
