// The luck of a random test: all of it from one seed, so that a failure can be repeated.

/** Numbers by xorshift32 (Marsaglia, "Xorshift RNGs", 2003). */
export class Luck {
  #state: number

  constructor(seed: number) {
    // Spread, so that neighbouring seeds have nothing in common; never zero.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 1
    for (let round = 0; round < 8; round += 1) this.#next()
  }

  chance(probability: number): boolean {
    return this.#next() < probability
  }

  /** Whole, from 1. */
  upTo(most: number): number {
    return 1 + Math.floor(this.#next() * Math.floor(most))
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.#next() * from.length)]
    if (picked === undefined) throw new Error('nothing to pick from')
    return picked
  }

  shuffle<T>(from: readonly T[]): T[] {
    return from
      .map((value) => ({value, place: this.#next()}))
      .sort((a, b) => a.place - b.place)
      .map(({value}) => value)
  }

  #next(): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) / 2 ** 32
  }
}
