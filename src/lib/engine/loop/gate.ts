// Keeps the tasks of a run back until the run holds its concurrency group.

import type {Plan} from '../plan.ts'
import type {GroupAnswer, RunPorts} from '../ports.ts'
import type {AdmissionAnswer} from '../requests/admission.ts'
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
    if (!this.#isWaiting()) return
    if (!answer.ok) {
      turn.apply({type: 'run.refused', status: 'failed', reason: answer.error.message})
      return
    }
    if (plan.concurrency === undefined || admission === undefined)
      throw new Error('a run with a concurrency group needs somebody to admit it')
    const {group} = answer
    const onQueued = (holders: readonly string[]): void => {
      post(() => {
        if (this.#isWaiting()) turn.apply({type: 'run.queued', group, holders})
      })
    }
    const admitted = admission.enter({...plan.concurrency, group}, {onQueued, onStop})
    turn.whenAnswered(admitted, (said) => this.#take(group, said))
  }

  #take(group: string, answer: AdmissionAnswer): void {
    if (!this.#isWaiting()) return
    const {turn} = this.#options
    if (answer.kind === 'admitted') turn.apply({type: 'run.admitted', group})
    else turn.apply({type: 'run.refused', status: answer.isSkipped ? 'succeeded' : 'failed', reason: answer.reason})
  }

  /** false: the run was stopped while it waited. */
  #isWaiting(): boolean {
    const {isGated, stopCause, stage} = this.#options.turn.state
    return isGated && stopCause === undefined && stage === 'open'
  }
}
