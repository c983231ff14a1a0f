// What is wrong with a text that is no valid YAML, with every place. The door to `yaml`, which goes on after an error; loaded only here.

import type {Diagnostic} from '../errors/diagnostic.ts'
import type {ValueProblem} from './check-expansion.ts'
import type {YamlStop} from './parse-yaml.ts'
import {lineStarts, placeOf} from './source-text.ts'

interface Found {
  readonly code: string
  readonly message: string
  readonly start: number
  readonly end: number
  readonly hint?: string
}

/** How js-yaml begins its message. */
const tooDeep = 'nesting exceeded'

const quoteHint = 'Quote the template: key: "{{ … }}"'

/** All syntax findings, in file order. `stop` is what the fast parser said, `problem` what was wrong with the value it made. */
export async function explainSyntax(
  text: string,
  file: string,
  stop: YamlStop | undefined,
  problem: ValueProblem | undefined,
): Promise<Diagnostic[]> {
  // Nothing for the slower parser: it would expand the aliases, or overflow its stack.
  const isBottomless = problem === 'bomb' || problem === 'cycle' || stop?.message.startsWith(tooDeep) === true
  const found = isBottomless ? [] : await listErrors(text)
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
      return [{severity: 'error' as const, code, message, file, ...place, ...(hint === undefined ? {} : {hint})}]
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

async function listErrors(text: string): Promise<Found[]> {
  const yaml = await import('yaml')
  try {
    // Its options repeat the fast parser's rules, so that both agree on what is a mistake.
    const documents = yaml.parseAllDocuments(text, {version: '1.2', schema: 'core', merge: true, prettyErrors: false, logLevel: 'silent'})
    const found: Found[] = []
    for (const document of documents) {
      for (const {code, message, pos} of [...document.errors, ...document.warnings])
        found.push({code: codes[code] ?? 'yaml-syntax', message: sentence(code, message), start: pos[0], end: pos[1]})
      yaml.visit(document, {
        Pair(_key, {key}) {
          if (!yaml.isCollection(key) || !key.range) return
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
        message: 'the file holds several YAML documents; only one is allowed',
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

const codes: Readonly<Record<string, string>> = {DUPLICATE_KEY: 'duplicate-key', TAG_RESOLVE_FAILED: 'unknown-tag'}

function sentence(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is already there: each key of a map may be given once'
  if (code === 'TAG_RESOLVE_FAILED') return `${message.replace(/^Unresolved tag:/, 'unknown tag')}; only plain data is read`
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line; YAML wants spaces'
  return message.charAt(0).toLowerCase() + message.slice(1)
}

function explainFirst(text: string, stop: YamlStop | undefined, problem: ValueProblem | undefined): Found {
  if (problem === 'cycle' || problem === 'bomb') {
    const start = Math.max(0, text.search(/\*[^\s*,\]}]/))
    const message =
      problem === 'cycle'
        ? 'an alias leads back into the value that contains it'
        : 'the aliases stand for too much: more than 100 000 values'
    return {code: 'aliases', message, start, end: start + (/^\S+/.exec(text.slice(start))?.[0].length ?? 1)}
  }
  if (problem === 'key-is-a-map') return {code: 'key-is-a-map', message: 'a map is used as a key', start: 0, end: 1}
  const offset = Math.min(stop?.offset ?? 0, Math.max(0, text.length - 1))
  const message = stop?.message ?? 'not valid YAML'
  const alias = /\*[^\s,[\]{}]+$/.exec(text.slice(0, stop?.offset))
  if (alias && message.startsWith('unidentified alias'))
    return {
      code: 'unknown-alias',
      message: `there is no anchor for the alias ${alias[0]}`,
      start: alias.index,
      end: alias.index + alias[0].length,
    }
  if (message.startsWith(tooDeep))
    return {code: 'too-deep', message: 'nested too deeply: more than 100 levels', start: offset, end: offset + 1}
  return {code: 'yaml-syntax', message, start: offset, end: offset + 1}
}
