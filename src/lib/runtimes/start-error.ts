// Why a program could not be started: the system's reason, by code.

import type {TaskErrorCode} from '../errors/task-error-codes.ts'

export class StartError extends Error {
  readonly code: TaskErrorCode
  /** Whether the same start may work later (out of memory, out of file handles). */
  readonly isRetryable: boolean

  constructor(code: TaskErrorCode, message: string, options: {isRetryable?: boolean; cause?: unknown} = {}) {
    super(message, {cause: options.cause})
    this.name = 'StartError'
    this.code = code
    this.isRetryable = options.isRetryable ?? false
  }
}
