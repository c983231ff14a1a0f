// Starts the process of an attempt and ties the two together: a stop of the attempt ends the process, stderr becomes log lines.

import type {RunningProcess, Runtime, StartSpec} from '../runtimes/runtime.ts'
import type {Attempt} from './attempt.ts'

export interface StartedProgram {
  readonly process: RunningProcess
  /** Hands out what is left of the last lines. Called once, after the exit. */
  flush(): void
}

/** Rejects with StartError. */
export async function startProgram(
  runtime: Runtime,
  attempt: Attempt,
  spec: Omit<StartSpec, 'cookie' | 'graceMs'>,
  onStdout: (chunk: Buffer) => void,
  onStderr?: (chunk: Buffer) => void,
): Promise<StartedProgram> {
  const process = await runtime.start({...spec, cookie: attempt.cookie, graceMs: attempt.limits.killGraceMs})
  const stderr = attempt.log.open('stderr')
  process.stdout.on('data', onStdout)
  process.stderr.on('data', (chunk: Buffer) => {
    stderr.push(chunk)
    onStderr?.(chunk)
  })
  attempt.onStop(() => void process.kill())
  return {process, flush: () => stderr.end()}
}
