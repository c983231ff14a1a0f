// A set of values, compiled, and the finders that look for them in one stream.

import {CompiledPatterns, type Patience} from './compiled-patterns.ts'
import type {Finder} from './finder.ts'
import {LineFinder} from './line-finder.ts'
import {PatternFinder} from './pattern-finder.ts'
import {TokenFinder, type Tokens} from './token-finder.ts'

export class Matcher {
  readonly #patterns: CompiledPatterns
  readonly #tokens: Tokens

  /** @param patterns of three bytes or more, hidden wherever they stand; one character for each byte */
  constructor(patterns: Iterable<string>, tokens: Tokens, patience?: Patience) {
    this.#patterns = new CompiledPatterns(patterns, patience)
    this.#tokens = tokens
  }

  /** Finders for one stream, from its beginning. */
  openFinders(): Finder[] {
    const finders: Finder[] = []
    if (this.#patterns.set.size > 0) finders.push(new PatternFinder(this.#patterns), new LineFinder(this.#patterns))
    if (!this.#tokens.isEmpty) finders.push(new TokenFinder(this.#tokens))
    return finders
  }

  /** Overwrites the values. Streams that are still open are no longer searched reliably. */
  wipe(): void {
    this.#patterns.wipe()
    this.#tokens.clear()
  }
}
