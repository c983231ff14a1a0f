// YAML text -> value, fast. The only module that loads js-yaml; where things are written is the business of syntax-tree.ts.

import type * as JsYaml from 'js-yaml'
import type {Schema} from 'js-yaml'
import {losesDigits} from '../util/loses-digits.ts'
import {plainScalars} from './plain-scalar.ts'

/** Where js-yaml stopped. */
export interface YamlStop {
  readonly message: string
  /** Index into the text. */
  readonly offset: number
}

export type ParsedYaml =
  | {
      readonly ok: true
      readonly value: unknown
      /** A number that JSON cannot hold, or not with all its digits. */ readonly hasOddNumber: boolean
    }
  | {readonly ok: false; readonly error: YamlStop}

/** More than any honest document needs; deeper ones would overflow the stack of the code that walks the value. */
const maxDepth = 100

export async function loadYamlParser(): Promise<(text: string) => ParsedYaml> {
  const yaml = await import('js-yaml')
  let hasOddNumber = false
  const schema = coreSchema(yaml, (written, value) => {
    hasOddNumber ||= typeof value === 'number' && (!Number.isFinite(value) || losesDigits(written))
    return value
  })
  // js-yaml knows maxDepth since 4.3, its types do not yet.
  const options = {schema, maxDepth}

  return (text) => {
    hasOddNumber = false
    try {
      const value = yaml.load(text, options)
      return {ok: true, value, hasOddNumber}
    } catch (error) {
      if (error instanceof yaml.YAMLException) return {ok: false, error: {message: error.reason, offset: offsetOf(error)}}
      throw error
    }
  }
}

function offsetOf(error: {mark?: {position: number} | undefined}): number {
  return error.mark?.position ?? 0
}

/** js-yaml's own core schema also reads `0b1` and `1_000`, and has no merge keys. */
function coreSchema(yaml: typeof JsYaml, watch: (written: string, value: unknown) => unknown): Schema {
  const scalar = (tag: string, pattern: RegExp, read: (text: string) => unknown) =>
    new yaml.Type(`tag:yaml.org,2002:${tag}`, {
      kind: 'scalar',
      resolve: (text: string | null) => pattern.test(text ?? ''),
      construct: (text: string | null) => watch(text ?? '', read(text ?? '')),
    })
  return yaml.FAILSAFE_SCHEMA.extend({
    implicit: [...plainScalars.map(({tag, pattern, read}) => scalar(tag, pattern, read)), scalar('merge', /^<<$/, (text) => text)],
  })
}
