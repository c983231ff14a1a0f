// What was opened and must be closed.

type Close = () => Promise<void> | void

export class OpenResources {
  readonly #closings: Close[] = []

  add(close: Close): void {
    this.#closings.push(close)
  }

  /** Closes everything, the last first. A failure keeps nothing else open; the first one is thrown at the end. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (const close of this.#closings.splice(0).reverse()) {
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
