// Decides what a grant lets through. Pure: names, ports and paths only; what a name resolves to is judged when it is dialled.

import {formatAuthority, isAddress} from './host.ts'
import {defaultPorts, isWholeHost, parseNetworkRule, type NetworkRule} from './rule.ts'
import {normalizePath} from './path.ts'

export interface EgressTarget {
  readonly scheme: 'http' | 'https'
  /** In canonical form, an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
}

export interface Refused {
  readonly isAllowed: false
  /** A clause: `no rule grants this host`. */
  readonly reason: string
  /** The narrowest rule that would let it pass. */
  readonly allowingRule?: string
}

export type RequestDecision =
  | {
      readonly isAllowed: true
      /** To be sent instead of the one asked for. */ readonly path: string
      /** Only some paths of the host are granted. */ readonly isPathBound: boolean
    }
  | Refused

/** `tls`: bytes pass once the ClientHello has named the host. `http`: the requests inside are judged one by one. */
export type TunnelDecision = {readonly isAllowed: true; readonly carries: 'tls' | 'http'} | Refused

/** @param path without the query, as it was written; starts with `/` */
export function decideRequest(rules: readonly NetworkRule[], target: EgressTarget, path: string): RequestDecision {
  const ofHost = rules.filter((rule) => grantsTarget(rule, target))
  if (ofHost.length === 0) return refuseTarget(rules, target, normalizePath(path))
  if (ofHost.some(isWholeHost)) return {isAllowed: true, path, isPathBound: false}
  const normal = normalizePath(path)
  if (normal === undefined) {
    return refuse('the path can be read in more than one way, and only some paths of this host are granted', originOf(target))
  }
  if (ofHost.some((rule) => (rule.isPathPrefix ? normal.startsWith(rule.path) : normal === rule.path)))
    return {isAllowed: true, path: normal, isPathBound: true}
  return refuse('no rule grants this path', ruleFor(target, normal))
}

/** For a request to a granted path, with a header that is not known to be harmless. */
export function refuseHeader(target: EgressTarget, name: string): Refused {
  return refuse(`its header '${name}' could name another path, and only some paths of this host are granted`, originOf(target))
}

/** For CONNECT, where no path can be seen. */
export function decideTunnel(rules: readonly NetworkRule[], host: string, port: number): TunnelDecision {
  const https: EgressTarget = {scheme: 'https', host, port}
  const ofHost = rules.filter((rule) => grantsTarget(rule, https))
  if (ofHost.some(isWholeHost)) return {isAllowed: true, carries: 'tls'}
  if (rules.some((rule) => grantsTarget(rule, {...https, scheme: 'http'}))) return {isAllowed: true, carries: 'http'}
  if (ofHost.length > 0) return refuse('only some paths of this host are granted, and a tunnel hides the path', originOf(https))
  const scheme = port === defaultPorts.http ? 'http' : 'https'
  return refuseTarget(rules, {...https, scheme})
}

function grantsTarget(rule: NetworkRule, {scheme, host, port}: EgressTarget): boolean {
  return rule.scheme === scheme && rule.port === port && grantsHost(rule, host)
}

function grantsHost(rule: NetworkRule, host: string): boolean {
  if (!rule.isWildcard) return rule.host === host
  return !isAddress(host) && (rule.host === '' || host.endsWith(`.${rule.host}`))
}

function refuseTarget(rules: readonly NetworkRule[], target: EgressTarget, path?: string): Refused {
  const ofHost = rules.filter((rule) => grantsHost(rule, target.host))
  const allowingRule = ruleFor(target, path)
  if (ofHost.length === 0) {
    return refuse(
      isAddress(target.host) ? 'no rule grants this address; rules for names never do' : 'no rule grants this host',
      allowingRule,
    )
  }
  if (ofHost.some((rule) => rule.port === target.port)) return refuse(`this host is not granted over ${target.scheme}`, allowingRule)
  return refuse('this host is granted on another port only', allowingRule)
}

function refuse(reason: string, allowingRule: string): Refused {
  // What is never granted needs no advice.
  return parseNetworkRule(allowingRule).ok ? {isAllowed: false, reason, allowingRule} : {isAllowed: false, reason}
}

/** Long paths are not useful advice, and `*` at an end would mean more than itself. */
function ruleFor(target: EgressTarget, path = ''): string {
  return originOf(target) + (path.length > 200 || path.includes('*') ? '' : path)
}

function originOf({scheme, host, port}: EgressTarget): string {
  return `${scheme}://${formatAuthority(host, port, defaultPorts[scheme])}`
}
