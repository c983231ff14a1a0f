// Finds and ends processes by the tag in their environment. A process that left its group (setsid) is found by nothing else.

import {setTimeout as sleep} from 'node:timers/promises'
import {readStat} from '../util/proc-stat.ts'
import {listPids, readEnvironmentVariable} from '../util/proc-fs.ts'
import {processTagVariable} from '../runtimes/runtime.ts'

// A pass reads one small file per process of the machine; several hundred processes go by before other work gets its turn.
const pidsPerTurn = 256
const minimumPauseMs = 250
// With many processes on the machine a pass takes longer, and passes become rarer: never more than about 5 % of one core.
const pausePerPassTime = 20
const roundLimit = 50
const roundPauseMs = 5
// A process that was there before cannot be ours, unless its number has gone round: that needs more than 32 000 processes in this time.
const presentForMs = 500

const nobody: ReadonlySet<number> = new Set()

/** Which processes a sweep ends: those whose variable has a value that is accepted. */
interface Victims {
  readonly isVictim: (tag: string) => boolean
  readonly variable?: string
  /** Need not be looked at. */
  readonly others?: ReadonlySet<number>
}

/** One pass. Answers how many were ended. */
async function sweepOnce({isVictim, variable = processTagVariable, others = nobody}: Victims): Promise<number> {
  let found = 0
  let count = 0
  for (const pid of listPids()) {
    if (others.has(pid)) continue
    if (++count % pidsPerTurn === 0) await new Promise<void>((resolve) => setImmediate(resolve))
    const tag = readEnvironmentVariable(pid, variable)
    if (tag !== undefined && isVictim(tag) && endProcess(pid, variable, tag)) found++
  }
  return found
}

function endProcess(pid: number, variable: string, tag: string): boolean {
  // The number may have gone to another process since its environment was read: only the same start time before and after a second look is proof.
  const before = readStat(pid)
  if (before === undefined || before.state === 'Z' || pid === process.pid) return false
  if (readEnvironmentVariable(pid, variable) !== tag) return false
  if (readStat(pid)?.startTime !== before.startTime) return false
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch {
    // Gone by itself, or another user's.
    return false
  }
}

/** Passes until one finds nothing: a process may fork while it is being looked for. Answers how many were ended. */
export async function sweepUntilClean(victims: Victims): Promise<number> {
  let total = 0
  for (let round = 0; round < roundLimit; round++) {
    const found = await sweepOnce(victims)
    if (found === 0) break
    total += found
    await sleep(roundPauseMs)
  }
  return total
}

/** Sweeps for one runtime: now and then in the background, or at once; requests at the same time share one pass. */
export class Sweeper {
  readonly #isVictim: (tag: string) => boolean
  #current: Promise<void> | undefined
  #next: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #pauseMs = minimumPauseMs
  #present = nobody
  #presentUntil = 0

  constructor(isVictim: (tag: string) => boolean) {
    this.#isVictim = isVictim
  }

  /** Nothing has been started yet: for a short while, no process that is there now needs to be looked at. */
  skipPresent(): void {
    try {
      this.#present = new Set(listPids())
      this.#presentUntil = performance.now() + presentForMs
    } catch {
      // No file handle is left: every process is looked at.
    }
  }

  /** The pass that is still owed, if any. */
  async finish(): Promise<void> {
    await (this.#timer === undefined ? (this.#next ?? this.#current) : this.sweep())
  }

  /** A pass soon, together with all others that are asked for until then. Does not keep the program alive. */
  schedule(): void {
    this.#timer ??= setTimeout(() => void this.sweep(), this.#pauseMs).unref()
  }

  /** A pass that begins after this call. Resolves when nothing is left to find. */
  sweep(): Promise<void> {
    this.#next ??= this.#runAfter(this.#current)
    return this.#next
  }

  async #runAfter(previous: Promise<void> | undefined): Promise<void> {
    await previous
    this.#current = this.#next
    this.#next = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
    const startedAt = performance.now()
    if (startedAt > this.#presentUntil) this.#present = nobody
    await sweepUntilClean({isVictim: this.#isVictim, others: this.#present})
    this.#pauseMs = Math.max(minimumPauseMs, (performance.now() - startedAt) * pausePerPassTime)
  }
}
