// JSON Schema -> the source code of its check. The slow part (ajv takes 150-210 ms to load and compile), so it is done once per schema.

import type {SchemaObject} from 'ajv'
import {compilePattern, type TextTest} from './linear-regexp.ts'
import {guardSchema, SchemaError} from './schema-guard.ts'

/** The name under which generated code requires `compilePattern`. */
export const patternModule = 'autokestra/pattern'

/**
 * Compiles a schema of draft 2020-12 or draft-07 (by its `$schema`; 2020-12 when it has none) to CommonJS. Throws SchemaError.
 * `trustPatterns`: the schema is part of the program, so its patterns run natively and RE2 need not be loaded.
 */
export async function generateSchemaCode(schema: unknown, {trustPatterns = false} = {}): Promise<string> {
  const guarded = await guardSchema(schema)
  const needsRe2 = guarded.needsRe2 && !trustPatterns
  // Only `default` is the same under Node and under a bundler: these are CommonJS.
  const [{default: draft7}, {default: draft2020}, {default: addFormats}, {default: standaloneCode}, re2js] = await Promise.all([
    import('ajv'),
    import('ajv/dist/2020.js'),
    import('ajv-formats'),
    import('ajv/dist/standalone/index.js'),
    needsRe2 ? import('re2js') : undefined,
  ])
  // ajv names the constants of the generated code by what toString says.
  const test = (pattern: string): TextTest => Object.assign(compilePattern(pattern, re2js?.RE2JS), {toString: () => pattern})
  const regExp = Object.assign(test, {code: `require(${JSON.stringify(patternModule)})`})
  const options = {
    allErrors: true,
    strict: false,
    logger: false as const,
    // Every object inherits `constructor` and `toString`; they are not properties of a document.
    ownProperties: true,
    // Findings carry the part of the schema they violate.
    verbose: true,
    code: {source: true, ...(needsRe2 && {regExp})},
  }
  const ajv = usesDraft7(schema) ? new draft7.Ajv(options) : new draft2020.Ajv2020(options)
  addFormats.default(ajv)
  try {
    // The border to ajv's own type; its meta-schema checks the rest.
    const checked = schema as SchemaObject | boolean
    if (ajv.validateSchema(checked) !== true) throw describe(ajv.errors?.[0], schema)
    return standaloneCode.default(ajv, ajv.compile(checked))
  } catch (error) {
    if (error instanceof SchemaError) throw error
    if (error instanceof RangeError) throw new SchemaError('the references of the schema never end', [])
    throw new SchemaError(error instanceof Error ? error.message : String(error), [])
  }
}

function usesDraft7(schema: unknown): boolean {
  const draft = typeof schema === 'object' && schema !== null && '$schema' in schema ? schema.$schema : undefined
  return typeof draft === 'string' && /draft-0[4-7]/.test(draft)
}

function describe(error: {instancePath: string; message?: string} | undefined, schema: unknown): SchemaError {
  const message = `this is not a valid JSON Schema: ${error?.message ?? 'it breaks the rules of its draft'}`
  const path = (error?.instancePath ?? '').split('/').slice(1)
  return new SchemaError(typeof schema === 'object' ? message : 'a schema is an object, true or false', path)
}
