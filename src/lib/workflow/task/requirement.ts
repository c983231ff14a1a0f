// `require` of a task: what must hold before it starts.

import {parseDuration} from '../../util/duration.ts'

export type Requirement =
  | {readonly command: string; readonly timeoutMs: number; readonly message: string}
  /** A template whose value must be true. */
  | {readonly if: string; readonly message: string}

/** As the schema describes it. */
export type WrittenRequirement =
  {readonly command: string; readonly timeout?: string | number; readonly message: string} | {readonly if: string; readonly message: string}

/** The action that runs the commands of workflows. */
export const commandAction = 'core/shell.run'

const defaultTimeoutMs = 30_000

export function readRequirements(written: readonly WrittenRequirement[] | undefined): readonly Requirement[] | undefined {
  if (written === undefined || written.length === 0) return undefined
  return written.map((one) =>
    'if' in one ? one : {command: one.command, message: one.message, timeoutMs: parseDuration(one.timeout) ?? defaultTimeoutMs},
  )
}
