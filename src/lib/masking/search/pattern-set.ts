// Byte patterns in order, so that all that begin alike stand together. Each is there once.

/** A sorted set of byte patterns in one piece of memory: pattern `i` is `pool[offsets[i]…offsets[i + 1])`. */
export class PatternSet {
  readonly pool: Buffer
  readonly offsets: Uint32Array
  /** Patterns that begin with byte `b` are those from `firsts[b]` to before `firsts[b + 1]`. */
  readonly firsts = new Uint32Array(257)
  readonly size: number

  /** @param patterns none of them empty, with one character for each byte */
  constructor(patterns: Iterable<string>) {
    // The engine's own order of strings is that of their bytes here, and needs no comparison of ours.
    const sorted = Array.from(new Set(patterns)).sort()
    this.size = sorted.length
    this.pool = Buffer.from(sorted.join(''), 'latin1')
    this.offsets = new Uint32Array(sorted.length + 1)
    let end = 0
    for (let index = 0; index < sorted.length; index++) {
      this.firsts[(this.pool[end] ?? 0) + 1] = index + 1
      end += sorted[index]?.length ?? 0
      this.offsets[index + 1] = end
    }
    for (let byte = 1; byte <= 256; byte++) this.firsts[byte] = Math.max(this.firsts[byte] ?? 0, this.firsts[byte - 1] ?? 0)
  }

  lengthOf(index: number): number {
    return (this.offsets[index + 1] ?? 0) - (this.offsets[index] ?? 0)
  }

  /** The first of the patterns `low`…`high` whose byte at `depth` is not below `byte`; all of them are longer than `depth` and equal before it. */
  lowerBound(low: number, high: number, depth: number, byte: number): number {
    const {pool, offsets} = this
    let from = low
    let to = high
    while (from < to) {
      const middle = (from + to) >>> 1
      if ((pool[(offsets[middle] ?? 0) + depth] ?? 0) < byte) from = middle + 1
      else to = middle
    }
    return from
  }

  /** Overwrites the patterns. */
  wipe(): void {
    this.pool.fill(0)
  }
}
