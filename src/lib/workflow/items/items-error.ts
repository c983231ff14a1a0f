// Why the items of a task cannot be made.

/** The message has names and types, never values that could be secret. */
export class ItemsError extends Error {
  /** In the task. */
  readonly path: readonly (string | number)[]
  readonly hint: string | undefined

  constructor(message: string, path: readonly (string | number)[], hint?: string) {
    super(message)
    this.name = 'ItemsError'
    this.path = path
    this.hint = hint
  }
}
