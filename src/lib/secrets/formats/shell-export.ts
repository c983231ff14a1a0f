// Secrets as a script that sets them in a POSIX shell. Between single quotes nothing is ever executed or expanded (POSIX.1-2024, 2.2.2).

import {WorkflowError} from '../../errors/workflow-error.ts'
import {formatLines} from './env-file.ts'

/** POSIX.1-2024, 3.216. */
const shellName = /^[A-Za-z_]\w*$/

/** Throws SECRET_VALUE_INVALID with all names that no shell variable can have, or values that are not text or hold zero bytes. */
export function formatShellExport(entries: ReadonlyMap<string, Uint8Array>): string {
  const foreign = [...entries.keys()].filter((name) => !shellName.test(name))
  if (foreign.length > 0) {
    throw new WorkflowError('SECRET_VALUE_INVALID', `not a valid name for a shell variable: ${foreign.join(', ')}`, {
      hint: 'use --format env or --format json',
    })
  }
  return formatLines(entries, 'shell', (name, value) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'\n`)
}
