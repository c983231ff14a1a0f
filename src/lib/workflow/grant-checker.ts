// What the check of a workflow asks about what it grants. Whoever enforces grants answers.

import type {Diagnostic} from '../errors/diagnostic.ts'
import type {ErrorCode} from '../errors/error-codes.ts'
import type {SourceDocument} from '../documents/source-document.ts'

export interface GrantChecker {
  /** Looks at all permissions of the document, as far as they have the right shape. `dir` is what paths are relative to. */
  check(document: SourceDocument, dir: string): void
  readonly diagnostics: readonly Diagnostic[]
  /** Of the error, when there are no other findings. */
  readonly errorCode: ErrorCode
}
