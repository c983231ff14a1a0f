// What the network gateway reports about one task: each refusal is a line of its log, and all that passed is counted.

import type {NetworkActivity, Refusal} from '../runtimes/network-door.ts'
import type {RunningProcess} from '../runtimes/runtime.ts'
import type {TaskLog} from './task-log.ts'

export class NetworkLog {
  readonly #process: RunningProcess
  readonly #before: NetworkActivity

  /** From here on refusals are this task's. */
  constructor(process: RunningProcess, log: TaskLog) {
    this.#process = process
    this.#before = process.network?.activity ?? {requests: 0, refused: 0}
    process.network?.onRefused((refusal) => {
      log.add('warn', describeRefusal(refusal))
    })
  }

  /** Of the task alone: the program may have served others before. Undefined when there is no door. */
  get activity(): NetworkActivity | undefined {
    const now = this.#process.network?.activity
    if (now === undefined) return undefined
    return {requests: now.requests - this.#before.requests, refused: now.refused - this.#before.refused}
  }
}

function describeRefusal({method, target, reason, allowingRule}: Refusal): string {
  const advice = allowingRule === undefined ? '' : `; permissions.network would allow it with '${allowingRule}'`
  return `network: refused ${method} ${target}: ${reason}${advice}`
}
