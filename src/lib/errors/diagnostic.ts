// A finding about a document. Findings are collected and shown together, never thrown one by one.

export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  /** Stable kebab-case word, e.g. `unknown-property`. */
  readonly code: string
  readonly message: string
  readonly file?: string
  /** 1-based. */
  readonly line?: number
  /** 1-based, in UTF-16 units, as editors count. */
  readonly column?: number
  /** How many characters the finding covers on its line. */
  readonly length?: number
  /** The text of that line, for the code frame. */
  readonly sourceLine?: string
  readonly hint?: string
  /** How many findings it stands for, when they were too many to list; otherwise absent. */
  readonly count?: number
}
