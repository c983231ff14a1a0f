// What a schema check found -> the error of a task. Names positions and rules, never values.

import type {TaskError} from '../../engine/task-result.ts'

/** Checks a value against one schema; an empty list when it fits. */
export type ValueCheck = (value: unknown) => readonly ValueFinding[]

interface ValueFinding {
  readonly path: readonly (string | number)[]
  /** Of the schema. */
  readonly keyword: string
  /** Must not quote the value. */
  readonly message: string
}

/**
 * Undefined when there are no findings. Inputs that do not fit will not fit the next time either. Names of properties are values too: `mask`
 * sees them before a pointer writes them in its own way.
 */
export function describeMisfit(
  code: 'INPUT_INVALID' | 'OUTPUT_INVALID',
  message: string,
  findings: readonly ValueFinding[],
  mask: (text: string) => string = (text) => text,
): TaskError | undefined {
  const details = findings.map((finding) => `${toPointer(finding.path, mask)} ${finding.keyword}: ${finding.message}`.trimStart())
  const [first] = details
  if (first === undefined) return undefined
  const more = details.length > 1 ? ` (and ${details.length - 1} more)` : ''
  return {code, message: `${message}: ${first}${more}`, retryable: code === 'OUTPUT_INVALID', details}
}

/** RFC 6901. */
function toPointer(path: readonly (string | number)[], mask: (text: string) => string): string {
  return path.map((step) => `/${mask(String(step)).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
