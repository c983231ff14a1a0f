// What a run does when its tasks are over: evaluates its outputs, starts its hooks, and ends.

import type {Command} from '../decide/commands.ts'
import {nextHooks} from '../decide/hooks.ts'
import {endOfRun} from '../decide/outcome.ts'
import type {RunFinished} from '../events.ts'
import type {Plan} from '../plan.ts'
import type {Awaitable, OutputsAnswer, RunPorts} from '../ports.ts'
import type {Turn} from './turn.ts'
import {defined} from '../../util/defined.ts'

type Finish = Extract<Command, {kind: 'finish'}>

export class RunEnd {
  readonly #plan: Plan
  readonly #ports: Pick<RunPorts, 'runner' | 'clock'>
  readonly #turn: Turn
  #startedAtMs: number
  /** They are evaluated once, before the hooks. */
  #outputs: OutputsAnswer | undefined
  #command: Finish | undefined
  #last: RunFinished | undefined

  constructor(plan: Plan, ports: RunPorts, turn: Turn) {
    this.#plan = plan
    this.#ports = ports
    this.#turn = turn
    this.#startedAtMs = ports.clock.elapsed()
  }

  /** The run has been driven for so long by other processes. @param outputs of one whose hooks have begun */
  goOnAfter(drivenMs: number, outputs: Awaitable<OutputsAnswer> | undefined): void {
    this.#startedAtMs = this.#ports.clock.elapsed() - drivenMs
    if (outputs !== undefined) this.#turn.whenAnswered(outputs, (answer) => (this.#outputs ??= answer))
  }

  /** The last event, once it is there. */
  get last(): RunFinished | undefined {
    return this.#last
  }

  /** For how long the run has been driven. */
  get durationMs(): number {
    return Math.round(this.#ports.clock.elapsed() - this.#startedAtMs)
  }

  finish(command: Finish): void {
    if (this.#last !== undefined) return
    this.#command = command
    if (command.status !== 'succeeded' || command.reason !== undefined) this.#conclude(command)
    else if (this.#outputs !== undefined) this.#conclude(command, this.#outputs)
    else {
      this.#turn.whenAnswered(this.#ports.runner.outputs(), (outputs) => {
        this.#outputs = outputs
        // Unless a stop has ended the run meanwhile.
        if (this.#command === command) this.#conclude(command, outputs)
      })
    }
  }

  #conclude({status, reason}: Finish, outputs?: OutputsAnswer): void {
    const end = endOfRun(this.#turn.state, {status, ...defined({reason})}, this.durationMs, outputs)
    const list = nextHooks(this.#turn.state, end.status)
    if (list === undefined) {
      this.#last = end
      this.#turn.apply(end, outputs?.ok === true ? outputs.sealed : undefined)
      return
    }
    const tasks = this.#plan.hooks?.[list] ?? []
    const started = tasks.map(({id, action, needs}) => ({id, type: action.type, needs, hook: list}))
    this.#turn.apply({type: 'hooks.started', status: end.status, ...defined({reason: end.reason}), tasks: started})
  }
}
