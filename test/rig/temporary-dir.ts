// A new empty directory for one test, removed after it.

import {chmodSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {onTestFinished} from 'vitest'

/** Real path, mode 0700. Call it inside a test. */
export function temporaryDir(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'workflow-test-'))
  onTestFinished(() => {
    chmodSync(directory, 0o700)
    rmSync(directory, {recursive: true, force: true})
  })
  return directory
}
