// The error by which an action chooses its own code and says whether trying again makes sense.

const codePattern = /^[A-Z][A-Z0-9_]{0,63}$/

/**
 * Thrown by an action to fail with a code of its own: an upper-case word such as `RATE_LIMITED`, at most 64 characters.
 * `retryable: false` keeps the workflow from trying again. Throws a TypeError when `code` is not an upper-case word.
 */
export class ActionError extends Error {
  readonly code: string
  readonly retryable: boolean

  constructor(code: string, message: string, options: {retryable?: boolean; cause?: unknown} = {}) {
    super(message, options.cause === undefined ? {} : {cause: options.cause})
    if (!codePattern.test(code)) throw new TypeError('the code of an ActionError must be an upper-case word such as RATE_LIMITED')
    this.name = 'ActionError'
    this.code = code
    this.retryable = options.retryable ?? true
  }
}
