// What a file of secrets says, and everything that is wrong with it. A finding names positions: what stands there may be a value, so it is
// never quoted.

import type {Diagnostic} from '../../errors/diagnostic.ts'
import {defined} from '../../util/defined.ts'
import {secretRules, type EntryRules} from './entry-rules.ts'
import {maxSecretBytes} from './secret-name.ts'

export interface ParsedSecrets {
  /** In the order of the file. Not to be used when a diagnostic is an error. */
  readonly entries: ReadonlyMap<string, Buffer>
  readonly diagnostics: readonly Diagnostic[]
}

/** Collects the entries of one text. Offsets are indices into it (UTF-16) and are asked for in about the order of the text. */
export class SecretFindings implements ParsedSecrets {
  readonly entries = new Map<string, Buffer>()
  readonly diagnostics: Diagnostic[] = []
  readonly #text: string
  readonly #file: string
  readonly #rules: EntryRules
  readonly #lines = new Map<string, number>()
  #known = {offset: 0, line: 1, lineStart: 0}

  constructor(text: string, file: string, rules: EntryRules = secretRules) {
    this.#text = text
    this.#file = file
    this.#rules = rules
  }

  /** One name with its value, both checked. The last one of a name wins. */
  add(name: string, value: Buffer, offset: number): void {
    const {isName, wrongName, nameHint, mayBeEmpty} = this.#rules
    if (!isName(name)) {
      this.report('error', 'invalid-name', wrongName, offset, nameHint)
      return
    }
    if (value.length === 0 && !mayBeEmpty) {
      this.report('error', 'empty-value', 'Secret value cannot be empty', offset, 'remove the line, or give it a value')
      return
    }
    if (value.length > maxSecretBytes) {
      this.report('error', 'value-too-large', 'the value is larger than 1 MB (1048576 bytes)', offset)
      return
    }
    const {line} = this.#place(offset)
    const earlier = this.#lines.get(name)
    if (earlier !== undefined) {
      this.report(
        'warning',
        'duplicate-name',
        `${name} is set twice: line ${String(line)} is used, line ${String(earlier)} is ignored`,
        offset,
      )
    }
    this.#lines.set(name, line)
    this.entries.set(name, value)
  }

  report(severity: Diagnostic['severity'], code: string, message: string, offset: number, hint?: string): void {
    const place = this.#place(offset)
    this.diagnostics.push({severity, code, message, file: this.#file, ...place, ...defined({hint})})
  }

  #place(offset: number): {line: number; column: number} {
    let {line, lineStart} = offset < this.#known.offset ? {line: 1, lineStart: 0} : this.#known
    for (;;) {
      const end = this.#text.indexOf('\n', lineStart)
      if (end === -1 || end >= offset) break
      line += 1
      lineStart = end + 1
    }
    this.#known = {offset, line, lineStart}
    return {line, column: offset - lineStart + 1}
  }
}
