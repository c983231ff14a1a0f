// Why the files of a task cannot be looked at, or its result cannot be kept.

/** The patterns name what cannot be looked at: too much of it, or what may not be read. Fails the task. */
export class CacheFault extends Error {
  /** @param message a sentence without its full stop */
  constructor(message: string) {
    super(message)
    this.name = 'CacheFault'
  }
}
