// What is wrong with a text that is not valid YAML, with every position. `yaml` goes on after an error.

import {isCollection, parseAllDocuments, visit} from 'yaml'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {defined} from '../util/defined.ts'
import type {ValueProblem} from './check-expansion.ts'
import type {YamlStop} from './parse-yaml.ts'
import {lineStarts, placeOf, shorten} from './source-text.ts'

interface Found {
  readonly code: string
  readonly message: string
  readonly start: number
  readonly end: number
  readonly hint?: string
}

/** Of larger texts the first mistake is explained, with what the fast parser knows. */
const maxExplained = 64 * 1024

/** How js-yaml begins its message. */
const tooDeep = 'nesting exceeded'

const quoteHint = 'Quote the template: key: "{{ … }}"'

/** All syntax findings, in file order. `stop` is what the fast parser said, `problem` what was wrong with the value it made. */
export function explainSyntax(text: string, file: string, stop: YamlStop | undefined, problem: ValueProblem | undefined): Diagnostic[] {
  // Nothing for the slower parser: it would expand the aliases, overflow its stack, or take minutes and gigabytes for a large text.
  const isBottomless =
    text.length > maxExplained ||
    problem === 'bomb' ||
    problem === 'cycle' ||
    problem === 'too-many-values' ||
    stop?.message.startsWith(tooDeep) === true
  const found = isBottomless ? [] : listErrors(text)
  if (found.length === 0) found.push(explainFirst(text, stop, problem))
  // One mistake makes the parser stumble several times; the first finding of a line says it.
  const lines = new Set<number>()
  const starts = lineStarts(text)
  return found
    .sort((a, b) => a.start - b.start)
    .flatMap((finding) => {
      const {code, message, start, end, hint} = unquotedTemplate(text, finding.start) ?? finding
      const place = placeOf(text, starts, {start, end})
      if (lines.has(place.line)) return []
      lines.add(place.line)
      return [{severity: 'error' as const, code, message, file, ...place, ...defined({hint})}]
    })
    .slice(0, 20)
}

/** `key: {{ x }} y` and `- {{ x }} y`: the parser stumbles over what follows; the mistake is the missing quotes. */
function unquotedTemplate(text: string, offset: number): Found | undefined {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1
  const newline = text.indexOf('\n', offset)
  const line = text.slice(lineStart, newline === -1 ? text.length : newline)
  const match = /^\s*(?:- +)*(?:[^\s#'"{}[\],&*!|>%@`][^#'"{]*:\s+)?(?:\[\s*)?(\{\{.*)/.exec(line)
  const template = match?.[1]
  if (template === undefined) return undefined
  const closing = template.indexOf('}}')
  return templateFinding(lineStart + line.length - template.length, closing === -1 ? template.length : closing + 2)
}

function templateFinding(start: number, length: number): Found {
  return {
    code: 'unquoted-template',
    message: 'a template must be quoted: YAML reads {{ … }} as a map',
    start,
    end: start + length,
    hint: quoteHint,
  }
}

function listErrors(text: string): Found[] {
  try {
    // Its options repeat the fast parser's rules, so that both agree on what is a mistake.
    const documents = parseAllDocuments(text, {version: '1.2', schema: 'core', merge: true, prettyErrors: false, logLevel: 'silent'})
    const found: Found[] = []
    for (const document of documents) {
      for (const {code, message, pos} of [...document.errors, ...document.warnings])
        found.push({code: codes[code] ?? 'yaml-syntax', message: shorten(sentence(code, message)), start: pos[0], end: pos[1]})
      visit(document, {
        Pair(_key, {key}) {
          if (!isCollection(key) || !key.range) return
          const [start, end] = key.range
          const isTemplate = text[start - 1] === '{' && text[start] === '{'
          found.push(
            isTemplate
              ? templateFinding(start - 1, end - start + 2)
              : {code: 'key-is-a-map', message: 'a map or a list is used as a key', start, end, hint: 'Keys are plain text.'},
          )
        },
      })
    }
    const second = documents[1]
    if (second)
      found.push({
        code: 'several-documents',
        message: severalDocuments,
        start: second.range[0],
        end: second.range[0] + 3,
      })
    return found
  } catch (error) {
    // Thousands of nested brackets overflow its stack.
    if (error instanceof RangeError) return []
    throw error
  }
}

const severalDocuments = 'the file contains several YAML documents; only one is allowed'

const codes: Readonly<Record<string, string>> = {DUPLICATE_KEY: 'duplicate-key', TAG_RESOLVE_FAILED: 'unknown-tag'}

const sentences = {
  duplicateKey: 'duplicate key: each key of a map may appear only once',
  tab: 'this line is indented with a tab; YAML requires spaces',
  indent:
    'the indentation of this line matches no line above it: the keys of a map start in the same column, and so do the dashes of a list',
  unclosedFlow: 'an opening bracket is never closed: ] or } is missing',
  unclosedQuote: 'an opening quote is never closed',
  colon: 'this line is neither "key: value" nor "- item"; if it continues a longer text, indent it',
  comma: 'a comma is missing between two items in brackets',
}

/** What the parsers say, in the words of those who write YAML. The first that fits counts. */
const translations: readonly (readonly [said: RegExp, sentence: string])[] = [
  [/duplicated mapping key|DUPLICATE_KEY/, sentences.duplicateKey],
  [/tab characters? must not|TAB_AS_INDENT|tabs? as indentation/i, sentences.tab],
  [/missing closing .?quote|unexpected end of the stream within a (single|double) quoted/i, sentences.unclosedQuote],
  [
    /end of the stream within a flow|flow (map|sequence|collection).*(must end|end with)|missing.*[\]}]$|expected flow (map|sequence|collection) to end/i,
    sentences.unclosedFlow,
  ],
  [
    /bad indentation|without - indicator|must start at the same column|not correctly indented|less indented than parent|BAD_INDENT|insufficient indentation|sequences? (is|are|entries).*not allowed|nested mappings are not allowed|deficient indentation/i,
    sentences.indent,
  ],
  [
    /implicit keys? need|implicit (map )?keys? (needs|must|are|may)|missing.*colon|colon is missed|implicit mapping pair|multiline key|end of the stream or a document separator/i,
    sentences.colon,
  ],
  [/missed comma|missing ,/i, sentences.comma],
]

