// Starts the process of an attempt and ties the two together: a stop of the attempt ends the process, stderr becomes log lines.

import type {RunningProcess, Runtime, StartSpec} from '../../runtimes/runtime.ts'
import {FairReader} from '../../util/fair-reader.ts'
import type {Attempt} from './attempt.ts'
import {NetworkLog} from './network-log.ts'

export interface StartedProgram {
  readonly process: RunningProcess
  /** Hands out all that has come, and what is left of the last lines. Called once, after the exit. */
  flush(): Promise<void>
}

/**
 * Rejects with StartError.
 * @param onStdout false: nothing of the slice is needed, so its memory can go
 * @param onStderr likewise
 */
export async function startProgram(
  runtime: Runtime,
  attempt: Attempt,
  spec: Omit<StartSpec, 'tag' | 'graceMs'>,
  onStdout: (slice: Buffer) => boolean,
  onStderr?: (slice: Buffer) => boolean,
): Promise<StartedProgram> {
  const process = await runtime.start({...spec, tag: attempt.tag, graceMs: attempt.limits.killGraceMs})
  attempt.startClock()
  const stderr = attempt.log.open('stderr')
  const network = new NetworkLog(process, attempt.log, attempt.invocation.restrictions)
  attempt.network = network
  const readers = [
    new FairReader(process.stdout, onStdout),
    new FairReader(process.stderr, (slice) => {
      network.addStderr(slice)
      const isLogged = stderr.push(slice)
      const isKept = onStderr?.(slice) ?? false
      return isLogged || isKept
    }),
  ]
  attempt.onStop(() => void process.kill())
  return {
    process,
    flush: async () => {
      await Promise.all(readers.map((reader) => reader.drained()))
      stderr.end()
    },
  }
}
