// One gateway: the proxy server on one socket with the rules of one grant. What the rules do not grant is refused, reported and counted.

import type {IncomingMessage, Server, ServerResponse} from 'node:http'
import type {Duplex} from 'node:stream'
import {answer, explainClientError, reasonOf, refusalText, writeAndClose} from './answer.ts'
import {acceptTunnel} from './connect.ts'
import {Dialer, RefusedAddressError, type DialOptions} from './dial.ts'
import {decideRequest, refuseHeader, type EgressTarget, type Refused} from '../network/policy.ts'
import {createGatewayServer} from './gateway-server.ts'
import {refuseFraming, relay, RelayAgent} from './relay.ts'
import type {EgressLimits} from './limits.ts'
import type {NetworkActivity, Refusal} from '../runtimes/network-gateway.ts'
import {formatAuthority} from '../network/host.ts'
import type {NetworkRule} from '../network/rule.ts'
import {findUnlistedHeader} from '../network/request-headers.ts'
import {parseAbsoluteTarget, parseOriginTarget, printable, type RequestTarget} from '../network/target.ts'

const pipelined = 'it was sent before the previous request was answered'

export interface EgressGatewayOptions {
  readonly rules: readonly NetworkRule[]
  readonly onRefused: (refusal: Refusal) => void
  readonly limits: EgressLimits
  readonly dial: DialOptions
}

export class EgressGateway {
  readonly #options: EgressGatewayOptions
  readonly #server: Server
  readonly #dialer: Dialer
  readonly #agents: {readonly http: RelayAgent; readonly https: RelayAgent}
  readonly #clients = new Set<Duplex>()
  /** Connections that are tunnels of plain HTTP, and where they lead. */
  readonly #targets = new WeakMap<Duplex, EgressTarget>()
  readonly #busy = new WeakSet<Duplex>()
  #requests = 0
  #refused = 0
  #hasReportedCap = false
  #isClosed = false

  constructor(options: EgressGatewayOptions) {
    this.#options = options
    const {lookups, lookupMs} = options.limits
    this.#dialer = new Dialer({...options.dial, names: {lookups, timeoutMs: lookupMs, ...options.dial.names}})
    this.#agents = {http: new RelayAgent(this.#dialer, 'http'), https: new RelayAgent(this.#dialer, 'https')}
    this.#server = this.#createServer()
  }