function sentence(code: string, message: string): string {
  const said = `${code} ${message}`
  if (code === 'TAG_RESOLVE_FAILED') return `${message.replace(/^Unresolved tag:/, 'unknown tag')}; only plain data is read`
  return translations.find(([pattern]) => pattern.test(said))?.[1] ?? message.charAt(0).toLowerCase() + message.slice(1)
}

function explainFirst(text: string, stop: YamlStop | undefined, problem: ValueProblem | undefined): Found {
  if (problem === 'cycle' || problem === 'bomb') {
    const start = Math.max(0, text.search(/\*[^\s*,\]}]/))
    const message =
      problem === 'cycle' ? 'an alias refers to the value that contains it' : 'the aliases expand to too much: more than 100 000 values'
    return {code: 'aliases', message, start, end: start + (/^\S+/.exec(text.slice(start))?.[0].length ?? 1)}
  }
  if (problem === 'too-many-values')
    return {
      code: 'too-many-values',
      message: 'the file contains more than 250 000 values',
      start: 0,
      end: 1,
      hint: 'move data into separate files, and read them in a task',
    }
  if (problem === 'key-is-a-map') {
    // Nearly always a template without quotes; unquotedTemplate says so when the position is its line.
    const start = Math.max(0, text.search(/^[ \t]*(?:- +)*[^\s#'"{}[\],&*!|>%@`][^#'"{\n]*:[ ]+\{\{/m))
    return {code: 'key-is-a-map', message: 'a map is used as a key', start, end: start + 1}
  }
  const offset = Math.min(stop?.offset ?? 0, Math.max(0, text.length - 1))
  const message = stop?.message ?? 'not valid YAML'
  const before = Math.max(0, (stop?.offset ?? 0) - 200)
  const alias = /\*[^\s,[\]{}]+$/.exec(text.slice(before, stop?.offset))
  if (alias && message.startsWith('unidentified alias'))
    return {
      code: 'unknown-alias',
      message: `there is no anchor for the alias ${alias[0]}`,
      start: before + alias.index,
      end: before + alias.index + alias[0].length,
    }
  if (message.startsWith(tooDeep))
    return {code: 'too-deep', message: 'nested too deeply: more than 100 levels', start: offset, end: offset + 1}
  if (/^duplicated mapping key/.test(message))
    return {code: 'duplicate-key', message: sentences.duplicateKey, start: offset, end: offset + 1}
  if (/single document in the stream/.test(message))
    return {code: 'several-documents', message: severalDocuments, start: offset, end: offset + 1}
  const tag = /^unknown tag !?<?([^>]*)>?$/.exec(message)?.[1]
  if (tag !== undefined)
    return {code: 'unknown-tag', message: `unknown tag ${tag}; only plain data is read`, start: offset, end: offset + 1}
  return {code: 'yaml-syntax', message: shorten(sentence('', message)), start: offset, end: offset + 1}
}
