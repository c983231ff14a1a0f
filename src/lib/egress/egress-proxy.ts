// Opens gateways: for each container a socket of its own behind which this process makes the granted connections. Loaded only when a grant is used.

import path from 'node:path'
import {createSocketDirectory, gatewaysDirectory, type SocketDirectory} from './socket-directory.ts'
import type {DialOptions} from './dial.ts'
import {EgressGateway} from './egress-gateway.ts'
import {defaultEgressLimits, type EgressLimits} from './limits.ts'
import {egressNames, proxyVariables} from './local-names.ts'
import type {GatewayContext, NetworkActivity, NetworkGateway, OpenGateway} from '../runtimes/network-gateway.ts'
import type {NetworkGrant} from '../runtimes/sandbox.ts'

/** Where containers find the directory of their gateway. */
const mountTarget = '/run/autokestra'

export interface EgressProxyOptions {
  /** Where socket directories are made; the engine must see it, too. Default `/tmp`. */
  readonly directory?: string
  readonly limits?: Partial<EgressLimits>
  readonly dial?: DialOptions
}

export class EgressProxy implements NetworkGateway {
  readonly #options: EgressProxyOptions
  readonly #gateways = new Set<OpenGateway>()
  readonly #directories = new Set<SocketDirectory>()

  constructor(options: EgressProxyOptions = {}) {
    this.#options = options
  }

  async open(grant: NetworkGrant, {onRefused, ...user}: GatewayContext): Promise<OpenGateway> {
    const names = egressNames(grant.rules)
    const directory = createSocketDirectory(this.#options.directory ?? gatewaysDirectory, names.hosts, user)
    const limits = {...defaultEgressLimits, ...this.#options.limits}
    const server = new EgressGateway({rules: grant.rules, onRefused, limits, dial: this.#options.dial ?? {}})
    const release = async (): Promise<NetworkActivity> => {
      this.#gateways.delete(gateway)
      await server.close()
      directory.remove()
      this.#directories.delete(directory)
      return server.activity
    }
    let released: Promise<NetworkActivity> | undefined
    const gateway: OpenGateway = {
      mount: {source: directory.dir, target: mountTarget, isReadOnly: true},
      env: {
        AUTOKESTRA_EGRESS_SOCKET: path.posix.join(mountTarget, path.basename(directory.socket)),
        AUTOKESTRA_EGRESS_FORWARD: names.forward,
      },
      clientEnv: proxyVariables(),
      hostsFile: directory.hostsFile,
      get activity() {
        return server.activity
      },
      close: () => (released ??= release()),
    }
    this.#gateways.add(gateway)
    this.#directories.add(directory)
    try {
      await server.listen(directory.socket)
      directory.handOver()
    } catch (error) {
      await gateway.close()
      throw error
    }
    return gateway
  }

  /** Removes what lies on the disk, without waiting for anything: for a program that leaves now. */
  killNow(): void {
    for (const directory of this.#directories) directory.remove()
  }

  /** Closes every gateway that is still open. */
  async close(): Promise<void> {
    await Promise.all([...this.#gateways].map((gateway) => gateway.close()))
  }
}
