// What a command of a CLI extension threw: its own failure, and no bug of this program.

export class ExtensionFailure extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), {cause})
    this.name = 'ExtensionFailure'
  }
}
