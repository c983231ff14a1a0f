// The trace that a run belongs to, as the W3C has it (Trace Context): all its tasks get its id, and each attempt a number of its own. A trace that the
// command was called in goes on.

import {randomBytes} from 'node:crypto'
import type {Variables} from '../../config/environment.ts'
import type {DatedEvent} from '../../engine/run-state.ts'

/** Version, trace, the caller's own span, flags; later versions may append to it. */
const header = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?$/
const stateText = /^[\x20-\x7e]{1,512}$/
const isSampled = '01'

export class RunTrace {
  #traceId: string
  #flags: string
  /** What other tracing systems have added; handed on as it is. */
  #state: string | undefined

  /** @param env of the command @param parent of the run that this one is made for */
  constructor({TRACEPARENT, TRACESTATE}: Variables, parent?: RunTrace) {
    const [, , traceId, flags = isSampled] = header.exec(TRACEPARENT ?? '') ?? []
    this.#traceId = parent?.traceId ?? traceId ?? randomBytes(16).toString('hex')
    this.#flags = parent === undefined ? flags : parent.#flags
    const state = traceId !== undefined && TRACESTATE !== undefined && stateText.test(TRACESTATE) ? TRACESTATE : undefined
    this.#state = parent === undefined ? state : parent.#state
  }

  /** 32 hexadecimal digits. */
  get traceId(): string {
    return this.#traceId
  }

  /** Is given the events of the run in order, those of an earlier process too: a run that is resumed stays in its trace. */
  readonly hear = (event: DatedEvent): void => {
    if (event.type !== 'run.started' || event.traceId === undefined || event.traceId === this.#traceId) return
    this.#traceId = event.traceId
    this.#flags = isSampled
    this.#state = undefined
  }

  /** What a program is given, in its environment. */
  readonly variables = (): Record<string, string> => ({
    TRACEPARENT: `00-${this.#traceId}-${randomBytes(8).toString('hex')}-${this.#flags}`,
    ...(this.#state !== undefined && {TRACESTATE: this.#state}),
  })
}
