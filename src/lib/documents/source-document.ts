// A document that was read, as everybody above sees it: its value, and where each part of it stands.

import type {Diagnostic} from '../errors/diagnostic.ts'

export type DocumentPath = readonly (string | number)[]

/** What is said about a position; the position itself is added by `SourceDocument.diagnostic`. */
export type Finding = Pick<Diagnostic, 'severity' | 'code' | 'message'> & {readonly hint?: string | undefined}

/** A YAML document that was read: its value, and where each part of it stands in the text. */
export interface SourceDocument {
  /** As the user named it, for messages; `-` for standard input. */
  readonly file: string
  /** The plain JSON-like value: null-prototype-safe, no class instances. */
  readonly value: unknown
  /**
   * Makes a diagnostic that points at the value at `path` (or at its key), or at the nearest parent that exists.
   * `offset` narrows it to a part of a string value, in UTF-16 units of that string.
   */
  diagnostic(path: DocumentPath, target: 'key' | 'value', finding: Finding, offset?: {start: number; length: number}): Diagnostic
}
