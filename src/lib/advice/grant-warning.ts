// One piece of advice about a grant.

export interface GrantWarning {
  /** Stable kebab-case word. */
  readonly code: string
  readonly message: string
  readonly hint?: string
}
