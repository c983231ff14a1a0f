// Hides values wherever a run writes something. Who learns a value adds it here first; all text on its way out passes here.

import {isUtf8} from 'node:buffer'
import {Matcher} from './matcher.ts'
import {MaskStream} from './mask-stream.ts'
import {maskValue} from './mask-value.ts'
import {Tokens} from './token-finder.ts'
import {writtenForms} from './written-forms.ts'

/** Stands for every value, so that it tells neither which one nor how long it is. */
export const defaultPlaceholder = '***SECRET***'

export class SecretMasker {
  readonly placeholder: string
  readonly #placeholderBytes: Buffer
  readonly #values = new Map<string, Buffer>()
  #matcher: Matcher | undefined
  #isCompiled = true

  constructor(options: {readonly placeholder?: string} = {}) {
    this.placeholder = options.placeholder ?? defaultPlaceholder
    this.#placeholderBytes = Buffer.from(this.placeholder)
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
    this.#isCompiled = false
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
   * The same for a value of any shape and depth: texts, keys, Map, Set, errors with message, stack and cause, bytes; cycles stay cycles. A number, bigint
   * or boolean that is a value becomes the placeholder. The same object when nothing is hidden; the input is never changed. What throws when it is
   * read becomes the placeholder.
   */
  maskValue<T>(value: T): T {
    if (this.isEmpty) return value
    try {
      // The shape stays, but a leaf may turn into text: what is masked is for showing, not for computing.
      return maskValue(value, this.#valueMask()) as T
    } catch {
      return this.placeholder as T
    }
  }

  /** Masks one stream of bytes as it comes. */
  openStream(): MaskStream {
    return new MaskStream(() => this.#compile(), this.#placeholderBytes)
  }

  /** Forgets and overwrites the values: nothing is masked any more. */
  clear(): void {
    for (const bytes of this.#values.values()) bytes.fill(0)
    this.#values.clear()
    this.#matcher?.wipe()
    this.#matcher = undefined
    this.#isCompiled = true
  }

  #valueMask() {
    return {
      placeholder: this.placeholder,
      mask: (text: string) => this.mask(text),
      maskBytes: (bytes: Buffer) => this.maskBytes(bytes),
      isHidden: (text: string) => this.mask(text) === this.placeholder,
    }
  }

  #compile(): Matcher | undefined {
    if (this.#isCompiled) return this.#matcher
    const patterns = new Set<string>()
    const tokens = new Tokens()
    for (const value of this.#values.values()) {
      const forms = writtenForms(value)
      for (const pattern of forms.patterns) patterns.add(pattern)
      for (const token of forms.tokens) tokens.add(token)
    }
    // A value that is part of the placeholder, or goes over its edge, would be found in text that is masked already.
    const placeholder = this.#placeholderBytes.toString('latin1')
    for (const pattern of patterns) if (overlaps(pattern, placeholder)) patterns.add(placeholder)
    this.#matcher?.wipe()
    this.#matcher = new Matcher(patterns, tokens)
    this.#isCompiled = true
    return this.#matcher
  }
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
