// Which texts are to be hidden for one value: the value, what programs make of it before they write it, and the parts that would reveal enough.

const leastPart = 8

export interface ValueParts {
  /** Hidden in every form: the value, also without the white space or the quotes around it; a JSON document's other layouts and its texts. */
  readonly wholes: ReadonlySet<string>
  /** Hidden as they stand and escaped: a value of several lines, joined in other ways. */
  readonly joined: ReadonlySet<string>
  /** The same: its lines of 8 characters or more. */
  readonly lines: ReadonlySet<string>
}

export function splitValue(value: string): ValueParts {
  const wholes = new Set<string>()
  const joined = new Set<string>()
  const lines = new Set<string>()
  const queue = [value]
  for (let text = queue.pop(); text !== undefined; text = queue.pop()) {
    const trimmed = text.trim()
    if (trimmed === '' || wholes.has(text)) continue
    wholes.add(text)
    queue.push(trimmed)
    const quote = trimmed[0]
    if (trimmed.length > 8 && (quote === '"' || quote === "'" || quote === '`') && trimmed.endsWith(quote)) queue.push(trimmed.slice(1, -1))
    if (/[\n\r]/.test(trimmed)) addLines(trimmed, joined, lines)
    if (quote === '{' || quote === '[') for (const part of documentTexts(trimmed)) queue.push(part)
  }
  return {wholes, joined, lines}
}

function addLines(text: string, joined: Set<string>, lines: Set<string>): void {
  const pieces = text.split(/\r*\n|\r/)
  for (const separator of ['\n', '\r\n', '\r\r\n', ' ', String.raw`\n`, String.raw`\r\n`]) joined.add(pieces.join(separator))
  for (const piece of pieces) {
    const line = piece.trim()
    if (line.length >= leastPart) lines.add(line)
  }
}

/** A JSON document without white space, with a space behind commas and colons, and its texts of 8 characters or more. Nothing when it is none. */
function documentTexts(text: string): string[] {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    // A value that only begins like one.
    return []
  }
  const minified = minify(text)
  const texts = [minified, minified.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|[,:]/g, (token) => (token.length === 1 ? `${token} ` : token))]
  const queue = [document]
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (typeof node === 'string' && node.length >= leastPart) texts.push(node)
    if (typeof node === 'object' && node !== null) for (const child of Object.values(node)) queue.push(child)
  }
  return texts
}

/** As text, so that numbers and escapes stay as they are written. */
function minify(json: string): string {
  return json.replace(/("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\n\r]+/g, '$1')
}
