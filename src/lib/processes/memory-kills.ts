// How often the kernel has ended a process because memory ran out, in the control group of this program, to which its children belong, too.
// What happens in containers and to programs of others is not counted there.

import {closeSync, openSync, readSync} from 'node:fs'
import {hasProcFs, readProcFile} from '../util/proc-stat.ts'
import {readOutOfMemoryKills} from '../util/proc-fs.ts'

const root = '/sys/fs/cgroup'
const fileBytes = 4096

export class MemoryKills {
  readonly #buffer = Buffer.alloc(fileBytes)
  readonly #descriptor: number | undefined
  #latest = 0
  #readAt = Number.NEGATIVE_INFINITY

  /** @param files the first that can be read counts; without any, it is the kernel's count for the whole machine */
  constructor(files: readonly string[] = ownFiles()) {
    for (const file of files) {
      let descriptor: number | undefined
      try {
        descriptor = openSync(file, 'r')
        if (this.#readFrom(descriptor) !== undefined) {
          this.#descriptor = descriptor
          return
        }
      } catch {
        // Not there: another version of control groups, or a container that shows its own group as the root.
      }
      if (descriptor !== undefined) closeSync(descriptor)
    }
  }

  /**
   * Only ever compared. Asked for with every task, so the file stays open.
   * @param maxAgeMs how old the answer may be
   */
  read(maxAgeMs: number): number {
    if (maxAgeMs > 0 && performance.now() - this.#readAt <= maxAgeMs) return this.#latest
    this.#latest = this.#readNow()
    this.#readAt = performance.now()
    return this.#latest
  }

  #readNow(): number {
    if (this.#descriptor === undefined) return readOutOfMemoryKills()
    try {
      return this.#readFrom(this.#descriptor) ?? 0
    } catch {
      // The group is gone.
      return 0
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
  }

  #readFrom(descriptor: number): number | undefined {
    const length = readSync(descriptor, this.#buffer, 0, fileBytes, 0)
    const match = /^oom_kill (\d+)$/m.exec(this.#buffer.toString('latin1', 0, length))
    return match === null ? undefined : Number(match[1])
  }
}

/** Of version 1 and version 2, by the path that this process sees and by the root of what it sees. */
function ownFiles(): string[] {
  const lines = (hasProcFs ? readProcFile('/proc/self/cgroup') : undefined)?.split('\n').map((line) => line.split(':')) ?? []
  return lines.flatMap(([id, controllers = '', ...rest]) => {
    const dir = rest.join(':')
    if (controllers.split(',').includes('memory')) return [`${root}/memory${dir}/memory.oom_control`, `${root}/memory/memory.oom_control`]
    return id === '0' ? [`${root}${dir}/memory.events`, `${root}/memory.events`] : []
  })
}
