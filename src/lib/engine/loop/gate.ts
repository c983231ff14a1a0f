// Keeps the tasks of a run back until the run holds its concurrency group.

import type {Plan} from '../plan.ts'
import type {GroupAnswer, RunPorts} from '../ports.ts'
import type {AdmissionAnswer} from '../requests/admission.ts'
import {awaitsGroup, type DecideState} from '../run-state.ts'
import type {Turn} from './turn.ts'

export interface GateOptions {
  readonly plan: Plan
  readonly ports: Pick<RunPorts, 'runner' | 'admission'>
  readonly turn: Turn
  /** What comes from outside is a message of its own. */
  readonly post: (message: () => void) => void
  /** The run is to stop: another process asks for it, or the group was lost. */
  readonly onStop: (reason: string) => void
}

export class Gate {
  readonly #options: GateOptions

  constructor(options: GateOptions) {
    this.#options = options
  }

  /** Asks for the group. */
  enter(): void {
    const {turn, ports} = this.#options
    turn.whenAnswered(ports.runner.group(), (answer) => this.#enter(answer))
  }

  /** The run has ended: the next one may begin. */
  async leave(): Promise<void> {
    await this.#options.ports.admission?.leave()
  }

  #enter(answer: GroupAnswer): void {
    const {plan, ports, turn, post, onStop} = this.#options
    const {admission} = ports
    if (!awaitsGroup(turn.state)) return
    if (!answer.ok) {
      this.#refuse('failed', answer.error.message)
      return
    }
    if (plan.concurrency === undefined || admission === undefined)
      throw new Error('a run with a concurrency group needs somebody to admit it')
    const {group} = answer
    // What has begun goes on when it can, whatever its file says about starting.
    const resumed = hasBegun(turn.state)
    const onQueued = (holders: readonly string[]): void => {
      post(() => {
        if (awaitsGroup(turn.state)) turn.apply({type: 'run.queued', group, holders})
      })
    }
    const wish = {...plan.concurrency, group, ...(resumed && {onConflict: 'queue' as const})}
    turn.whenAnswered(admission.enter(wish, {onQueued, onStop}), (said) => this.#take(group, said))
  }

  #take(group: string, answer: AdmissionAnswer): void {
    const {turn} = this.#options
    if (!awaitsGroup(turn.state)) return
    if (answer.kind === 'admitted') turn.apply({type: 'run.admitted', group})
    else this.#refuse(answer.isSkipped ? 'succeeded' : 'failed', answer.reason)
  }

  /** Tasks of a run that has begun have ended, or are to be: it stops. */
  #refuse(status: 'succeeded' | 'failed', reason: string): void {
    const {turn} = this.#options
    if (hasBegun(turn.state)) turn.apply({type: 'run.stopping', cause: 'cancelled', reason: `cancelled: ${reason}`})
    else turn.apply({type: 'run.refused', status, reason})
  }
}

/** Something of the run has started or ended, in an earlier process. */
function hasBegun({tasks}: DecideState): boolean {
  for (const {progress} of tasks.values()) if (progress !== 'pending') return true
  return false
}
