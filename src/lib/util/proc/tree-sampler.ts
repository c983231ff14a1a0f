// Watches memory and CPU time of running processes through /proc, with one timer for all of them. A task of a few milliseconds is never looked at.

import {hasProcFs, readStat} from '../proc-stat.ts'
import {readChildren, readPeakMemory} from '../proc-fs.ts'

/** Absent what was never seen. */
interface TreeMetrics {
  readonly peakMemoryBytes?: number
  readonly cpuTimeMs?: number
}

const firstSampleMs = 20
const longestPauseMs = 1000

/** What is known so far of one process and its children. */
export class Sample {
  readonly #pid: number
  readonly #isLauncher: boolean
  dueAt: number
  pauseMs = firstSampleMs
  #peakMemoryBytes = 0
  #cpuTimeMs = 0
  #isSeen = false

  constructor(pid: number, isLauncher: boolean, now: number) {
    this.#pid = pid
    this.#isLauncher = isLauncher
    this.dueAt = now + firstSampleMs
  }

  /** Highest sum over the tree of each process's own high-water mark; CPU time up to the last look. */
  get metrics(): TreeMetrics {
    return this.#isSeen ? {peakMemoryBytes: this.#peakMemoryBytes, cpuTimeMs: this.#cpuTimeMs} : {}
  }

  take(): void {
    let memory = 0
    let cpu = 0
    // A launcher's own numbers are those of all programs it has started; its only child is the present one.
    const pids = this.#isLauncher ? readChildren(this.#pid) : [this.#pid]
    for (const pid of pids) {
      const stat = readStat(pid)
      if (stat === undefined) continue
      cpu += stat.cpuTimeMs
      memory += readPeakMemory(pid)
      pids.push(...readChildren(pid))
    }
    if (memory === 0) return
    this.#isSeen = true
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, memory)
    this.#cpuTimeMs = Math.max(this.#cpuTimeMs, cpu)
  }
}

export class TreeSampler {
  readonly #samples = new Set<Sample>()
  #timer: NodeJS.Timeout | undefined

  /** @param isLauncher the process is the launcher that waits for the program meant */
  add(pid: number, isLauncher = false): Sample {
    const sample = new Sample(pid, isLauncher, performance.now())
    if (!hasProcFs) return sample
    this.#samples.add(sample)
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#tick(), firstSampleMs).unref()
    return sample
  }

  remove(sample: Sample): void {
    this.#samples.delete(sample)
  }

  #tick(): void {
    this.#timer = undefined
    const now = performance.now()
    let next = Infinity
    for (const sample of this.#samples) {
      if (sample.dueAt <= now) {
        sample.take()
        sample.pauseMs = Math.min(sample.pauseMs * 1.5, longestPauseMs)
        sample.dueAt = now + sample.pauseMs
      }
      next = Math.min(next, sample.dueAt)
    }
    if (next === Infinity) return
    // Not before the first look at whatever starts meanwhile.
    this.#timer = setTimeout(() => this.#tick(), Math.min(next - now, firstSampleMs)).unref()
  }
}
