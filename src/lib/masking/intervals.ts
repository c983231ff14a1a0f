// Ranges of bytes that are to be hidden. Ranges that share a byte are one; ranges that only touch stay two.

export class Intervals {
  #starts: number[] = []
  #ends: number[] = []
  #isSorted = true

  get length(): number {
    return this.#starts.length
  }

  add(start: number, end: number): void {
    const last = this.#starts.length - 1
    if (last >= 0) {
      const lastStart = this.#starts[last] ?? 0
      const lastEnd = this.#ends[last] ?? 0
      if (start < lastEnd && lastStart < end) {
        // At once, so that a text full of overlapping matches needs no memory for each of them.
        if (start < lastStart) {
          this.#starts[last] = start
          this.#isSorted = false
        }
        if (end > lastEnd) this.#ends[last] = end
        return
      }
      if (start < lastStart) this.#isSorted = false
    }
    this.#starts.push(start)
    this.#ends.push(end)
  }

  /** Calls `visit` for the merged ranges that begin before `limit`, in order, and forgets them. Positions of the others move by `-limit`. */
  take(limit: number, visit: (start: number, end: number) => void): void {
    if (this.#starts.length === 0) return
    if (!this.#isSorted) this.#sort()
    const keptStarts: number[] = []
    const keptEnds: number[] = []
    let start = -1
    let end = -1
    for (const [index, nextStart] of this.#starts.entries()) {
      const nextEnd = this.#ends[index] ?? 0
      if (nextStart >= limit) {
        keptStarts.push(nextStart - limit)
        keptEnds.push(nextEnd - limit)
      } else if (nextStart < end) {
        end = Math.max(end, nextEnd)
      } else {
        if (start >= 0) visit(start, end)
        start = nextStart
        end = nextEnd
      }
    }
    if (start >= 0) visit(start, end)
    this.#starts = keptStarts
    this.#ends = keptEnds
  }

  #sort(): void {
    const order = Array.from(this.#starts.keys()).sort((a, b) => (this.#starts[a] ?? 0) - (this.#starts[b] ?? 0))
    const starts = this.#starts
    const ends = this.#ends
    this.#starts = order.map((index) => starts[index] ?? 0)
    this.#ends = order.map((index) => ends[index] ?? 0)
    this.#isSorted = true
  }
}
