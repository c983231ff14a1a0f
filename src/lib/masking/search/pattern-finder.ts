// Finds patterns of three bytes or more: fast where text does not look like them, and in linear time where it does.

import type {AhoCorasick} from './aho-corasick.ts'
import type {Finder, FoundRanges, TextWindow} from './finder.ts'
import type {CompiledPatterns} from './compiled-patterns.ts'
import {PrefixWalk} from './prefix-walk.ts'
import type {WuManber} from './wu-manber.ts'

/** Skips over text (Wu-Manber) until that has cost more than it may; from then on reads it byte by byte (Aho-Corasick). */
export class PatternFinder implements Finder {
  readonly #patterns: CompiledPatterns
  readonly #filters: readonly WuManber[]
  readonly #walk: PrefixWalk
  #automaton: AhoCorasick | undefined
  #state = 0
  /** Everything before has been looked at; a walk that is still open began here. */
  #position = 0
  #isWalking = false
  #budget: number
  #seen = 0

  constructor(patterns: CompiledPatterns) {
    this.#patterns = patterns
    this.#filters = patterns.filters
    this.#walk = new PrefixWalk(patterns.set)
    this.#budget = patterns.patience.steps
  }

  find(window: TextWindow, found: FoundRanges): number {
    this.#budget += (window.bytes.length - this.#seen) * this.#patterns.patience.stepsPerByte
    this.#seen = window.bytes.length
    if (this.#automaton === undefined) {
      const open = this.#skip(window, found)
      if (open >= 0) return open
      // What is left begins where no pattern has begun before, so the automaton starts afresh.
      this.#automaton = this.#patterns.automaton()
    }
    return this.#read(this.#automaton, window, found)
  }

  drop(count: number): void {
    this.#position -= count
    this.#seen -= count
  }

  /** @returns where the undecided bytes begin; -1 when the budget is used up */
  #skip({bytes, isLast}: TextWindow, found: FoundRanges): number {
    const end = bytes.length
    const walk = this.#walk
    let at = this.#position
    if (this.#isWalking) {
      const depth = walk.depth
      const isOpen = walk.proceed(bytes, at, end)
      this.#budget -= walk.depth - depth
      if (isOpen && !isLast) return at
      if (walk.matched > 0) found.add(at, at + walk.matched)
      this.#isWalking = false
      at++
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, end)
    const places = this.#filters.map(() => -1)
    this.#budget -= end - at
    for (;;) {
      let place = end
      for (const [index, filter] of this.#filters.entries()) {
        let next = places[index] ?? 0
        if (next < at) {
          next = filter.next(view, at, end)
          places[index] = next
        }
        if (next < place) place = next
      }
      this.#position = place
      if (place >= end) return end
      if (this.#budget < 0) return -1
      const isOpen = walk.start(bytes, place, end)
      this.#budget -= walk.depth
      if (isOpen && !isLast) {
        this.#isWalking = true
        return place
      }
      if (walk.matched > 0) found.add(place, place + walk.matched)
      at = place + 1
    }
  }

  #read(automaton: AhoCorasick, {bytes, isLast}: TextWindow, found: FoundRanges): number {
    let state = this.#state
    let at = this.#position
    for (; at < bytes.length; at++) {
      state = automaton.step(state, bytes[at] ?? 0)
      const length = automaton.matchLength(state)
      if (length > 0) found.add(at + 1 - length, at + 1)
    }
    this.#state = state
    this.#position = at
    return isLast ? at : at - automaton.openLength(state)
  }
}
