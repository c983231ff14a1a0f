// Reads the target of a request line strictly: what any reader could take for another host or path is refused here.

import type {EgressTarget} from './policy.ts'
import {parseAuthority} from './host.ts'
import {defaultPorts} from './rule.ts'

export interface RequestTarget extends EgressTarget {
  /** As written, `/` when there was none. */
  readonly path: string
  /** With its question mark; empty when there is none. */
  readonly query: string
}

/** `https://host[:port]/path?query` -> its parts; undefined for any other form: user names, fragments, hosts in disguise, characters outside of printable ASCII. */
export function parseAbsoluteTarget(text: string): RequestTarget | undefined {
  const match = /^(https?):\/\/([^/?#]+)(.*)$/.exec(text)
  if (match === null) return undefined
  const [, scheme, authority = '', rest = ''] = match
  if (scheme !== 'http' && scheme !== 'https') return undefined
  const parsed = parseAuthority(authority)
  const tail = parseOriginTarget(rest.startsWith('/') ? rest : `/${rest}`)
  if (parsed === undefined || tail === undefined) return undefined
  return {scheme, host: parsed.host, port: parsed.port ?? defaultPorts[scheme], ...tail}
}

/** `/path?query` -> its parts. */
export function parseOriginTarget(text: string): Pick<RequestTarget, 'path' | 'query'> | undefined {
  const match = /^(\/[!-"$->@-~]*)(\?[!-"$-~]*)?$/.exec(text)
  return match === null ? undefined : {path: match[1] ?? '/', query: match[2] ?? ''}
}

/** `host:port`, as CONNECT writes it. */
export function parseConnectTarget(text: string): {host: string; port: number} | undefined {
  const parsed = parseAuthority(text)
  return parsed?.port === undefined ? undefined : {host: parsed.host, port: parsed.port}
}

/** For the log: at most 200 printable characters of foreign text. */
export function printable(text: string): string {
  const shown = text.replace(/[^ -~]/g, '?')
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown
}
