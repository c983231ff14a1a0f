// The answer to a request that does not get through: a status, the reason as text, and a header that marks the answer as the proxy's own.

import type {IncomingMessage, ServerResponse} from 'node:http'
import type {Duplex} from 'node:stream'
import type {Refused} from '../network/policy.ts'
import type {Refusal} from '../runtimes/network-gateway.ts'
import {defined} from '../util/defined.ts'

/** Header of answers that are the proxy's own, never passed on from a server. */
export const egressHeader = 'autokestra-egress'

type AnswerKind = 'refused' | 'failed'

/** How much of a refused request's body is read, and how long, so that the client is done writing and reads the answer. */
const maxDrainBytes = 1024 * 1024
const maxDrainMs = 1000

const clientErrors: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'its head is too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'its head took too long to arrive'],
}

export function reasonOf({reason, allowingRule}: Refused): Pick<Refusal, 'reason' | 'allowingRule'> {
  return {reason, ...defined({allowingRule})}
}

export function refusalText(method: string, target: string, {reason, allowingRule}: Refused): string {
  const advice = allowingRule === undefined ? '' : ` This rule would allow it: ${allowingRule}`
  return `Refused: ${method} ${target}: ${reason}.${advice}`
}

/** Status and reason for an error of the HTTP parser. */
export function explainClientError(code: string): readonly [number, string] {
  return clientErrors[code] ?? [400, 'it is not valid HTTP/1.1']
}

/** The connection ends with it: what else waits in it was written without knowing the answer. */
export function answer(request: IncomingMessage, response: ServerResponse, status: number, kind: AnswerKind, text: string): void {
  if (response.destroyed) return
  const body = Buffer.from(`${text}\n`)
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.length,
    connection: 'close',
    [egressHeader]: kind,
  })
  response.write(body)
  // A socket that is closed with unread bytes takes the answer with it.
  let unread = maxDrainBytes
  const finish = (): void => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(finish, maxDrainMs)
  request.on('data', (chunk: Buffer) => {
    unread -= chunk.length
    if (unread < 0) finish()
  })
  request.once('close', finish)
  if (request.complete) finish()
}

/** The same on a connection that has left the HTTP server. */
export function writeAndClose(socket: Duplex, status: number, kind: AnswerKind, text: string): void {
  const body = `${text}\n`
  const head = [
    `HTTP/1.1 ${String(status)} ${kind === 'refused' ? 'Refused' : 'Failed'}`,
    'content-type: text/plain; charset=utf-8',
    `content-length: ${String(Buffer.byteLength(body))}`,
    'connection: close',
    `${egressHeader}: ${kind}`,
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
