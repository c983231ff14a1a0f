// Carries one request to its granted target and the answer back. Both are written again from their parsed parts: nothing reaches a server that was not understood here.

import {
  Agent,
  request as sendRequest,
  type AgentOptions,
  type ClientRequest,
  type ClientRequestArgs,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import {pipeline, type Duplex} from 'node:stream'
import {hasErrorCode} from '../util/error-code.ts'
import {egressHeader} from './answer.ts'
import type {Dialer} from './dial.ts'
import {formatAuthority} from '../network/host.ts'
import {defaultPorts} from '../network/rule.ts'
import type {RequestTarget} from '../network/target.ts'

const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]
/** Answered here (`expect`), replaced (`host`, `content-length`), or about a change of protocol that does not happen. */
const requestOnly = ['host', 'expect', 'content-length', 'http2-settings', egressHeader]
const maxResponseHeader = 64 * 1024

export interface RelayOptions {
  readonly target: RequestTarget
  readonly agent: RelayAgent
  /** How long the server may stay silent. */
  readonly idleMs: number
  /** Called when no answer has begun, and none will. */
  readonly onFailed: (error: Error) => void
}

/** Keeps connections of one gateway and one scheme for later requests to the same target. */
export class RelayAgent extends Agent {
  readonly #dialer: Dialer
  readonly #scheme: 'http' | 'https'

  constructor(dialer: Dialer, scheme: 'http' | 'https', options: AgentOptions = {}) {
    super({keepAlive: true, maxFreeSockets: 8, timeout: 30_000, ...options})
    this.#dialer = dialer
    this.#scheme = scheme
  }

  override createConnection(options: ClientRequestArgs, callback?: (error: Error | null, socket: Duplex) => void): undefined {
    const {host, port} = options
    const target = {scheme: this.#scheme, host: host ?? '', port: Number(port)}
    const dialled: Promise<Duplex> = this.#scheme === 'https' ? this.#dialer.dialTls(target) : this.#dialer.dial(target.host, target.port)
    dialled.then(
      (socket) => callback?.(null, socket),
      (error: unknown) => {
        // Node reads the socket only when there is not an error.
        callback?.(toError(error), undefined as unknown as Duplex)
      },
    )
    return undefined
  }
}

/** Why a request with this framing is not carried, as a clause; undefined when it is. */
export function refuseFraming(request: IncomingMessage): string | undefined {
  const encoding = request.headers['transfer-encoding']
  if (encoding !== undefined && encoding !== 'chunked') return 'its transfer encoding is not supported'
  if (encoding !== undefined && request.headers['content-length'] !== undefined) return 'its length is stated twice'
  if (/\bwebsocket\b/i.test(request.headers.upgrade ?? ''))
    return 'a WebSocket needs a tunnel (CONNECT), and a tunnel needs an https rule for the whole host'
  return undefined
}

export function relay(request: IncomingMessage, response: ServerResponse, options: RelayOptions): void {
  const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  send(request, response, options, hasBody, true)
}

function send(request: IncomingMessage, response: ServerResponse, options: RelayOptions, hasBody: boolean, mayRetry: boolean): void {
  const {target, agent, idleMs, onFailed} = options
  let upstream: ClientRequest
  try {
    upstream = sendRequest({
      agent,
      host: target.host,
      port: target.port,
      method: request.method ?? 'GET',
      path: target.path + target.query,
      headers: requestHeaders(request, options),
      setHost: false,
      maxHeaderSize: maxResponseHeader,
    })
  } catch (error) {
    // Node reads some headers that it does not write.
    onFailed(toError(error))
    return
  }
  let isOver = false
  const finish = (error: Error): void => {
    if (isOver) return
    isOver = true
    response.off('close', abandon)
    if (response.headersSent || response.destroyed) response.destroy()
    // The server closed a kept connection at the moment it was used again.
    else if (mayRetry && !hasBody && wasClosedIdle(upstream, error)) send(request, response, options, hasBody, false)
    else onFailed(error)
  }
  const abandon = (): void => {
    upstream.destroy()
  }
  response.once('close', abandon)
  upstream.setTimeout(idleMs, () => upstream.destroy(new Error('the server did not answer in time')))
  upstream.once('response', (answer) => {
    try {
      answerWith(answer, response)
      isOver = true
    } catch (error) {
      upstream.destroy()
      finish(toError(error))
    }
  })
  upstream.on('error', finish)
  // Also without an error, as after an answer that changes the protocol.
  upstream.once('close', () => {
    finish(new Error('the server closed the connection without an answer'))
  })
  // Not a pipeline: when the server fails, the client is still to be answered.
  if (hasBody) request.pipe(upstream)
  else upstream.end()
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function wasClosedIdle(upstream: ClientRequest, error: Error): boolean {
  return upstream.reusedSocket && hasErrorCode(error, 'ECONNRESET', 'EPIPE')
}

function answerWith(answer: IncomingMessage, response: ServerResponse): void {
  const dropped = namesOf(answer, [...hopByHop, egressHeader, 'alt-svc'])
  response.writeHead(
    answer.statusCode ?? 502,
    pairsOf(answer)
      .filter(([name]) => !dropped.has(name.toLowerCase()))
      .flat(),
  )
  pipeline(answer, response, (error) => {
    // Cut off, so that half an answer is not taken for a whole one.
    if (error) response.destroy()
  })
}

function requestHeaders(request: IncomingMessage, {target}: RelayOptions): Record<string, string | string[]> {
  const dropped = namesOf(request, [...hopByHop, ...requestOnly])
  const values = new Map<string, string[]>([['host', [formatAuthority(target.host, target.port, defaultPorts[target.scheme])]]])
  for (const [written, value] of pairsOf(request)) {
    const name = written.toLowerCase()
    if (dropped.has(name)) continue
    values.set(name, [...(values.get(name) ?? []), value])
  }
  const length = request.headers['content-length']
  if (length !== undefined) values.set('content-length', [length])
  else if (request.headers['transfer-encoding'] !== undefined) values.set('transfer-encoding', ['chunked'])
  const headers = Object.create(null) as Record<string, string | string[]>
  for (const [name, list] of values) headers[name] = list.length === 1 ? (list[0] ?? '') : list
  return headers
}

/** Besides the fixed ones, those that `Connection` names. RFC 9110 section 7.6.1. */
function namesOf(message: IncomingMessage, fixed: readonly string[]): Set<string> {
  const named = (message.headers.connection ?? '').toLowerCase().split(',')
  return new Set([...fixed, ...named.map((name) => name.trim())])
}

function pairsOf({rawHeaders}: IncomingMessage): [string, string][] {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) pairs.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? ''])
  return pairs
}
