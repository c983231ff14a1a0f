// Text -> value, fast; and, when asked, where each node stands. The only module that loads js-yaml.
// YAML 1.2 core schema with merge keys: `yes` and dates stay strings, `1_000` is not a number.

import type * as JsYaml from 'js-yaml'
import type {LoadOptions, Schema, State} from 'js-yaml'
import {losesDigits} from '../util/loses-digits.ts'

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

/** A node as the parser met it. Aliases are nodes without children. */
export interface YamlNode {
  /** Where the parser began to look for it: white space, comments, anchors and tags may come first. */
  readonly start: number
  /** Just behind it, perhaps with trailing white space. */
  end: number
  result: unknown
  /** Items of a sequence; keys and values of a mapping, alternating, where a value may be missing. */
  readonly children: YamlNode[]
}

export interface YamlParser {
  parse(text: string): ParsedYaml
  /** Parses valid text again and keeps the nodes. */
  locate(text: string): YamlNode | undefined
}

/** More than any honest document needs; deeper ones would overflow the stack of whoever walks the value. */
const maxDepth = 100

export async function loadYamlParser(): Promise<YamlParser> {
  const yaml = await import('js-yaml')
  let hasOddNumber = false
  const schema = coreSchema(yaml, (text) => {
    const value = readNumber(text)
    hasOddNumber ||= !Number.isFinite(value) || losesDigits(text)
    return value
  })

  const load = (text: string, listener?: LoadOptions['listener']): unknown => {
    // js-yaml knows maxDepth since 4.3, its types do not yet.
    const options = {schema, maxDepth, ...(listener && {listener})}
    return yaml.load(text, options)
  }

  return {
    parse(text) {
      hasOddNumber = false
      try {
        const value = load(text)
        return {ok: true, value, hasOddNumber}
      } catch (error) {
        if (error instanceof yaml.YAMLException) return {ok: false, error: {message: error.reason, offset: offsetOf(error)}}
        throw error
      }
    },
    locate(text) {
      let root: YamlNode | undefined
      const open: YamlNode[] = []
      load(text, (event, state: State) => {
        if (event === 'open') {
          const node: YamlNode = {start: state.position, end: state.position, result: undefined, children: []}
          open.at(-1)?.children.push(node)
          root ??= node
          open.push(node)
          return
        }
        const node = open.pop()
        if (!node) return
        node.end = state.position
        node.result = state.result
      })
      return root
    },
  }
}

function offsetOf(error: {mark?: {position: number} | undefined}): number {
  return error.mark?.position ?? 0
}

const floatPattern = /^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

function readNumber(text: string): number {
  if (/nan$/i.test(text)) return Number.NaN
  if (/inf$/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return Number(text)
}

/** The scalars of YAML 1.2.2, section 10.3.2. js-yaml's own core schema also reads `0b1` and `1_000`. */
function coreSchema(yaml: typeof JsYaml, toNumber: (text: string) => number): Schema {
  const scalar = (tag: string, pattern: RegExp, construct: (text: string) => unknown) =>
    new yaml.Type(`tag:yaml.org,2002:${tag}`, {
      kind: 'scalar',
      resolve: (text: string | null) => pattern.test(text ?? ''),
      construct: (text: string | null) => construct(text ?? ''),
    })
  return yaml.FAILSAFE_SCHEMA.extend({
    implicit: [
      scalar('null', /^(?:|~|null|Null|NULL)$/, () => null),
      scalar('bool', /^(?:true|True|TRUE|false|False|FALSE)$/, (text) => /^t/i.test(text)),
      scalar('int', /^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$/, toNumber),
      scalar('float', floatPattern, toNumber),
      scalar('merge', /^<<$/, (text) => text),
    ],
  })
}
