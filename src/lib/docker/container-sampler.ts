// Watches memory and CPU time of a running container. The kernel forgets both with the container, so they are read while it runs:
// from its control group, or, where that cannot be seen from here (an engine in a virtual machine), from the engine.

import {hasProcFs, readProcFile} from '../util/proc-stat.ts'
import type {ContainerStats} from './api/api-types.ts'
import type {ProcessMetrics} from '../runtimes/runtime.ts'

const firstSampleMs = 20
const longestPauseMs = 1000
/** The engine takes longer to answer than a file does. */
const firstQuestionMs = 250

interface SampleSource {
  readonly pauseMs: number
  readonly isOwnKernel: boolean
  readonly take: () => Promise<ContainerStats> | ContainerStats
}

export class ContainerSampler {
  readonly #source: SampleSource
  #pauseMs: number
  #timer: NodeJS.Timeout | undefined
  #peakMemoryBytes = 0
  #cpuTimeMs = 0

  /** @param pid of the container's first process. @param ask what the engine knows */
  constructor(containerId: string, pid: number, ask: () => Promise<ContainerStats>) {
    this.#source = findControlGroup(containerId, pid) ?? {pauseMs: firstQuestionMs, isOwnKernel: false, take: ask}
    this.#pauseMs = this.#source.pauseMs
    this.#schedule()
  }

  /** The highest amount of memory that counted against the limit, and the time of all processes, as of the last look. */
  get metrics(): ProcessMetrics {
    return {
      ...(this.#peakMemoryBytes > 0 && {peakMemoryBytes: this.#peakMemoryBytes}),
      ...(this.#cpuTimeMs > 0 && {cpuTimeMs: this.#cpuTimeMs}),
    }
  }

  /** Whether the container's kernel is the one whose /proc is read here. */
  get isOwnKernel(): boolean {
    return this.#source.isOwnKernel
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#pauseMs = 0
  }

  #schedule(): void {
    if (this.#pauseMs > 0) this.#timer = setTimeout(() => void this.#sample(), this.#pauseMs).unref()
  }

  async #sample(): Promise<void> {
    try {
      const {peakMemoryBytes, cpuTimeMs} = await this.#source.take()
      this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, peakMemoryBytes)
      this.#cpuTimeMs = Math.max(this.#cpuTimeMs, cpuTimeMs)
    } catch {
      // It has ended meanwhile; what was seen before counts.
    }
    this.#pauseMs = Math.min(this.#pauseMs * 1.5, longestPauseMs)
    this.#schedule()
  }
}

/** Undefined when the process is not that container's: the engine counts processes in another namespace than this program. */
function findControlGroup(containerId: string, pid: number): SampleSource | undefined {
  const lines = hasProcFs && pid > 0 ? readProcFile(`/proc/${pid}/cgroup`)?.split('\n') : undefined
  if (lines?.some((line) => line.includes(containerId)) !== true) return undefined
  const groups = lines.map((line) => line.split(':'))
  const dirOf = (controller: string): string | undefined => {
    const group = groups.find(([, controllers]) => controllers?.split(',').includes(controller))
    return group?.[1] === undefined || group[2] === undefined ? undefined : `/sys/fs/cgroup/${group[1]}${group[2]}`
  }
  // Version 1 has a tree for each controller; version 2 one tree, whose line names none.
  const memoryDir = dirOf('memory')
  const cpuDir = dirOf('cpuacct')
  const unified = `/sys/fs/cgroup${groups.find(([id]) => id === '0')?.[2] ?? ''}`
  const readMemory = (): number =>
    memoryDir === undefined
      ? readNumber(`${unified}/memory.peak`) || readNumber(`${unified}/memory.current`)
      : readNumber(`${memoryDir}/memory.max_usage_in_bytes`)
  const readCpu = (): number =>
    cpuDir === undefined
      ? Number(/^usage_usec (\d+)$/m.exec(readProcFile(`${unified}/cpu.stat`) ?? '')?.[1] ?? 0) / 1e3
      : readNumber(`${cpuDir}/cpuacct.usage`) / 1e6
  return readMemory() === 0
    ? undefined
    : {pauseMs: firstSampleMs, isOwnKernel: true, take: () => ({peakMemoryBytes: readMemory(), cpuTimeMs: readCpu()})}
}

function readNumber(file: string): number {
  return Number(readProcFile(file) ?? 0)
}
