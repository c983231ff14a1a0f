// Template text -> literal text and expressions, with offsets. `{{` starts an expression; the first `}}` outside of quotes and of
// brackets opened inside ends it. There is no escape sign: a literal `{{` is written as an expression, `{{ '{{' }}`.

import {TemplateError} from './template-error.ts'

export type Segment =
  | {readonly kind: 'text'; readonly text: string}
  /** `start` is where the expression's text begins, behind `{{`. */
  | {readonly kind: 'expression'; readonly source: string; readonly start: number}

const maxSegments = 20_000

/** Throws TemplateError for an expression that is empty or never ends. */
export function parseTemplate(text: string): Segment[] {
  const segments: Segment[] = []
  let from = 0
  for (;;) {
    const open = text.indexOf('{{', from)
    if (open === -1) break
    if (open > from) segments.push({kind: 'text', text: text.slice(from, open)})
    const start = open + 2
    const end = findEnd(text, start)
    if (end === -1)
      throw new TemplateError(
        'the template is not closed: }} is missing',
        {start: open, length: text.length - open},
        {hint: `a literal {{ is written as {{ '{{' }}`},
      )
    const source = text.slice(start, end)
    if (source.trim() === '') throw new TemplateError('the template is empty', {start: open, length: end + 2 - open})
    if (segments.length >= maxSegments)
      throw new TemplateError(`the text has too many templates: at most ${maxSegments / 2}`, {start: open, length: end + 2 - open})
    segments.push({kind: 'expression', source, start})
    from = end + 2
  }
  if (from < text.length) segments.push({kind: 'text', text: text.slice(from)})
  return segments
}

function findEnd(text: string, from: number): number {
  let depth = 0
  let at = from
  while (at < text.length) {
    const sign = text[at]
    if (sign === '"' || sign === "'") at = skipString(text, at)
    else if (sign === '}' && depth === 0) {
      if (text[at + 1] === '}') return at
      at++
    } else {
      if (sign === '{') depth++
      if (sign === '}') depth--
      at++
    }
  }
  return -1
}

/** The offset behind the string literal at `at`; the end of the text when it is not closed. A backslash guards the next character. */
export function skipString(text: string, at: number): number {
  const quote = text.charAt(at)
  const closing = text.startsWith(quote.repeat(3), at) ? quote.repeat(3) : quote
  let end = at + closing.length
  while (end < text.length && !text.startsWith(closing, end)) end += text[end] === '\\' ? 2 : 1
  return Math.min(end + closing.length, text.length)
}
