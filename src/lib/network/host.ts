// The one written form of a host in a network rule and in a request. Everything else is refused, not guessed: two readers must never see two hosts.

import {isIP} from 'node:net'

/** Underscores are not part of host names by RFC 1123, but names with them are in use. */
const labelPattern = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/

/**
 * True for a name in lower-case ASCII without a trailing dot whose last label could not be read as a number, for an IPv4 address in
 * dotted decimal and for a compressed IPv6 address without brackets and zone. `0x7f.1`, `2130706433`, `A.test`, `a.test.` are none of these.
 */
export function isCanonicalHost(host: string): boolean {
  if (host.length > 253) return false
  if (isAddress(host)) return canonicalAddress(host) === host
  const labels = host.split('.')
  const last = labels.at(-1) ?? ''
  return labels.every((label) => labelPattern.test(label)) && !/^(?:\d+|0x[0-9a-f]*)$/.test(last)
}

/** True for IPv4 and IPv6 addresses, the latter without brackets. */
export function isAddress(host: string): boolean {
  return isIP(host) !== 0
}

function canonicalAddress(address: string): string | undefined {
  if (isIP(address) === 4) return address
  // A zone is not part of a URL.
  if (address.includes('%')) return undefined
  return new URL(`http://[${address}]/`).hostname.slice(1, -1)
}

/** `name`, `name:443`, `1.2.3.4`, `[::1]:443` -> its parts; undefined when the host is not in its one form or the port is not a port. */
export function parseAuthority(text: string): {host: string; port?: number} | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]@/?#\\%\s]+))(?::([1-9]\d{0,4}))?$/.exec(text)
  if (match === null) return undefined
  const [, address, name, port] = match
  const host = address ?? name ?? ''
  if (!isCanonicalHost(host) || (address !== undefined) !== host.includes(':')) return undefined
  if (port === undefined) return {host}
  return Number(port) > 65_535 ? undefined : {host, port: Number(port)}
}

/** The other way: brackets around IPv6, the port left out when it is the scheme's own. */
export function formatAuthority(host: string, port: number, defaultPort?: number): string {
  const text = host.includes(':') ? `[${host}]` : host
  return port === defaultPort ? text : `${text}:${String(port)}`
}
