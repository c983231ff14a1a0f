// The port every way of running a program implements: a process, or a container. test/contracts/runtime.ts is its contract.

import type {Readable, Writable} from 'node:stream'
import type {StartError} from './start-error.ts'
import type {NetworkActivity, Refusal} from './network-gateway.ts'

/** Name of the environment variable that carries the tag. */
export const processTagVariable = 'AUTOKESTRA_TASK_TAG'

export interface StartSpec {
  /** Program and arguments; the program is absolute or looked up in `env.PATH`. */
  readonly command: readonly [string, ...string[]]
  /** The whole environment of the process; nothing is added but the tag. */
  readonly env: Readonly<Record<string, string>>
  /** Absolute. */
  readonly cwd: string
  /** Unique within the runtime. Goes into the environment, with the owner's name before it, so that processes which leave their group can still be found. */
  readonly tag: string
  /** `none`: standard input is empty from the start, which is cheaper. Default `pipe`. */
  readonly stdin?: 'pipe' | 'none'
  /** How long a process may ignore SIGTERM before SIGKILL. */
  readonly graceMs: number
}

export interface ExitStatus {
  /** null when a signal ended the process. */
  readonly exitCode: number | null
  /** e.g. `SIGKILL`; null when the process ended by itself. */
  readonly signal: NodeJS.Signals | null
  /** The system ended the process because memory ran out. */
  readonly isOutOfMemory: boolean
  /** The system ended another process of the program because memory ran out. Only containers report it; for processes see {@link Runtime.countMemoryKills}. */
  readonly hasLostChild?: boolean
  readonly metrics: ProcessMetrics
  /** The program has never run: there were no resources to start it. Known only now when the start was left to others. */
  readonly startError?: StartError
}

export interface ProcessMetrics {
  /** Highest resident memory seen of the process and its children, in bytes. Absent where the system does not say, or the process was too short to be seen. */
  readonly peakMemoryBytes?: number
  /** User and system time of the process and its children, in milliseconds; absent likewise. */
  readonly cpuTimeMs?: number
  /** How much of the network was asked for: let through, and refused. Only where a gateway stands between. */
  readonly networkRequests?: number
  readonly networkRefusals?: number
}

/** The gateway between a restricted program and the network, as the task that uses the program sees it. */
export interface NetworkWatch {
  /** Since the start of the program, which may have served other tasks before. */
  readonly activity: NetworkActivity
  /** Receives refusals from now on, and those not yet reported. One listener at a time. */
  onRefused(listener: (refusal: Refusal) => void): void
}

export interface RunningProcess {
  readonly pid: number
  /** What the process has in {@link processTagVariable}. Code that replaces its environment later passes this on. */
  readonly tag: string
  /** null when the spec says `stdin: 'none'`. Errors of it (the process does not read) are already handled. */
  readonly stdin: Writable | null
  readonly stdout: Readable
  readonly stderr: Readable
  /** Absent when the network is not watched: there is none, or nothing is restricted. */
  readonly network?: NetworkWatch
  /**
   * Settles once, after the exit, a short drain of the pipes and the end of the process group. Never rejects.
   * Both outputs must be read: bytes that wait longer than the drain are dropped.
   */
  readonly exited: Promise<ExitStatus>
  /** SIGTERM to the group, SIGKILL after the grace time (default: the spec's), then a sweep for escaped children. Resolves when nothing is left. Idempotent: the first call counts. */
  kill(graceMs?: number): Promise<void>
}

export interface Runtime {
  /** Says that so many programs without input are to come, so that starting them can be prepared. */
  expect(count: number): void
  /**
   * How many processes the system has ended because memory ran out, without those that an {@link ExitStatus} reported. The kernel does not say
   * whose they were. Absent where exits report it.
   * @param maxAgeMs how old the answer may be; default 0
   */
  countMemoryKills?(maxAgeMs?: number): number
  /** Rejects with {@link StartError} when the program cannot be started. */
  start(spec: StartSpec): Promise<RunningProcess>
  /** Ends all that is still running and finds escaped processes of finished tasks. Resolves when nothing of this runtime is left. */
  close(): Promise<void>
}
