// What the check of a workflow asks about the actions that its tasks name. Whoever knows the plugins answers.

import type {SourceDocument} from '../documents/source-document.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import type {ErrorCode} from '../errors/error-codes.ts'
import type {WrittenTask} from '../documents/report.ts'

export interface TaskActions {
  /** Finds them, for all tasks that are written well enough. */
  resolve(document: SourceDocument, tasks: readonly WrittenTask[]): Promise<void>
  /** Findings about types and inputs. */
  readonly diagnostics: readonly Diagnostic[]
  /** Errors that were counted and not made. */
  readonly omitted: number
  /** Of the error, when there are no other findings. */
  readonly errorCode: ErrorCode
  /** Inputs whose text is taken as it stands: templates are not evaluated in them. */
  literalInputs(type: string): readonly string[]
  /** Inputs that become arguments of a process, which everybody on the machine can see. */
  argumentInputs(type: string): readonly string[]
}
