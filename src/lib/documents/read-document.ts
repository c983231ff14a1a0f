// YAML text -> value with positions, or diagnostics. The only user of `yaml`.

import type {Diagnostic} from '../errors/diagnostic.ts'

export type DocumentPath = readonly (string | number)[]

/** A YAML document that was read: its value, and where each part of it stands in the text. */
export interface SourceDocument {
  /** As the user named it, for messages; `-` for standard input. */
  readonly file: string
  /** The plain JSON-like value: null-prototype-safe, no class instances. */
  readonly value: unknown
  /** Makes a diagnostic that points at the value at `path` (or at its key), or at the nearest parent that exists. */
  diagnostic(path: DocumentPath, target: 'key' | 'value', finding: Pick<Diagnostic, 'severity' | 'code' | 'message' | 'hint'>, offset?: {start: number; length: number}): Diagnostic
}
