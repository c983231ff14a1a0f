// The last lines of each task that runs: shown while it does, and under its own line at its end. Bounded, whatever the tasks print.

/** So many are kept of each task. */
export const tailLines = 20
const lineUnits = 500

export interface Tail {
  readonly lines: readonly string[]
  /** How many lines there were before them. */
  readonly earlier: number
}

export class LogTail {
  readonly #tails = new Map<string, {lines: string[]; total: number}>()

  add(task: string, line: string): void {
    const tail = this.#tails.get(task) ?? {lines: [], total: 0}
    this.#tails.set(task, tail)
    tail.total += 1
    tail.lines.push(line.length <= lineUnits ? line : copy(line.slice(0, lineUnits)))
    if (tail.lines.length > tailLines) tail.lines.shift()
  }

  /** At most `count` lines, the last ones. */
  last(task: string, count: number): readonly string[] {
    return count <= 0 ? [] : (this.#tails.get(task)?.lines.slice(-count) ?? [])
  }

  /** At most `count` lines, the last ones. Forgets the task. */
  take(task: string, count = tailLines): Tail {
    const lines = this.last(task, count)
    const total = this.#tails.get(task)?.total ?? 0
    this.#tails.delete(task)
    return {lines, earlier: total - lines.length}
  }
}

/** V8 keeps the whole of a string alive for a part cut from it. */
function copy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
