// Answers a CONNECT: refuses it, opens a tunnel for TLS, or says that plain HTTP requests follow, which are judged one by one.

import type {IncomingMessage} from 'node:http'
import type {Socket} from 'node:net'
import type {Duplex} from 'node:stream'
import {reasonOf, refusalText, writeAndClose} from './answer.ts'
import {RefusedAddressError, type Dialer} from './dial.ts'
import type {EgressLimits} from './limits.ts'
import {decideTunnel, type EgressTarget, type Refused} from '../network/policy.ts'
import {established, runTunnel} from './tunnel.ts'
import type {Refusal} from '../runtimes/network-gateway.ts'
import type {NetworkRule} from '../network/rule.ts'
import {parseConnectTarget, printable} from '../network/target.ts'

interface TunnelContext {
  readonly rules: readonly NetworkRule[]
  readonly limits: EgressLimits
  readonly dialer: Dialer
  /** The client is inside of a tunnel already; there is none within another. */
  readonly isInTunnel: boolean
  readonly report: (refusal: Pick<Refusal, 'reason' | 'allowingRule'>) => void
  readonly onPassed: () => void
  /** Takes over the client, whose requests are all meant for this target. */
  readonly serveHttp: (target: EgressTarget) => void
}

/** Never rejects. Errors of the client must be handled already. */
export async function acceptTunnel(request: IncomingMessage, client: Duplex, head: Buffer, context: TunnelContext): Promise<void> {
  const {rules, limits, dialer, isInTunnel, report, onPassed, serveHttp} = context
  const written = printable(request.url ?? '')
  const refuse = (status: number, refused: Refused): void => {
    report(reasonOf(refused))
    writeAndClose(client, status, 'refused', refusalText('CONNECT', written, refused))
  }
  const target = isInTunnel ? undefined : parseConnectTarget(request.url ?? '')
  if (target === undefined) {
    refuse(400, {isAllowed: false, reason: 'it does not name its target as host:port in plain lower-case form'})
    return
  }
  if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined) {
    refuse(400, {isAllowed: false, reason: 'a CONNECT has no body'})
    return
  }
  const {host, port} = target
  const decision = decideTunnel(rules, host, port)
  if (!decision.isAllowed) {
    refuse(403, decision)
    return
  }
  if (decision.carries === 'http') {
    client.write(established)
    if (head.length > 0) client.unshift(head)
    serveHttp({scheme: 'http', host, port})
    return
  }
  let upstream: Socket
  try {
    upstream = await dialer.dial(host, port, {allowHalfOpen: true})
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof RefusedAddressError) refuse(403, {isAllowed: false, reason: message})
    else writeAndClose(client, 502, 'failed', `The connection to ${written} failed: ${message}`)
    return
  }
  if (client.destroyed) {
    upstream.destroy()
    return
  }
  const onRefused = (reason: string): void => {
    report({reason})
  }
  runTunnel({client, head, upstream, host, idleMs: limits.idleMs, helloTimeoutMs: limits.headerTimeoutMs, onPassed, onRefused})
}
