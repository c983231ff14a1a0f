// Says what is wrong with an expression and where. The errors of the expression language hold names and types, never values.

/** Message, hint and place, as one text; undefined for an error that is none of the expression language's. */
export function explainFailure(error: unknown, expression: string): string | undefined {
  if (!(error instanceof Error) || error.name !== 'TemplateError') return undefined
  const hint = 'hint' in error && typeof error.hint === 'string' ? ` (${error.hint})` : ''
  return `${error.message}${hint}${placeOf(error, expression)}`
}

function placeOf(error: Error, expression: string): string {
  const part: unknown = 'part' in error ? error.part : undefined
  if (typeof part !== 'object' || part === null || !('start' in part) || typeof part.start !== 'number') return ''
  const lines = expression.slice(0, part.start).split('\n')
  return ` at line ${String(lines.length)}, column ${String((lines.at(-1)?.length ?? 0) + 1)} of the expression`
}
