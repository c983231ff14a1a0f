// A journal in memory, for tests of those who write to one. It answers later, as one that is far away does.

import type {RunEvent, StateEvent} from '../../src/lib/engine/events.ts'
import type {Journal, KeptPlan, NewRun, StoredRun} from '../../src/lib/engine/ports.ts'
import type {SealedValue} from '../../src/lib/engine/sealed-output.ts'
import {WorkflowError} from '../../src/lib/errors/workflow-error.ts'

interface KeptRun {
  readonly plan: string
  readonly sealedPlan: SealedValue | undefined
  readonly isPlanMasked: boolean
  /** As text: what is kept can no longer be changed. */
  readonly events: string[]
  readonly sealed: Map<number, SealedValue>
  seq: number
  epoch: number
  isFinished: boolean
}

/** What several journals, each of a process of its own, share. */
export type MemoryRuns = Map<string, KeptRun>

export class MemoryJournal implements Journal {
  readonly #runs: MemoryRuns
  /** Run -> the epoch in which it is ours. */
  readonly #own = new Map<string, number>()

  constructor(runs: MemoryRuns = new Map<string, KeptRun>()) {
    this.#runs = runs
  }

  async create({id}: NewRun, {plan, isMasked, sealed}: KeptPlan): Promise<void> {
    if (this.#runs.has(id)) throw new Error(`run ${id} is there`)
    const kept = {
      plan: JSON.stringify(plan),
      sealedPlan: sealed,
      isPlanMasked: isMasked,
      events: [],
      sealed: new Map<number, SealedValue>(),
    }
    this.#runs.set(id, {...kept, seq: 0, epoch: 1, isFinished: false})
    this.#own.set(id, 1)
    await nextTurn()
  }

  async append(runId: string, events: readonly RunEvent[], sealed: ReadonlyMap<number, SealedValue> = new Map()): Promise<void> {
    const run = this.#runs.get(runId)
    const epoch = this.#own.get(runId)
    if (run === undefined || epoch === undefined) throw new Error(`run ${runId} was neither created nor claimed`)
    if (run.epoch !== epoch) throw new WorkflowError('RUN_TAKEN_OVER', `another process has taken over run ${runId}`)
    let {seq} = run
    for (const event of events) {
      if (event.type === 'task.log') continue
      if (event.seq !== seq + 1) throw new Error(`event ${event.seq} was appended after ${seq}`)
      seq = event.seq
    }
    for (const owner of sealed.keys()) {
      const event = events.find((one) => one.type !== 'task.log' && one.seq === owner)
      if (event === undefined || !['task.finished', 'run.finished', 'var.computed'].includes(event.type))
        throw new Error('a sealed value belongs to the end of a task or of the run, or to a computed var')
    }
    run.events.push(...events.map((event) => JSON.stringify(event)))
    for (const [owner, value] of sealed) run.sealed.set(owner, value)
    run.seq = seq
    run.isFinished ||= events.some(({type}) => type === 'run.finished')
    await nextTurn()
  }

  async read(runId: string, after = 0): Promise<StoredRun | undefined> {
    await nextTurn()
    const run = this.#runs.get(runId)
    if (run === undefined) return undefined
    const plan = JSON.parse(run.plan) as KeptPlan['plan']
    const events = run.events
      .map((line) => JSON.parse(line) as RunEvent)
      .filter((event): event is StateEvent => event.type !== 'task.log' && event.seq > after)
    const sealed = run.sealedPlan === undefined ? {} : {sealed: run.sealedPlan}
    return {epoch: run.epoch, plan: {plan, isMasked: run.isPlanMasked, ...sealed}, events}
  }

  async claim(runId: string, epoch: number): Promise<boolean> {
    await nextTurn()
    const run = this.#runs.get(runId)
    if (run?.epoch !== epoch || run.isFinished) return false
    run.epoch += 1
    this.#own.set(runId, run.epoch)
    return true
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
