// What one container has of the network: a gateway of its own, and for programs that cannot listen for ordinary clients themselves a relay beside it.

import type {Mount} from '../runtimes/sandbox.ts'
import type {NetworkActivity, NetworkGateway, Refusal} from '../runtimes/network-gateway.ts'
import {NetworkWatcher} from './network-watcher.ts'
import {RelayContainer, type RelayOptions} from './relay-container.ts'

interface ContainerNetworkOptions extends Omit<RelayOptions, 'gateway' | 'program'> {
  readonly network: NetworkGateway
  /** Needed when the grant asks for a relay. */
  readonly relayProgram: string | undefined
}

/** Whatever the step asks for from then on is refused where it asks, and nobody would say why. */
const lostRelay: Refusal = {
  method: 'CONNECT',
  target: 'the proxy',
  reason: 'the container that listens for it has ended',
  isTechnical: true,
}

export class ContainerNetwork {
  readonly watcher: NetworkWatcher
  readonly mount: Mount
  readonly env: Readonly<Record<string, string>>
  readonly hostsFile: string
  /** Id of the container whose network the new one joins. Absent: it has one of its own. */
  readonly joins: string | undefined
  readonly #relay: RelayContainer | undefined

  static async open({network, relayProgram, ...options}: ContainerNetworkOptions): Promise<ContainerNetwork> {
    const {grant, user} = options
    if (grant.needsRelay === true && relayProgram === undefined) throw new TypeError('a grant that needs a relay needs its program')
    const watcher = await NetworkWatcher.open(network, grant, user)
    try {
      const isRelayed = grant.needsRelay === true && relayProgram !== undefined
      const relay = isRelayed ? await RelayContainer.open({...options, gateway: watcher.gateway, program: relayProgram}) : undefined
      return new ContainerNetwork(watcher, relay)
    } catch (error) {
      await watcher.gateway.close()
      throw error
    }
  }

  private constructor(watcher: NetworkWatcher, relay: RelayContainer | undefined) {
    const {mount, env, clientEnv, hostsFile} = watcher.gateway
    this.watcher = watcher
    this.mount = mount
    this.env = relay === undefined ? env : {...env, ...clientEnv}
    this.hostsFile = hostsFile
    this.joins = relay?.id
    this.#relay = relay
    void relay?.lost.then(() => {
      watcher.tell(lostRelay)
    })
  }

  /** Settles when a program may be started. Rejects with StartError. */
  async ready(): Promise<void> {
    await this.#relay?.ready
  }

  /** Resolves when nothing of it is left. Idempotent. */
  async close(): Promise<NetworkActivity> {
    const [activity] = await Promise.all([this.watcher.gateway.close(), this.#relay?.close()])
    return activity
  }
}
