// What a foreign schema must not do to us: fetch, hang, or grow without bound. Checked before anything is compiled.

import {compilePattern, isPlainPattern, nativeRegExp} from './linear-regexp.ts'

/** A schema that cannot be used, and where in the schema. */
export class SchemaError extends Error {
  readonly path: readonly (string | number)[]

  constructor(message: string, path: readonly (string | number)[]) {
    super(path.length > 0 ? `${message} (at ${path.join('.')})` : message)
    this.name = 'SchemaError'
    this.path = path
  }
}

const maxSchemaChars = 256 * 1024
const maxSchemaDepth = 64
/** How many schemas may apply to one value when all references are followed: 2^17, far above any honest schema. */
const maxApplied = 131_072

const inMap = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies']
const inList = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items']
const single = [
  'items',
  'additionalItems',
  'additionalProperties',
  'unevaluatedItems',
  'unevaluatedProperties',
  'contains',
  'not',
  'if',
  'then',
  'else',
  'propertyNames',
  'contentSchema',
]
/** Those that apply to the same value again; the others go down into the value. */
const inPlace = new Set(['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas', 'dependencies'])

interface Place {
  readonly schema: Readonly<Record<string, unknown>>
  readonly path: readonly (string | number)[]
}

/** Throws SchemaError. Returns whether a pattern needs the RE2 engine. */
export async function guardSchema(schema: unknown): Promise<{needsRe2: boolean}> {
  if (typeof schema === 'boolean') return {needsRe2: false}
  if (!isObject(schema)) throw new SchemaError('a schema is an object, true or false', [])
  const text = JSON.stringify(schema)
  if (text.length > maxSchemaChars)
    throw new SchemaError(`the schema is too large: ${text.length} characters, at most ${maxSchemaChars}`, [])

  const places = listPlaces(schema)
  const ids = new Set(places.flatMap(({schema: {$id}}) => (typeof $id === 'string' ? [$id.replace(/#$/, '')] : [])))
  const patterns: {pattern: string; path: Place['path']}[] = []
  for (const {schema: part, path} of places) {
    if ('$async' in part) throw new SchemaError('"$async" is not allowed', path)
    for (const word of ['$ref', '$dynamicRef', '$recursiveRef']) checkReference(part[word], [...path, word], schema, ids)
    if (typeof part['pattern'] === 'string') patterns.push({pattern: part['pattern'], path: [...path, 'pattern']})
    if (isObject(part['patternProperties']))
      for (const pattern of Object.keys(part['patternProperties'])) patterns.push({pattern, path: [...path, 'patternProperties', pattern]})
  }
  checkGrowth(schema)

  const needsRe2 = patterns.some(({pattern}) => !isPlainPattern(pattern))
  const re2 = needsRe2 ? (await import('re2js')).RE2JS : undefined
  for (const {pattern, path} of patterns) checkPattern(pattern, path, re2)
  return {needsRe2}
}

function listPlaces(root: Place['schema']): Place[] {
  const places: Place[] = []
  const visit = (schema: unknown, path: Place['path']): void => {
    if (!isObject(schema)) return
    if (path.length > maxSchemaDepth)
      throw new SchemaError(`the schema is nested too deeply: more than ${maxSchemaDepth} levels`, path.slice(0, 6))
    places.push({schema, path})
    for (const [step, child] of children(schema)) visit(child, [...path, ...step])
  }
  visit(root, [])
  return places
}

function* children(schema: Place['schema'], only?: ReadonlySet<string>): Generator<[(string | number)[], unknown]> {
  for (const word of inMap) {
    const map = schema[word]
    if ((!only || only.has(word)) && isObject(map)) for (const [name, child] of Object.entries(map)) yield [[word, name], child]
  }
  for (const word of inList) {
    const list = schema[word]
    if ((!only || only.has(word)) && Array.isArray(list)) for (const [at, child] of list.entries()) yield [[word, at], child]
  }
  for (const word of single) if (!only || only.has(word)) yield [[word], schema[word]]
}

function checkReference(reference: unknown, path: Place['path'], root: Place['schema'], ids: ReadonlySet<string>): void {
  if (typeof reference !== 'string') return
  const [base = '', fragment = ''] = reference.split('#')
  if (base !== '' && !ids.has(base))
    throw new SchemaError(`the reference "${reference}" points outside the schema; nothing is fetched`, path)
  if (base === '' && ids.size === 0 && fragment.startsWith('/') && resolve(root, reference) === undefined)
    throw new SchemaError(`the reference "${reference}" points to nothing`, path)
}

function resolve(root: unknown, reference: string): unknown {
  if (!reference.startsWith('#')) return undefined
  let at = root
  for (const step of reference.slice(1).split('/').slice(1)) {
    const name = decodeURIComponent(step.replace(/%(?![0-9a-f]{2})/gi, '%25'))
      .replaceAll('~1', '/')
      .replaceAll('~0', '~')
    if (Array.isArray(at)) at = at[Number(name)]
    else if (isObject(at) && Object.hasOwn(at, name)) at = at[name]
    else return undefined
  }
  return at
}

/** Counts how many schemas apply to one value. Each doubling costs an attacker one line, so the count must have a bound. */
function checkGrowth(root: Place['schema']): void {
  const known = new Map<object, number>()
  const open = new Set<object>()
  const count = (schema: unknown): number => {
    if (!isObject(schema) || open.has(schema)) return 1
    const before = known.get(schema)
    if (before !== undefined) return before
    open.add(schema)
    let applied = 1
    for (const [, child] of children(schema, inPlace)) applied += count(child)
    if (typeof schema['$ref'] === 'string') applied += count(resolve(root, schema['$ref']))
    open.delete(schema)
    known.set(schema, applied)
    return applied
  }
  for (const {schema, path} of listPlaces(root))
    if (count(schema) > maxApplied) throw new SchemaError('the schema grows too large when its references are followed', path)
}

function checkPattern(pattern: string, path: Place['path'], re2: Parameters<typeof compilePattern>[1]): void {
  try {
    nativeRegExp(pattern)
  } catch {
    throw new SchemaError(`"${pattern}" is not a regular expression`, path)
  }
  try {
    compilePattern(pattern, re2)
  } catch {
    throw new SchemaError(
      `the pattern "${pattern}" can take very long on some texts; write it without look-around and back references`,
      path,
    )
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
