// Rules of a network grant: `scheme://host[:port][/path*]`. Pure; a rule that could be read in two ways is refused when it is written.

import {domainToASCII} from 'node:url'
import {refuseAddress} from './address.ts'
import {isAddress, parseAuthority} from './host.ts'
import {normalizePath} from './path.ts'

export interface NetworkRule {
  /** As it was written. */
  readonly text: string
  readonly scheme: 'http' | 'https'
  /** Lower-case, in punycode, an IPv6 address without brackets. Of a wildcard: what follows `*.`, empty for `*`. */
  readonly host: string
  /** `*.example.com`: every name below example.com, not itself; `*`: every name. Never an address. */
  readonly isWildcard: boolean
  readonly port: number
  /** Starts with `/`; normalised. */
  readonly path: string
  /** It ended in `*`, or there was no path at all (then it is `/`). */
  readonly isPathPrefix: boolean
}

export type ParsedNetworkRule =
  {readonly ok: true; readonly rule: NetworkRule} | {readonly ok: false; readonly message: string; readonly hint?: string}

export const defaultPorts = {http: 80, https: 443} as const

const form = 'write scheme://host[:port][/path], for example https://api.example.com or https://api.example.com/v1/*'
const maxRuleLength = 2048

/** `https://host` grants the whole host, `https://host/v1/*` what starts with `/v1/`, `https://host/v1` that path alone; query strings are always free. */
export function parseNetworkRule(text: string): ParsedNetworkRule {
  if (text.length > maxRuleLength) return refuse('a network rule is at most 2048 characters long')
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(.*)$/is.exec(text)
  if (match === null) return refuse(`'${text}' is not a network rule: it has no scheme`, form)
  const [, scheme = '', authority = '', path = '', rest = ''] = match
  if (scheme !== 'http' && scheme !== 'https') return refuse(`'${text}': the scheme is http or https, in lower case`, form)
  if (rest !== '')
    return refuse(`'${text}': a rule has no query and no fragment`, 'leave out everything after the path; query strings are always allowed')
  if (authority.includes('@')) return refuse(`'${text}': a rule has no user name`, form)
  const target = parseHost(authority)
  if (typeof target === 'string') return refuse(`'${text}': ${target}`, form)
  const wanted = parsePath(path)
  if (typeof wanted === 'string') return refuse(`'${text}': ${wanted}`, form)
  return {ok: true, rule: {text, scheme, ...target, port: target.port ?? defaultPorts[scheme], ...wanted}}
}

/** The whole host is granted, whatever the path. */
export function isWholeHost(rule: NetworkRule): boolean {
  return rule.isPathPrefix && rule.path === '/'
}

function refuse(message: string, hint?: string): ParsedNetworkRule {
  return hint === undefined ? {ok: false, message} : {ok: false, message, hint}
}

type Target = Pick<NetworkRule, 'host' | 'isWildcard'> & {readonly port?: number}

/** The parts, or what is wrong with them. */
function parseHost(authority: string): Target | string {
  const isAny = /^\*(?::|$)/.test(authority)
  const isWildcard = isAny || authority.startsWith('*.')
  const text = isAny ? authority.replace('*', 'any') : isWildcard ? authority.slice(2) : authority
  if (text.includes('*')) return "'*' may replace the first labels of the host (*.example.com) or the whole host"
  const parsed = parseAuthority(toAscii(text))
  if (parsed === undefined)
    return 'the host or its port is not valid; write names without a final dot, and addresses as 10.0.0.5 or [fd00::5]'
  const {host} = parsed
  if (isAddress(host)) {
    if (isWildcard) return 'a wildcard may come before a name, not before an address'
    const reason = refuseAddress(host)
    if (reason !== undefined) return `${host} is ${reason}, which is never granted`
  }
  if (host === 'localhost' || host.endsWith('.localhost')) return 'the machine itself (localhost) is never granted'
  return {...parsed, host: isAny ? '' : host, isWildcard}
}

/** Only names with characters outside of ASCII and upper case are rewritten; numbers in disguise stay what they are, and are refused. */
function toAscii(authority: string): string {
  const [, name = '', port = ''] = /^(.*?)(:\d+)?$/s.exec(authority) ?? []
  // eslint-disable-next-line no-control-regex -- all of ASCII
  if (name.startsWith('[') || /^[\u0000-\u007f]*$/.test(name)) return authority.toLowerCase()
  return domainToASCII(name) + port
}

function parsePath(path: string): Pick<NetworkRule, 'path' | 'isPathPrefix'> | string {
  if (path === '') return {path: '/', isPathPrefix: true}
  const isPathPrefix = path.endsWith('*')
  const text = isPathPrefix ? path.slice(0, -1) : path
  if (text.includes('*')) return "'*' is allowed only at the end of a path"
  const normal = normalizePath(text)
  if (normal === undefined) return "the path is ambiguous: no empty or dot segments, no escaped '/', '%' or '\\', no ';'"
  return {path: normal, isPathPrefix}
}
