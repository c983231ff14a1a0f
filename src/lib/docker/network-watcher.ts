// The open door of one container as its runtime and its tasks see it: what went through, and who wants to hear of refusals.

import type {ContainerUser} from '../runtimes/sandbox.ts'
import type {NetworkActivity, NetworkDoor, OpenDoor, Refusal} from '../runtimes/network-gateway.ts'
import type {NetworkWatch} from '../runtimes/runtime.ts'
import type {NetworkGrant} from '../runtimes/sandbox.ts'

/** Refusals are kept for as long as nobody listens, up to this many. */
const longestQueue = 1000

export class NetworkWatcher implements NetworkWatch {
  readonly door: OpenDoor
  readonly #queue: Refusal[]
  #listener: ((refusal: Refusal) => void) | undefined

  static async open(network: NetworkDoor, grant: NetworkGrant, user: ContainerUser): Promise<NetworkWatcher> {
    const early: Refusal[] = []
    const watcher: {current?: NetworkWatcher} = {}
    const door = await network.open(grant, {
      ...user,
      onRefused: (refusal) => {
        if (watcher.current === undefined) early.push(refusal)
        else watcher.current.#tell(refusal)
      },
    })
    watcher.current = new NetworkWatcher(door, early)
    return watcher.current
  }

  private constructor(door: OpenDoor, early: Refusal[]) {
    this.door = door
    this.#queue = early
  }

  get activity(): NetworkActivity {
    return this.door.activity
  }

  onRefused(listener: (refusal: Refusal) => void): void {
    this.#listener = listener
    for (const refusal of this.#queue.splice(0)) listener(refusal)
  }

  #tell(refusal: Refusal): void {
    if (this.#listener !== undefined) this.#listener(refusal)
    else if (this.#queue.length < longestQueue) this.#queue.push(refusal)
  }
}
