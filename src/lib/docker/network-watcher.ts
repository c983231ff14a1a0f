// The open gateway of one container as its runtime and its tasks see it: what went through, and who wants to hear of refusals.

import type {ContainerUser} from '../runtimes/sandbox.ts'
import type {NetworkActivity, NetworkGateway, OpenGateway, Refusal} from '../runtimes/network-gateway.ts'
import type {NetworkWatch} from '../runtimes/runtime.ts'
import type {NetworkGrant} from '../runtimes/sandbox.ts'

/** Refusals are kept for as long as nobody listens, up to this many. */
const longestQueue = 1000

export class NetworkWatcher implements NetworkWatch {
  readonly gateway: OpenGateway
  readonly #queue: Refusal[]
  #listener: ((refusal: Refusal) => void) | undefined

  static async open(network: NetworkGateway, grant: NetworkGrant, user: ContainerUser): Promise<NetworkWatcher> {
    const early: Refusal[] = []
    const watcher: {current?: NetworkWatcher} = {}
    const gateway = await network.open(grant, {
      ...user,
      onRefused: (refusal) => {
        if (watcher.current === undefined) early.push(refusal)
        else watcher.current.tell(refusal)
      },
    })
    watcher.current = new NetworkWatcher(gateway, early)
    return watcher.current
  }

  private constructor(gateway: OpenGateway, early: Refusal[]) {
    this.gateway = gateway
    this.#queue = early
  }

  get activity(): NetworkActivity {
    return this.gateway.activity
  }

  onRefused(listener: (refusal: Refusal) => void): void {
    this.#listener = listener
    for (const refusal of this.#queue.splice(0)) listener(refusal)
  }

  tell(refusal: Refusal): void {
    if (this.#listener !== undefined) this.#listener(refusal)
    else if (this.#queue.length < longestQueue) this.#queue.push(refusal)
  }
}
