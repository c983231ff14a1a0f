// Starts the process of an attempt and ties the two together: a stop of the attempt ends the process, stderr becomes log lines.

import type {RunningProcess, Runtime, StartSpec} from '../runtimes/runtime.ts'
import {ByteReleaser} from '../util/release-bytes.ts'
import type {Attempt} from './attempt.ts'
import {NetworkLog} from './network-log.ts'

export interface StartedProgram {
  readonly process: RunningProcess
  /** Hands out what is left of the last lines. Called once, after the exit. */
  flush(): void
}

/**
 * Rejects with StartError.
 * @param onStdout false: nothing of the chunk is needed any more, so its memory can go
 * @param onStderr likewise
 */
export async function startProgram(
  runtime: Runtime,
  attempt: Attempt,
  spec: Omit<StartSpec, 'cookie' | 'graceMs'>,
  onStdout: (chunk: Buffer) => boolean,
  onStderr?: (chunk: Buffer) => boolean,
): Promise<StartedProgram> {
  const process = await runtime.start({...spec, cookie: attempt.cookie, graceMs: attempt.limits.killGraceMs})
  const stderr = attempt.log.open('stderr')
  attempt.network = new NetworkLog(process, attempt.log)
  const releaser = new ByteReleaser()
  process.stdout.on('data', (chunk: Buffer) => {
    if (!onStdout(chunk)) releaser.release(chunk)
  })
  process.stderr.on('data', (chunk: Buffer) => {
    const isLogged = stderr.push(chunk)
    const isKept = onStderr?.(chunk) ?? false
    if (!isLogged && !isKept) releaser.release(chunk)
  })
  attempt.onStop(() => void process.kill())
  return {process, flush: () => stderr.end()}
}
