// Hides values wherever a run writes something. Who learns a value adds it here first; all text on its way out passes here.

import {isUtf8} from 'node:buffer'
import type {FinderSource} from './search/finder.ts'
import {Matcher} from './search/matcher.ts'
import {MaskStream} from './mask-stream.ts'
import {maskJson, type JsonMask} from './mask-json.ts'
import {maskVisible} from './mask-visible.ts'
import {Tokens} from './search/token-finder.ts'
import {formsBudget, writtenForms} from './forms/written-forms.ts'
import type {JsonValue} from '../util/json.ts'

/** Stands for every value, so that it reveals neither which one nor how long it is. */
export const defaultPlaceholder = '***SECRET***'

/** How many characters the forms of all values may have before only the forms that are written most are looked for. */
const totalFormsBudget = 40_000_000
/** As many each value may have in any case: enough for all forms of a password, a token or a key. */
const leastFormsBudget = 100_000

/** From this length on a value is hidden in longer numbers, too. */
const leastInNumber = 8

interface CompiledPart {
  readonly values: readonly Buffer[]
  readonly matcher: Matcher
  /** How many characters the forms have. */
  readonly cost: number
}

export class SecretMasker {
  readonly placeholder: string
  readonly #placeholderBytes: Buffer
  readonly #jsonMask: JsonMask
  readonly #values = new Map<string, Buffer>()
  /** Values that no matcher knows yet. */
  #added: Buffer[] = []
  /** Together they know the others: large ones first. */
  #parts: CompiledPart[] = []
  #source: FinderSource | undefined
  #budget = totalFormsBudget

  constructor(options: {readonly placeholder?: string} = {}) {
    this.placeholder = options.placeholder ?? defaultPlaceholder
    this.#placeholderBytes = Buffer.from(this.placeholder)
    this.#jsonMask = {
      placeholder: this.placeholder,
      mask: (text) => maskVisible(this, text),
      isHidden: (text) => this.#isHiddenNumber(text),
    }
  }

  /**
   * Hides a value from now on, in all the forms that programs write it in (writtenForms()); streams that are open take it up at their next push.
   * Ignores a blank value. Values of one or two characters are hidden only where they stand alone.
   */
  add(value: string | Uint8Array): void {
    const bytes = Buffer.from(value)
    const key = bytes.toString('latin1')
    if (this.#values.has(key) || (isUtf8(bytes) && bytes.toString('utf8').trim() === '')) return
    this.#values.set(key, bytes)
    this.#added.push(bytes)
  }

  get isEmpty(): boolean {
    return this.#values.size === 0
  }

  /** The text with every value replaced; the same text when there is none in it. */
  mask(text: string): string {
    if (this.isEmpty || text === '') return text
    try {
      const bytes = Buffer.from(text)
      const masked = this.maskBytes(bytes)
      return masked === bytes ? text : masked.toString('utf8')
    } catch {
      // Never raw, whatever the reason.
      return this.placeholder
    }
  }

  /** The same for bytes that are a whole text; the same object when there is no value in it. */
  maskBytes(bytes: Buffer): Buffer {
    if (this.isEmpty) return bytes
    const masked = this.openStream().end(bytes)
    return masked.length === bytes.length && masked.equals(bytes) ? bytes : masked
  }

  /**
   * The same for texts and names of members in a JSON value, with escape sequences in them too (maskVisible()). A number or boolean that shows a value
   * becomes the placeholder. The same object when nothing is hidden; the input is never changed. What cannot be read, or is not JSON, becomes the
   * placeholder.
   */
  maskJson<T extends JsonValue>(value: T): T {
    if (this.isEmpty) return value
    try {
      // The shape stays, but a leaf may turn into text: what is masked is for showing, not for computing.
      return maskJson(value, this.#jsonMask) as T
    } catch {
      return this.placeholder as T
    }
  }

  /** Masks one stream of bytes as it comes. */
  openStream(): MaskStream {
    return new MaskStream(() => this.#compile(), this.#placeholderBytes)
  }

  /** Forgets and overwrites the values: nothing is masked from then on. */
  clear(): void {
    for (const bytes of this.#values.values()) bytes.fill(0)
    this.#values.clear()
    this.#added = []
    this.#forget()
  }

  /** A value, with a sign or a fraction beside it, or in any number when it is long. Others that have a short value in them say nothing of it. */
  #isHiddenNumber(text: string): boolean {
    const masked = this.mask(text)
    if (masked === text) return false
    const rest = masked.split(this.placeholder)
    const hidden = text.length - rest.reduce((sum, part) => sum + part.length, 0)
    return (
      hidden >= leastInNumber ||
      rest.every((part, index) => (index === 0 || !/^\d/.test(part)) && !(index < rest.length - 1 && /\d$/.test(part)))
    )
  }

  /** What templates compute is added one by one: only what is new is compiled, and joined with what came before when that is no more than twice as much. */
  #compile(): FinderSource | undefined {
    if (this.#added.length === 0) return this.#source
    let values = this.#added
    for (;;) {
      const last = this.#parts.at(-1)
      if (last === undefined || sizeOf(last.values) > 2 * sizeOf(values)) break
      this.#parts.pop()
      this.#budget += last.cost
      last.matcher.wipe()
      values = [...last.values, ...values]
    }
    this.#parts.push(this.#compilePart(values))
    this.#added = []
    const matchers = this.#parts.map(({matcher}) => matcher)
    this.#source = {openFinders: () => matchers.flatMap((matcher) => matcher.openFinders())}
    return this.#source
  }

  #compilePart(values: readonly Buffer[]): CompiledPart {
    const patterns = new Set<string>()
    const tokens = new Tokens()
    const before = this.#budget
    for (const value of values) {
      const forms = writtenForms(value, Math.max(leastFormsBudget, Math.min(formsBudget, this.#budget)))
      for (const pattern of forms.patterns) {
        patterns.add(pattern)
        this.#budget -= pattern.length
      }
      for (const token of forms.tokens) tokens.add(token)
    }
    // A value that is part of the placeholder, or goes over its edge, would be found in text that is masked already.
    const placeholder = this.#placeholderBytes.toString('latin1')
    for (const pattern of patterns) if (overlaps(pattern, placeholder)) patterns.add(placeholder)
    return {values, matcher: new Matcher(patterns, tokens), cost: before - this.#budget}
  }

  #forget(): void {
    for (const {matcher} of this.#parts) matcher.wipe()
    this.#parts = []
    this.#source = undefined
    this.#budget = totalFormsBudget
  }
}

function sizeOf(values: readonly Buffer[]): number {
  return values.reduce((sum, {length}) => sum + length, 0)
}

/** Whether one lies in the other, or ends as the other begins. */
function overlaps(pattern: string, placeholder: string): boolean {
  if (placeholder.includes(pattern)) return true
  const longest = Math.min(pattern.length, placeholder.length - 1)
  for (let length = 1; length <= longest; length++) {
    if (placeholder.endsWith(pattern.slice(0, length)) || placeholder.startsWith(pattern.slice(-length))) return true
  }
  return false
}
