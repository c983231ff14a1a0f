// How much a task may say, and how long it may take to stop. All of it can be configured.

export interface ExecutionLimits {
  /** Bytes of a result. */
  readonly outputBytes: number
  /** How deep lists and objects of a result may be nested. */
  readonly outputDepth: number
  /** Bytes of one log line; a longer one is cut into several. */
  readonly logLineBytes: number
  /** Bytes of text of all log lines of an attempt; the rest is counted and dropped. */
  readonly logBytes: number
  /** How long a process may live on after its result. */
  readonly exitGraceMs: number
  /** How long a process may ignore SIGTERM. */
  readonly killGraceMs: number
}

const mebibyte = 1024 * 1024

export const defaultLimits: ExecutionLimits = {
  outputBytes: 10 * mebibyte,
  outputDepth: 256,
  logLineBytes: 16 * 1024,
  logBytes: 10 * mebibyte,
  exitGraceMs: 2000,
  killGraceMs: 5000,
}
