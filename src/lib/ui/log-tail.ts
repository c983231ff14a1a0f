// The last lines of each task that runs, so that a failed one can show them. Bounded, whatever the tasks print.

const tailLines = 20
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

  /** Forgets the task. */
  take(task: string): Tail {
    const tail = this.#tails.get(task)
    this.#tails.delete(task)
    return tail === undefined ? {lines: [], earlier: 0} : {lines: tail.lines, earlier: tail.total - tail.lines.length}
  }
}

/** V8 keeps the whole of a string alive for a part cut from it. */
function copy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
