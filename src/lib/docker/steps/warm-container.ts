// One container that runs the steps of a workflow one after the other and side by side, until it is closed or ends.

import {createInterface} from 'node:readline'
import type {Attachment, DockerClient} from '../api/docker-client.ts'
import {pause} from '../drain.ts'

/** A busy machine may be slow; a supervisor that says nothing for so long was ended, or stopped. */
const answerLimitMs = 5000
/** An image starts in a fraction of a second, unless the machine has no memory or no time left. */
const readyLimitMs = 60_000

export interface SignalAnswer {
  /** Processes that were there to be signalled. */
  readonly found: number
  /** How often the kernel has ended a process of the container for lack of memory. */
  readonly memoryKills: number
}

export class WarmContainer {
  readonly id: string
  /** Settles when its supervisor has ended, and with it every process in it. */
  readonly ended: Promise<void>
  /** As of the last answer. */
  memoryKills = 0
  isEnded = false
  readonly #client: DockerClient
  readonly #attachment: Attachment
  readonly #waiting = new Map<number, (answer: SignalAnswer | undefined) => void>()
  readonly #ready: Promise<boolean>
  #count = 0
  #closing: Promise<void> | undefined

  /** @param id of a container that was made, but not started @param attachment to it */
  constructor(client: DockerClient, id: string, attachment: Attachment) {
    this.#client = client
    this.id = id
    this.#attachment = attachment
    attachment.stdin.on('error', () => undefined)
    attachment.stderr.resume()
    const lines = createInterface({input: attachment.stdout})
    let becomesReady: (isReady: boolean) => void = () => undefined
    this.#ready = new Promise((resolve) => {
      becomesReady = resolve
    })
    lines.on('line', (line) => {
      if (line === 'ready') becomesReady(true)
      else this.#take(line)
    })
    this.ended = new Promise((resolve) => {
      lines.once('close', () => {
        this.isEnded = true
        becomesReady(false)
        for (const give of this.#waiting.values()) give(undefined)
        this.#waiting.clear()
        resolve()
      })
    })
  }

  /** Whether it runs. */
  async start(): Promise<boolean> {
    await this.#client.start(this.id)
    const isReady = await Promise.race([this.#ready, pause(readyLimitMs)])
    return isReady === true
  }

  /** Signals all processes with the mark and what they have started; `0` only counts them. Undefined: the container has ended, or does not answer. */
  async signal(mark: string, signal: 'TERM' | 'KILL' | '0'): Promise<SignalAnswer | undefined> {
    if (this.isEnded) return undefined
    const number = ++this.#count
    const answer = await new Promise<SignalAnswer | undefined>((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(number)
        resolve(undefined)
      }, answerLimitMs)
      this.#waiting.set(number, (given) => {
        clearTimeout(timer)
        resolve(given)
      })
      this.#attachment.stdin.write(`${String(number)} ${signal} ${mark}\n`)
    })
    if (answer !== undefined) this.memoryKills = answer.memoryKills
    return answer
  }

  /** The engine no longer waits for its outputs to be taken. */
  letGo(): void {
    this.#attachment.stdin.destroy()
  }

  /** Ends and removes it. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // Whatever cannot be removed now is found by its labels at the next start.
    await this.#client.remove(this.id).catch(() => undefined)
    this.#attachment.stdin.destroy()
    await this.ended
  }

  #take(line: string): void {
    const [number, found, memoryKills] = line.split(' ').map(Number)
    if (number === undefined || found === undefined || memoryKills === undefined) return
    this.#waiting.get(number)?.({found, memoryKills})
    this.#waiting.delete(number)
  }
}