  get activity(): NetworkActivity {
    return {requests: this.#requests, refused: this.#refused}
  }

  listen(socketPath: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(socketPath, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
  }

  /** Resolves when everything of the gateway is closed. */
  async close(): Promise<void> {
    this.#isClosed = true
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve()
      })
    })
    for (const client of this.#clients) client.destroy()
    for (const agent of Object.values(this.#agents)) agent.destroy()
    this.#dialer.close()
    await closed
  }

  #createServer(): Server {
    const server = createGatewayServer(this.#options.limits)
    server.on('connection', (socket) => {
      this.#clients.add(socket)
      socket.once('close', () => this.#clients.delete(socket))
      socket.on('error', () => socket.destroy())
    })
    server.on('request', (request, response) => {
      this.#onRequest(request, response)
    })
    server.on('checkExpectation', (request, response) => {
      this.#onRequest(request, response, 'its expectation is not supported')
    })
    server.on('connect', (request, socket, head) => {
      this.#onConnect(request, socket, head)
    })
    server.on('clientError', (error: Error & {code?: string}, socket) => {
      this.#onClientError(error, socket)
    })
    server.on('drop', () => {
      this.#refused += 1
      if (this.#hasReportedCap) return
      this.#hasReportedCap = true
      this.#options.onRefused({
        method: 'connect',
        target: 'the proxy',
        reason: `more than ${String(this.#options.limits.connections)} connections at once`,
        isTechnical: true,
      })
    })
    return server
  }

  /** @param problem why it cannot be carried, when that is known already */
  #onRequest(request: IncomingMessage, response: ServerResponse, problem?: string): void {
    const {socket} = request
    response.on('error', () => response.destroy())
    const method = request.method ?? ''
    const url = request.url ?? ''
    if (this.#busy.has(socket)) {
      // No client of today does it; who hides a second request behind a first one does. It also bounds what one connection can start.
      this.#report({method, target: printable(url), reason: pipelined})
      socket.destroy()
      return
    }
    this.#busy.add(socket)
    response.once('close', () => this.#busy.delete(socket))
    const target = problem ?? this.#targetOf(request)
    if (typeof target === 'string') {
      this.#refuse(request, response, 400, {isAllowed: false, reason: target})
      return
    }
    const framing = refuseFraming(request)
    if (framing !== undefined) {
      this.#refuse(request, response, 501, {isAllowed: false, reason: framing})
      return
    }
    const decision = decideRequest(this.#options.rules, target, target.path)
    if (!decision.isAllowed) {
      this.#refuse(request, response, 403, decision)
      return
    }
    const header = decision.isPathBound ? findUnlistedHeader(request.rawHeaders) : undefined
    if (header !== undefined) {
      this.#refuse(request, response, 403, refuseHeader(target, printable(header)))
      return
    }
    this.#requests += 1
    relay(request, response, {
      target: {...target, path: decision.path},
      agent: this.#agents[target.scheme],
      idleMs: this.#options.limits.idleMs,
      onFailed: (error) => {
        if (error instanceof RefusedAddressError) {
          this.#requests -= 1
          this.#refuse(request, response, 403, {isAllowed: false, reason: error.message})
        } else {
          answer(
            request,
            response,
            502,
            'failed',
            `The connection to ${formatAuthority(target.host, target.port)} failed: ${error.message}`,
          )
        }
      },
    })
  }

  /** Where a request is meant to go, or why that is unknown. */
  #targetOf(request: IncomingMessage): RequestTarget | string {
    const url = request.url ?? ''
    const tunnel = this.#targets.get(request.socket)
    if (request.headers.host === undefined && request.httpVersion !== '1.0') return 'it has no Host header'
    if (tunnel === undefined) {
      return parseAbsoluteTarget(url) ?? 'it does not name its target as http(s)://host[:port]/path in plain lower-case form'
    }
    const parts = parseOriginTarget(url)
    const host = request.headers.host
    if (parts === undefined) return 'its path is not in plain form'
    // Either is a name for the server; who says two different ones wants them to be read by different readers.
    if (
      host !== undefined &&
      host !== formatAuthority(tunnel.host, tunnel.port, 80) &&
      host !== formatAuthority(tunnel.host, tunnel.port)
    ) {
      return 'its Host header names a different host than the tunnel'
    }
    return {...tunnel, ...parts}
  }

  #onConnect(request: IncomingMessage, client: Duplex, head: Buffer): void {
    // The server has let go of the socket, and with it of its errors.
    client.on('error', () => client.destroy())
    const report = (reason: Pick<Refusal, 'reason' | 'allowingRule'>): void => {
      this.#report({method: 'CONNECT', target: printable(request.url ?? ''), ...reason})
    }
    if (this.#busy.has(client)) {
      report({reason: pipelined})
      client.destroy()
      return
    }
    void acceptTunnel(request, client, head, {
      rules: this.#options.rules,
      limits: this.#options.limits,
      dialer: this.#dialer,
      isInTunnel: this.#targets.has(client),
      report,
      onPassed: () => {
        this.#requests += 1
      },
      serveHttp: (target) => {
        this.#targets.set(client, target)
        this.#server.emit('connection', client)
      },
    })
  }

  #onClientError(error: Error & {code?: string}, socket: Duplex): void {
    const {code = ''} = error
    if (this.#isClosed || socket.destroyed || code === 'ECONNRESET') {
      socket.destroy()
      return
    }
    const [status, reason] = explainClientError(code)
    this.#report({method: '?', target: 'unknown', reason})
    writeAndClose(socket, status, 'refused', `Refused: ${reason}.`)
  }

  #refuse(request: IncomingMessage, response: ServerResponse, status: number, refused: Refused): void {
    const method = request.method ?? ''
    const target = printable(this.#describe(request))
    this.#report({method, target, ...reasonOf(refused)})
    answer(request, response, status, 'refused', refusalText(method, target, refused))
  }

  #describe(request: IncomingMessage): string {
    const url = request.url ?? ''
    const tunnel = this.#targets.get(request.socket)
    return (tunnel === undefined ? url : `http://${formatAuthority(tunnel.host, tunnel.port, 80)}${url}`).replace(/\?.*$/s, '')
  }

  #report(refusal: Refusal): void {
    this.#refused += 1
    this.#options.onRefused(refusal)
  }
}
