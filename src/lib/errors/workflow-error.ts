// The one error class for failures the user can act on. Everything else that is thrown is a bug.

import type {Diagnostic} from './diagnostic.ts'
import {errorCodes, type ErrorCode} from './error-codes.ts'

interface WorkflowErrorOptions {
  /** What to type or change next, as a sentence or a command. */
  readonly hint?: string
  readonly diagnostics?: readonly Diagnostic[]
  readonly cause?: unknown
}

/** The command cannot go on and the user can act. Never put a value that may be secret into the message. */
export class WorkflowError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly diagnostics: readonly Diagnostic[]

  constructor(code: ErrorCode, message: string, options: WorkflowErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : {cause: options.cause})
    this.name = 'WorkflowError'
    this.code = code
    this.hint = options.hint
    this.diagnostics = options.diagnostics ?? []
  }

  /** The same error, with findings that come before its own. */
  after(diagnostics: readonly Diagnostic[]): WorkflowError {
    if (diagnostics.length === 0) return this
    const {code, message, hint} = this
    return new WorkflowError(code, message, {
      ...(hint !== undefined && {hint}),
      diagnostics: [...diagnostics, ...this.diagnostics],
      cause: this,
    })
  }

  get exitCode(): number {
    return errorCodes[this.code].exitCode
  }
}
