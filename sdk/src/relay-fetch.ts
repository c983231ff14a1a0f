// fetch through the sandbox's proxy, behind a unix socket, which makes the TLS connection itself and so sees what is asked for.

import {Buffer} from 'node:buffer'
import type {Agent, IncomingMessage, request as sendRequest} from 'node:http'
import {Readable} from 'node:stream'
import zlib from 'node:zlib'

/** Marks answers of the proxy itself; it never passes this header on. */
const egressHeader = 'autokestra-egress'
const maxRedirects = 20
const maxReasonLength = 4096
const redirectStatuses = new Set([301, 302, 303, 307, 308])
const bodilessStatuses = new Set([204, 205, 304])

interface Exchange {
  url: URL
  method: string
  headers: Headers
  /** Bytes can be sent again after a redirect, a stream cannot. */
  body: Buffer | Readable | undefined
}

/**
 * A fetch for http: and https: addresses whose requests all go through `socketPath`. Redirects are followed here, and the proxy judges each.
 * A refusal rejects like a failed connection does: with a TypeError, whose message names the reason.
 */
export function createRelayFetch(socketPath: string): typeof fetch {
  let agent: Agent | undefined
  return async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return globalThis.fetch(request)
    // Only now: most tasks never fetch anything.
    const http = await import('node:http')
    agent ??= new http.Agent({keepAlive: true})
    const exchange: Exchange = {url, method: request.method, headers: headersOf(request), body: await bodyOf(request, init)}
    for (let redirects = 0; ; redirects += 1) {
      const answer = await send(http.request, {exchange, agent, socketPath, signal: request.signal})
      const location = redirectStatuses.has(answer.statusCode ?? 0) ? answer.headers.location : undefined
      if (location === undefined || request.redirect === 'manual') return toResponse(answer, exchange, request.signal, redirects > 0)
      answer.resume()
      if (request.redirect === 'error') throw new TypeError('fetch failed: unexpected redirect')
      if (redirects === maxRedirects) throw new TypeError('fetch failed: redirect count exceeded')
      follow(exchange, location, answer.statusCode ?? 0)
    }
  }
}

function headersOf(request: Request): Headers {
  const headers = new Headers(request.headers)
  if (!headers.has('accept')) headers.set('accept', '*/*')
  if (!headers.has('user-agent')) headers.set('user-agent', 'node')
  if (!headers.has('accept-encoding')) headers.set('accept-encoding', 'gzip, deflate, br')
  headers.delete('host')
  headers.delete('content-length')
  return headers
}

async function bodyOf(request: Request, init: RequestInit | undefined): Promise<Exchange['body']> {
  if (request.body === null) return undefined
  const given: unknown = init?.body
  const isStream = typeof given === 'object' && given !== null && (given instanceof ReadableStream || Symbol.asyncIterator in given)
  return isStream ? Readable.fromWeb(request.body) : Buffer.from(await request.arrayBuffer())
}

interface Sending {
  exchange: Exchange
  agent: Agent
  socketPath: string
  signal: AbortSignal
}

function send(start: typeof sendRequest, {exchange, agent, socketPath, signal}: Sending): Promise<IncomingMessage> {
  const {url, method, headers, body} = exchange
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const outgoing = start({
      agent,
      socketPath,
      method,
      path: url.origin + url.pathname + url.search,
      setHost: false,
      headers: {...Object.fromEntries(headers), host: url.host, ...lengthOf(body)},
    })
    const stop = (): void => {
      outgoing.destroy(toError(signal.reason))
    }
    signal.addEventListener('abort', stop, {once: true})
    outgoing.once('close', () => {
      signal.removeEventListener('abort', stop)
    })
    outgoing.once('error', (error) => {
      reject(signal.aborted ? toError(signal.reason) : new TypeError(`fetch failed: ${error.message}`, {cause: error}))
    })
    outgoing.once('response', (answer) => {
      if (answer.headers[egressHeader] === undefined) resolve(answer)
      else
        readReason(answer).then((reason) => {
          reject(new TypeError(`fetch failed: ${reason}`))
        }, reject)
    })
    if (body instanceof Readable) {
      body.once('error', (error) => outgoing.destroy(error))
      body.pipe(outgoing)
    } else outgoing.end(body)
  })
}

function lengthOf(body: Exchange['body']): Record<string, string> {
  if (body === undefined) return {}
  return body instanceof Readable ? {'transfer-encoding': 'chunked'} : {'content-length': String(body.length)}
}

async function readReason(answer: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of answer) if (text.length < maxReasonLength) text += String(chunk)
  return text.slice(0, maxReasonLength).trim()
}

/** Fetch Standard, "HTTP-redirect fetch". */
function follow(exchange: Exchange, location: string, status: number): void {
  const next = new URL(location, exchange.url)
  if (next.protocol !== 'http:' && next.protocol !== 'https:')
    throw new TypeError('fetch failed: a redirect leads to something other than http(s)')
  if (next.username !== '' || next.password !== '') throw new TypeError('fetch failed: a redirect holds a user name')
  const {method, headers} = exchange
  if (status === 303 ? method !== 'GET' && method !== 'HEAD' : status < 303 && method === 'POST') {
    exchange.method = 'GET'
    exchange.body = undefined
    for (const name of ['content-encoding', 'content-language', 'content-location', 'content-type']) headers.delete(name)
  }
  if (exchange.body instanceof Readable) throw new TypeError('fetch failed: a redirect asks for a streamed body again')
  if (next.origin !== exchange.url.origin) for (const name of ['authorization', 'proxy-authorization', 'cookie']) headers.delete(name)
  exchange.url = next
}

function toResponse(answer: IncomingMessage, {url, method}: Exchange, signal: AbortSignal, redirected: boolean): Response {
  const status = answer.statusCode ?? 0
  const headers = new Headers()
  for (let index = 0; index + 1 < answer.rawHeaders.length; index += 2) {
    headers.append(answer.rawHeaders[index] ?? '', answer.rawHeaders[index + 1] ?? '')
  }
  let body: ReadableStream | null = null
  if (method === 'HEAD' || bodilessStatuses.has(status)) answer.resume()
  else {
    const decoded = decode(answer)
    const stop = (): void => {
      decoded.destroy(toError(signal.reason))
      answer.destroy()
    }
    signal.addEventListener('abort', stop, {once: true})
    decoded.once('close', () => {
      signal.removeEventListener('abort', stop)
    })
    body = Readable.toWeb(decoded) as ReadableStream
  }
  const response = new Response(body, {status, statusText: answer.statusMessage ?? '', headers})
  Object.defineProperties(response, {url: {value: url.href}, redirected: {value: redirected}})
  return response
}

function decode(answer: IncomingMessage): Readable {
  const encodings = (answer.headers['content-encoding'] ?? '').split(',').map((name) => name.trim().toLowerCase())
  let decoded: Readable = answer
  for (const encoding of encodings.reverse()) {
    const decoder = decoderOf(encoding)
    if (decoder === undefined) break
    const source = decoded
    source.once('error', (error) => decoder.destroy(error))
    decoder.once('close', () => source.destroy())
    decoded = source.pipe(decoder)
  }
  return decoded
}

function decoderOf(encoding: string): (Readable & NodeJS.WritableStream) | undefined {
  if (encoding === 'gzip' || encoding === 'x-gzip') return zlib.createGunzip({finishFlush: zlib.constants.Z_SYNC_FLUSH})
  if (encoding === 'deflate') return zlib.createInflate({finishFlush: zlib.constants.Z_SYNC_FLUSH})
  if (encoding === 'br') return zlib.createBrotliDecompress()
  return undefined
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason), {cause: reason})
}
