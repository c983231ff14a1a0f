// Ctrl-C, SIGTERM and SIGHUP, for commands that have something to stop.

/** What a signal means for a run. A closed terminal (SIGHUP) is as final as SIGTERM. */
const causes = {SIGINT: 'interrupted', SIGTERM: 'terminated', SIGHUP: 'terminated'} as const

export type StopCause = (typeof causes)[keyof typeof causes]

/** Exit codes by custom: 128 and the signal's number. */
export const stopExitCodes = {interrupted: 130, terminated: 143} as const satisfies Record<StopCause, number>

/**
 * Calls `onFirst` for the first stop signal and `onSecond` for every one after it. Returns a function that stops listening.
 * While it listens, the signals do not end the process by themselves.
 */
export function listenForStop(onFirst: (cause: StopCause) => void, onSecond: (cause: StopCause) => void): () => void {
  let count = 0
  const listeners = Object.entries(causes).map(([signal, cause]) => {
    const listener = (): void => {
      count += 1
      if (count === 1) onFirst(cause)
      else onSecond(cause)
    }
    process.on(signal, listener)
    return () => process.off(signal, listener)
  })
  return () => {
    for (const stop of listeners) stop()
  }
}
