// Ctrl-C, SIGTERM and SIGHUP, for commands that have something to stop.

import type {StopSignals} from '../lib/engine/loop/run-workflow.ts'

/** What a signal means for a run. A closed terminal (SIGHUP) is as final as SIGTERM. */
const causes = {SIGINT: 'interrupted', SIGTERM: 'terminated', SIGHUP: 'terminated'} as const

type StopCause = (typeof causes)[keyof typeof causes]

/** Exit codes by custom: 128 and the signal's number. */
export const stopExitCodes = {interrupted: 130, terminated: 143} as const satisfies Record<StopCause, number>

interface LeaveOptions {
  /** How long after the second signal the process ends, whatever it still waits for. Default: at once. A third signal ends it at once. */
  readonly leaveWithinMs?: number
  /** Ends everything that was started before it returns. */
  readonly killAll?: () => void
}

/**
 * Does some work that signals stop: the first one aborts `stop`, the second one `leave`, with its cause as the reason. While the work goes on, they do not
 * end the process by themselves.
 */
export async function untilStopped<T>(
  work: (signals: StopSignals) => Promise<T>,
  {killAll, leaveWithinMs = 0}: LeaveOptions = {},
): Promise<T> {
  const stop = new AbortController()
  const leave = new AbortController()
  const onSignal = (cause: StopCause): void => {
    const exit = (): void => {
      killAll?.()
      process.exit(stopExitCodes[cause])
    }
    if (!stop.signal.aborted) stop.abort(cause)
    else if (leave.signal.aborted || leaveWithinMs === 0) exit()
    else {
      leave.abort(cause)
      // The work is over, as far as it may still end orderly. What the command does after it may take as long as it likes unnoticed.
      setTimeout(exit, leaveWithinMs).unref()
    }
  }
  const listeners = Object.entries(causes).map(([signal, cause]) => ({signal, listener: () => onSignal(cause)}))
  for (const {signal, listener} of listeners) process.on(signal, listener)
  try {
    return await work({stop: stop.signal, leave: leave.signal})
  } finally {
    for (const {signal, listener} of listeners) process.off(signal, listener)
  }
}
