// Repeated calls, handed in where time matters so that tests decide when it passes.

/** Calls `callback` every `everyMs` until the returned function is called. */
export type Ticker = (everyMs: number, callback: () => void) => () => void

/** Does not keep the process alive. */
export const systemTicker: Ticker = (everyMs, callback) => {
  const timer = setInterval(callback, everyMs)
  timer.unref()
  return () => {
    clearInterval(timer)
  }
}
