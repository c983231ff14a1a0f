// How bytes look in base64 and base64url, alone or in the midst of other bytes.

const lineWidths = [64, 76]
const leastBytes = 8
/**
 * What base64 text contains whenever the bytes are part of what was encoded: for each of the three positions in a group of three, the characters
 * that depend on no other byte; and the whole text for bytes that end there. Text in lines is seen through (LineFinder); with `isWrapped`, the lines
 * of 64 and 76 columns are among the forms, for those that show each by itself. Forms under eight characters are left out.
 */
export function base64Forms(bytes: Buffer, options: {readonly isWrapped: boolean}): Set<string> {
  const forms = new Set<string>()
  for (let shift = 0; shift < 3; shift++) {
    const text = (shift === 0 ? bytes : Buffer.concat([Buffer.alloc(shift), bytes])).toString('base64')
    const first = Math.ceil((shift * 8) / 6)
    const stable = Math.floor(((shift + bytes.length) * 8) / 6)
    addAlphabets(forms, text.slice(first, stable))
    addAlphabets(forms, text.slice(first))
    addAlphabets(forms, text.slice(first).replace(/=+$/, ''))
    if (options.isWrapped) for (const width of lineWidths) addLines(forms, text, {width, first, stable})
  }
  // `echo value | base64`: the line end is part of the last group.
  addAlphabets(forms, Buffer.concat([bytes, Buffer.of(0x0a)]).toString('base64'))
  return forms
}

/** The same for large values: what no neighbour changes, in both alphabets. */
export function stableBase64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    const stable = text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6))
    return [stable, stable.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

function addAlphabets(forms: Set<string>, text: string): void {
  if (text.length < leastBytes) return
  forms.add(text)
  if (!/[+/=]/.test(text)) return
  forms.add(text.replaceAll('+', '-').replaceAll('/', '_'))
  // In a URL, and in JSON that escapes slashes.
  const url = text.replaceAll('+', '%2B').replaceAll('/', '%2F').replaceAll('=', '%3D')
  forms.add(url)
  forms.add(url.toLowerCase() === url ? url : text.replaceAll('+', '%2b').replaceAll('/', '%2f').replaceAll('=', '%3d'))
  forms.add(text.replaceAll('/', String.raw`\/`))
  forms.add(text.replaceAll('+', String.raw`\u002B`))
}

function addLines(forms: Set<string>, text: string, {width, first, stable}: {width: number; first: number; stable: number}): void {
  if (text.length <= width) return
  const lines: string[] = []
  for (let at = 0; at < text.length; at += width) lines.push(text.slice(at === 0 ? first : at, at + width))
  for (const line of lines) addAlphabets(forms, line)
  addAlphabets(forms, text.slice(Math.floor((stable - 1) / width) * width, stable))
}
