// What came of test files: the value of `workflow test --json`.

import type {Diagnostic} from '../errors/diagnostic.ts'

export interface TestReport {
  readonly files: readonly TestedFile[]
  /** Cases of all files. */
  readonly passed: number
  readonly failed: number
  readonly durationMs: number
}

export interface TestedFile {
  readonly file: string
  /** Path of its workflow. Absent: the test file or its workflow has errors. */
  readonly workflow?: string
  /** false: the test file or its workflow has errors, so no case was run. */
  readonly isValid: boolean
  /** What is wrong with an invalid one, in a sentence. */
  readonly message?: string
  /** What to do about it, beyond the diagnostics. */
  readonly hint?: string
  readonly diagnostics: readonly Diagnostic[]
  readonly cases: readonly TestedCase[]
}

export interface TestedCase {
  readonly name: string
  readonly status: 'passed' | 'failed'
  readonly durationMs: number
  /** What differs from what is expected, with positions in the test file. */
  readonly diagnostics: readonly Diagnostic[]
}
