// What the network gateway reports about one task: each refusal is a line of its log, all that passed is counted, and a failure is traced to its refusal.

import type {NetworkActivity, Refusal} from '../../runtimes/network-gateway.ts'
import type {RunningProcess} from '../../runtimes/runtime.ts'
import {OutputTail} from './output-tail.ts'
import type {Restrictions} from '../../permissions/permissions.ts'
import type {TaskLog} from './task-log.ts'
import {findUnreachable} from './unreachable.ts'

/** The latest are kept: a task that fails for a refusal seldom goes on asking. */
const keptRefusals = 20

export class NetworkLog {
  readonly #process: RunningProcess
  readonly #before: NetworkActivity
  readonly #log: TaskLog
  readonly #restrictions: Restrictions | undefined
  readonly #refusals: Refusal[] = []
  readonly #stderr: OutputTail | undefined
  #passedBefore = 0

  /** From here on refusals are this task's. */
  constructor(process: RunningProcess, log: TaskLog, restrictions: Restrictions | undefined) {
    this.#process = process
    this.#before = process.network?.activity ?? {requests: 0, refused: 0}
    this.#log = log
    this.#restrictions = restrictions
    if (restrictions !== undefined) this.#stderr = new OutputTail()
    process.network?.onRefused((refusal) => {
      log.add('warn', `network: refused ${describeRefusal(refusal)}`)
      if (refusal.isTechnical === true) return
      this.#passedBefore = this.activity?.requests ?? 0
      this.#refusals.push(refusal)
      if (this.#refusals.length > keptRefusals) this.#refusals.shift()
    })
  }

  /** Of the task alone: the program may have served others before. Undefined when there is no gateway. */
  get activity(): NetworkActivity | undefined {
    const now = this.#process.network?.activity
    if (now === undefined) return undefined
    return {requests: now.requests - this.#before.requests, refused: now.refused - this.#before.refused}
  }

  /** What programs complain of, they print. */
  addStderr(slice: Buffer): void {
    this.#stderr?.push(slice)
  }

  /**
   * The refusal that explains a failure, as a clause. A program can name it: its error holds what the gateway has answered, or says that a name or an
   * address is not reachable, which in a container is never by chance. Many hide it; then it is the last thing the network had to say that counts.
   * @param complaint all the failure says of itself
   */
  explain(complaint: string): string | undefined {
    if (this.#restrictions === undefined) return undefined
    const last = this.#refusals.at(-1)
    const named = this.#refusals.find((refusal) => complaint.includes(coreOf(refusal)))
    const refusal = named ?? (last !== undefined && this.activity?.requests === this.#passedBefore ? last : undefined)
    if (refusal !== undefined) return `the network refused ${describeRefusal(refusal)}`
    const unreachable = findUnreachable(`${complaint}\n${this.#stderr?.text ?? ''}`, this.#restrictions.permissions.rules)
    if (unreachable === undefined) return undefined
    // The SDK's fetch has logged it itself.
    if (!unreachable.isLogged) this.#log.add('warn', `network: ${unreachable.reason}`)
    return unreachable.reason
  }
}

function describeRefusal(refusal: Refusal): string {
  const {allowingRule} = refusal
  const advice = allowingRule === undefined ? '' : `; permissions.network would allow it with '${allowingRule}'`
  return coreOf(refusal) + advice
}

/** Stands in the same words in the gateway's answer to the program. */
function coreOf({method, target, reason}: Refusal): string {
  return `${method} ${target}: ${reason}`
}
