// What a schema check found -> findings with a code and a sentence that names the property.

import type {DocumentPath, Finding} from './source-document.ts'
import type {SchemaFinding} from './schema-findings.ts'

/** A finding and the position it is about, ready for `SourceDocument.diagnostic`. */
export interface PlacedFinding {
  readonly path: DocumentPath
  readonly target: 'key' | 'value'
  readonly finding: Finding
}

const codes: Readonly<Record<string, string>> = {
  additionalProperties: 'unknown-property',
  unevaluatedProperties: 'unknown-property',
  required: 'missing-property',
  dependentRequired: 'missing-property',
  type: 'wrong-type',
}

/** An error. Codes: `unknown-property`, `missing-property`, `wrong-type`, `invalid-value`. */
export function placeSchemaFinding({path, target, keyword, message, hint, isSentence}: SchemaFinding): PlacedFinding {
  const code = codes[keyword] ?? 'invalid-value'
  const isNamed = code === 'unknown-property' || code === 'missing-property' || isSentence === true
  return {
    path,
    // The position of what is missing is the map it is missing from.
    target: code === 'missing-property' ? 'value' : target,
    finding: {severity: 'error', code, message: isNamed ? message : `${label(path)} ${message}`, hint},
  }
}

/** `name`, or `paths[2]` for an item of a list. */
function label(path: DocumentPath): string {
  const start = path.findLastIndex((step) => typeof step === 'string')
  const [name, ...indexes] = path.slice(Math.max(start, 0))
  return name === undefined ? 'the document' : `${String(name)}${indexes.map((index) => `[${String(index)}]`).join('')}`
}
