// What a scalar without quotes stands for: the core schema of YAML 1.2.2, section 10.3.2. `yes`, dates and `1_000` stay text.

/** The tags of the core schema, with the first pattern that fits deciding. What fits none is text. */
export const plainScalars: readonly {
  readonly tag: 'null' | 'bool' | 'int' | 'float'
  readonly pattern: RegExp
  readonly read: (text: string) => null | boolean | number
}[] = [
  {tag: 'null', pattern: /^(?:|~|null|Null|NULL)$/, read: () => null},
  {tag: 'bool', pattern: /^(?:true|True|TRUE|false|False|FALSE)$/, read: (text) => /^t/i.test(text)},
  {tag: 'int', pattern: /^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$/, read: Number},
  {
    tag: 'float',
    pattern: /^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
    read: readFloat,
  },
]

export function readPlainScalar(text: string): null | boolean | number | string {
  const kind = plainScalars.find(({pattern}) => pattern.test(text))
  return kind ? kind.read(text) : text
}

function readFloat(text: string): number {
  if (/nan$/i.test(text)) return Number.NaN
  if (/inf$/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return Number(text)
}
