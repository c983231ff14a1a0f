// The name this program was called by. It is installed under two, as another package installs a `workflow`, too.

import {basename} from 'node:path'

export type ProgramName = 'workflow' | 'autokestra'

/** @param script the path that was called, as `process.argv[1]` has it: not followed through links */
export function programName(script: string | undefined): ProgramName {
  return basename(script ?? '') === 'autokestra' ? 'autokestra' : 'workflow'
}
