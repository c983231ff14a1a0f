// The timers of a run: none of them outlives it.

export class Timers {
  readonly #open = new Set<NodeJS.Timeout>()

  after(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#open.delete(timer)
      action()
    }, delayMs)
    this.#open.add(timer)
  }

  clear(): void {
    for (const timer of this.#open) clearTimeout(timer)
    this.#open.clear()
  }
}
