// How text looks inside of a JSON string, as different libraries write it, and inside of the string literals of programming languages.

const notAscii = /[\u007f-\uffff]/g

/** `text` as JSON writes it between the quotes. */
export function jsonText(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** The different spellings of one JSON string; a log of a log holds them escaped once more. */
export function jsonForms(text: string): string[] {
  const plain = jsonText(text)
  const html = plain.replace(/[<>&\u2028\u2029]/g, escapeLower)
  const ascii = plain.replace(notAscii, escapeLower)
  const once = [
    plain,
    plain.replace(/\\u[\da-f]{4}/g, (escape) => `\\u${escape.slice(2).toUpperCase()}`),
    // Go; Gson; Python; Java and .NET; PHP.
    html,
    plain.replace(/[<>&='\u2028\u2029]/g, escapeLower),
    ascii,
    plain.replace(notAscii, escapeUpper),
    html.replace(notAscii, escapeLower),
    plain.replace(/[<>&]/g, escapeUpper).replace(notAscii, escapeUpper),
    plain.replace(/\\"|[<>&'+`]/g, (found) => escapeUpper(found.slice(-1))).replace(notAscii, escapeUpper),
    plain.replaceAll('/', String.raw`\/`),
    ascii.replaceAll('/', String.raw`\/`),
  ]
  return [...once, ...once.map(jsonText)]
}

/** Literals of JavaScript, Python, Go, Ruby and SQL: with no quote escaped, or one of them, and control characters as `\x1b`. */
export function literalForms(text: string): string[] {
  const body = text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)
    .replaceAll('\t', String.raw`\t`)
  const forms = [body, ...['"', "'", '`'].map((quote) => body.replaceAll(quote, `\\${quote}`))]
  return forms.flatMap((form) => {
    const lower = form.replace(/\p{Cc}/gu, (control) => hexEscape(control))
    const bytes = lower.replace(/[^\p{ASCII}]/gu, (character) =>
      Array.from(Buffer.from(character), (byte) => `\\x${byte.toString(16)}`).join(''),
    )
    return [form, lower, form.replace(/\p{Cc}/gu, (control) => String.raw`\x${hexEscape(control).slice(2).toUpperCase()}`), bytes]
  })
}

function hexEscape(control: string): string {
  return String.raw`\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`
}

function escapeLower(character: string): string {
  return String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function escapeUpper(character: string): string {
  return String.raw`\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}
