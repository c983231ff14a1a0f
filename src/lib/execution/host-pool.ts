// Plugin hosts: some started ahead and used once, some kept for one plugin and used again. Knows when a host may live, not what is said to it.

import {availableParallelism} from 'node:os'
import {Turns} from '../util/turns.ts'
import type {RunningProcess, Runtime} from '../runtimes/runtime.ts'
import {StartError} from '../runtimes/start-error.ts'

export interface HostPoolOptions {
  readonly runtime: Runtime
  /** Program and arguments of a host. */
  readonly command: readonly [string, ...string[]]
  /** Environment until a task brings its own. */
  readonly env: Readonly<Record<string, string>>
  /** Absolute; a host changes to its task's directory. */
  readonly cwd: string
  readonly graceMs: number
  /** What a host writes first, when it is ready; absent: it counts as ready as soon as it has been started. */
  readonly readyMark?: string
  /** Most hosts that wait for work at a time. Default 4. */
  readonly maxAhead?: number
  /** Tasks after which a kept host is replaced. Default 1000. */
  readonly maxUses?: number
  /** How long a kept host may have nothing to do. Default 60 s. */
  readonly maxIdleMs?: number
}

// A host that starts takes a core from the task that has just got one; a short task is through first.
const refillDelayMs = 5

// A host that does not say that it is ready gets its task anyway.
const readyLimitMs = 10_000

interface Host {
  readonly process: RunningProcess
  hasExited: boolean
  uses: number
  idleTimer?: NodeJS.Timeout
}

interface HostLease {
  readonly process: RunningProcess
  /** The host may serve the next task of the same key. Otherwise it is the borrower's to end. */
  giveBack(): void
}

export class HostPool {
  readonly #options: HostPoolOptions
  readonly #ahead: Promise<Host>[] = []
  readonly #idle = new Map<string, Host[]>()
  /** Starting takes a core for a moment: hundreds at once would only be in each other's way. */
  readonly #starts = new Turns(Math.max(2, availableParallelism()))
  readonly #closing: Promise<void>
  #close: (() => void) | undefined
  #expected = 0
  #parallelism = 0
  #hostCount = 0
  #isClosed = false
  #refillTimer: NodeJS.Timeout | undefined

  constructor(options: HostPoolOptions) {
    this.#options = options
    this.#closing = new Promise((resolve) => {
      this.#close = resolve
    })
  }

  /** So many more hosts will be borrowed, at most `parallelism` at a time: starts the first ones now, the others as these are taken. */
  expect(count: number, parallelism: number): void {
    this.#expected += count
    this.#parallelism = parallelism
    this.#startAhead()
  }

  /**
   * A host that is unused; with a key, also one that has served only that key before.
   * Rejects with StartError; also when `isWanted` says no before a host was started for it.
   */
  async borrow(reuseKey?: string, isWanted: () => boolean = () => true): Promise<HostLease> {
    if (this.#isClosed) throw noStart()
    const takeKept = (): Host | undefined => (reuseKey === undefined ? undefined : this.#takeIdle(reuseKey))
    const host = takeKept() ?? (await this.#takeFresh(takeKept, isWanted))
    host.uses++
    return {
      process: host.process,
      giveBack: () => {
        if (reuseKey === undefined || this.#isClosed || host.uses >= (this.#options.maxUses ?? 1000)) return void host.process.kill()
        if (!host.hasExited) this.#keep(reuseKey, host)
      },
    }
  }

  /** Ends all idle hosts; those in use end with their tasks. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#close?.()
    this.#expected = 0
    clearTimeout(this.#refillTimer)
    const kept = [...this.#idle.values()].flat()
    this.#idle.clear()
    const ahead = await Promise.allSettled(this.#ahead.splice(0))
    const hosts = [...kept, ...ahead.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))]
    // They have nothing to finish, so they get no time for it.
    await Promise.all(hosts.map((host) => host.process.kill(0)))
  }

  #takeIdle(key: string): Host | undefined {
    const hosts = this.#idle.get(key) ?? []
    for (let host = hosts.pop(); host !== undefined; host = hosts.pop()) {
      clearTimeout(host.idleTimer)
      if (!host.hasExited) return host
    }
    return undefined
  }

  /** @param takeKept a host that was given back while this call waited for its turn */
  async #takeFresh(takeKept: () => Host | undefined, isWanted: () => boolean): Promise<Host> {
    const ahead = this.#ahead.shift()
    if (this.#expected > 0) this.#expected--
    // A host that could not be started ahead, or died since, says nothing about the next one.
    const host = ahead === undefined ? undefined : await ahead.catch(() => undefined)
    const taken = host === undefined || host.hasExited ? await this.#start(takeKept, isWanted) : host
    if (this.#refillTimer === undefined) {
      this.#refillTimer = setTimeout(() => {
        this.#refillTimer = undefined
        this.#startAhead()
      }, refillDelayMs).unref()
    }
    return taken
  }

  #startAhead(): void {
    const wanted = Math.min(this.#expected, this.#parallelism, this.#options.maxAhead ?? 4)
    while (!this.#isClosed && this.#ahead.length < wanted) {
      const start = this.#start()
      // The one who takes it sees the failure; until then it must not count as unhandled.
      start.catch(() => undefined)
      this.#ahead.push(start)
    }
  }

  async #start(takeKept?: () => Host | undefined, isWanted?: () => boolean): Promise<Host> {
    await this.#starts.take()
    try {
      const kept = takeKept?.()
      if (kept !== undefined) return kept
      if (this.#isClosed || isWanted?.() === false) throw noStart()
      const host = await this.#startHost()
      await this.#becomesReady(host)
      return host
    } finally {
      this.#starts.pass()
    }
  }

  /** Resolves also when it will not: then its first use finds out. */
  async #becomesReady({process}: Host): Promise<void> {
    const {readyMark} = this.#options
    if (readyMark === undefined) return
    const {stdout} = process
    let timer: NodeJS.Timeout | undefined
    let onReadable = (): void => undefined
    const said = new Promise<void>((resolve) => {
      onReadable = () => {
        const chunk = stdout.read() as Buffer | null
        if (chunk !== null && chunk.toString('latin1') !== readyMark) stdout.unshift(chunk)
        resolve()
      }
      stdout.once('readable', onReadable)
      timer = setTimeout(resolve, readyLimitMs).unref()
    })
    await Promise.race([said, process.exited, this.#closing])
    clearTimeout(timer)
    stdout.off('readable', onReadable)
  }

  async #startHost(): Promise<Host> {
    const {runtime, command, env, cwd, graceMs} = this.#options
    const process = await runtime.start({command, env, cwd, graceMs, tag: `host-${(++this.#hostCount).toString(36)}`})
    const host: Host = {process, hasExited: false, uses: 0}
    void process.exited.then(() => {
      host.hasExited = true
      clearTimeout(host.idleTimer)
    })
    return host
  }

  #keep(key: string, host: Host): void {
    const hosts = this.#idle.get(key)
    if (hosts === undefined) this.#idle.set(key, [host])
    else hosts.push(host)
    host.idleTimer = setTimeout(() => {
      const idle = this.#idle.get(key)
      idle?.splice(idle.indexOf(host), 1)
      void host.process.kill()
    }, this.#options.maxIdleMs ?? 60_000).unref()
  }
}

function noStart(): StartError {
  return new StartError('SPAWN_FAILED', 'the program is stopping, so no more processes are started')
}
