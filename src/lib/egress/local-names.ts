// How programs that do not know the proxy find it: granted names get addresses on the container's own loopback.

import {isAddress} from '../network/host.ts'
import type {NetworkRule} from '../network/rule.ts'

/** Where the SDK's host, or the relay of a step, listens as an HTTP proxy. The port is the one proxies traditionally have. */
const proxyAddress = '127.0.0.1:3128'

/** In both spellings: some programs read only the one, some only the other. */
export function proxyVariables(): Record<string, string> {
  const url = `http://${proxyAddress}`
  const own = 'localhost,127.0.0.1,::1'
  return {HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: own, http_proxy: url, https_proxy: url, no_proxy: own}
}

export interface EgressNames {
  /** Entries of the hosts file, as `name:address`. */
  readonly hosts: readonly string[]
  /** `listening address[=host:port to connect to]`, joined by commas; an entry without a target carries the proxy's own protocol. */
  readonly forward: string
}

/**
 * Every granted name gets an address of its own, also one of which only some paths are granted: the connection is then refused with a reason.
 * Wildcards and addresses cannot be listed; they are reached through the HTTP proxy.
 */
export function egressNames(rules: readonly NetworkRule[]): EgressNames {
  const portsByName = new Map<string, Set<number>>()
  for (const {host, port, isWildcard} of rules) {
    if (isWildcard || isAddress(host)) continue
    const ports = portsByName.get(host) ?? new Set()
    portsByName.set(host, ports.add(port))
  }
  const hosts: string[] = []
  const forwards = [proxyAddress]
  for (const [index, [name, ports]] of [...portsByName].entries()) {
    const address = loopbackAddress(index)
    hosts.push(`${name}:${address}`)
    for (const port of ports) forwards.push(`${address}:${String(port)}=${name}:${String(port)}`)
  }
  return {hosts, forward: forwards.join(',')}
}

/** 127.0.1.1 and on: 127.0.0.x is left to what images put there. */
function loopbackAddress(index: number): string {
  const perBlock = 254
  return `127.0.${String(1 + Math.floor(index / perBlock))}.${String(1 + (index % perBlock))}`
}
