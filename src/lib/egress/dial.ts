// Connects to granted targets: resolves a name once, judges the addresses, and dials those that passed. Nothing else in the proxy opens a connection.

import {connect, isIP, type Socket} from 'node:net'
import {connect as connectTls, type TLSSocket} from 'node:tls'
import type {EgressTarget} from '../network/policy.ts'
import {defined} from '../util/defined.ts'
import {NameResolver, type NameResolverOptions, type ResolvedAddress} from './name-resolver.ts'
import {blockListOf, refuseAddress, type AddressClass} from '../network/address.ts'
import {ownAddresses} from './own-addresses.ts'

export interface DialOptions {
  /** How names are looked up, unless `resolve` does it. */
  readonly names?: NameResolverOptions
  readonly resolve?: (host: string) => Promise<readonly ResolvedAddress[]>
  /** Addresses that may be reached although their class is refused; only for tests, which serve on loopback. */
  readonly reachable?: readonly string[]
  /** PEM of the authorities that servers are checked against. Default: those of Node. */
  readonly ca?: string
  /** Default 10 000. */
  readonly connectTimeoutMs?: number
}

/** The target was granted, but what its name stands for never is. */
export class RefusedAddressError extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'RefusedAddressError'
  }
}

export class Dialer {
  readonly #options: DialOptions
  readonly #open = new Set<Socket>()
  readonly #names: NameResolver
  #isClosed = false

  constructor(options: DialOptions = {}) {
    this.#options = options
    this.#names = new NameResolver(options.names)
  }

  /**
   * A connected socket. It is the dialer's until it ends: close() destroys it.
   * @throws RefusedAddressError; any other error is the network's
   */
  async dial(host: string, port: number, {allowHalfOpen = false} = {}): Promise<Socket> {
    const addresses = await this.#permitted(host)
    if (this.#isClosed) throw new Error('the task has ended')
    const socket = connect({
      host,
      port,
      // Node would resolve the name again, and perhaps to something else.
      lookup: (_host, _options, callback) => {
        callback(null, [...addresses])
      },
      autoSelectFamily: true,
      allowHalfOpen,
      noDelay: true,
    })
    this.#track(socket)
    await this.#ready(socket, 'connect')
    // What the kernel's tables did not show: a connection to oneself comes from where it goes.
    const {localAddress, remoteAddress} = socket
    if (localAddress === remoteAddress && !this.#isReachable(remoteAddress ?? '')) {
      socket.destroy()
      throw refusedAddress(host, "one of this machine's addresses")
    }
    return socket
  }

  /** Dials and makes sure that the other side is who it should be. */
  async dialTls({host, port}: EgressTarget): Promise<TLSSocket> {
    const plain = await this.dial(host, port)
    const {ca} = this.#options
    const socket = connectTls({
      socket: plain,
      host,
      ...(isIP(host) === 0 && {servername: host}),
      ALPNProtocols: ['http/1.1'],
      ...defined({ca}),
    })
    this.#track(socket)
    try {
      await this.#ready(socket, 'secureConnect')
    } catch (error) {
      plain.destroy()
      throw error
    }
    return socket
  }

  close(): void {
    this.#isClosed = true
    this.#names.close()
    for (const socket of this.#open) socket.destroy()
  }

  async #permitted(host: string): Promise<readonly ResolvedAddress[]> {
    const family = isIP(host)
    const found = family === 0 ? await this.#resolve(host) : [{address: host, family}]
    const own = await ownAddresses()
    const permitted: ResolvedAddress[] = []
    let refused: AddressClass | undefined
    // A name may stand for good and bad addresses at once: in intranets, link-local ones are published beside the others.
    for (const each of found) {
      const reason = this.#isReachable(each.address) ? undefined : refuseAddress(each.address, own)
      if (reason === undefined) permitted.push(each)
      else refused ??= reason
    }
    if (permitted.length > 0) return permitted
    if (refused === undefined) throw new Error(`the name ${host} has no address`)
    throw refusedAddress(host, refused)
  }

  #isReachable(address: string): boolean {
    return blockListOf(this.#options.reachable ?? []).check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }

  #resolve(host: string): Promise<readonly ResolvedAddress[]> {
    return this.#options.resolve?.(host) ?? this.#names.resolve(host)
  }

  #track(socket: Socket): void {
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    // The user of the socket hears of it too, if there is one.
    socket.on('error', () => socket.destroy())
  }

  #ready(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error('the connection took too long')), this.#options.connectTimeoutMs ?? 10_000)
      const settle = (): void => {
        clearTimeout(timer)
        socket.off('error', reject)
        socket.off('close', onClose)
      }
      const onClose = (): void => {
        settle()
        reject(new Error('the connection was closed'))
      }
      socket.once('error', reject)
      socket.once('close', onClose)
      socket.once(event, () => {
        settle()
        resolve()
      })
    })
  }
}

function refusedAddress(host: string, what: AddressClass): RefusedAddressError {
  return new RefusedAddressError(`${isIP(host) === 0 ? 'the name resolves to' : 'it is'} ${what}, which no rule grants`)
}
