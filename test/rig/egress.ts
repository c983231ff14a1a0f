// A gateway of the egress proxy without a container, servers on loopback behind names of `.test`, and clients that write their bytes themselves.

import {createServer as createHttpServer, type IncomingMessage, type RequestListener} from 'node:http'
import {createServer as createHttpsServer} from 'node:https'
import {connect, type AddressInfo, type Server, type Socket} from 'node:net'
import path from 'node:path'
import {onTestFinished} from 'vitest'
import type {EgressLimits} from '../../src/lib/egress/limits.ts'
import {EgressProxy} from '../../src/lib/egress/egress-proxy.ts'
import type {OpenGateway, Refusal} from '../../src/lib/runtimes/network-gateway.ts'
import {parseNetworkRule, type NetworkRule} from '../../src/lib/network/rule.ts'
import {defined} from '../../src/lib/util/defined.ts'
import {temporaryDir} from './temporary-dir.ts'
import {testCertificate, testKey} from './tls-certificate.ts'

export interface TestGateway {
  readonly gateway: OpenGateway
  readonly socket: string
  readonly refusals: Refusal[]
}

export interface TestGatewayOptions {
  /** Name -> addresses. Every other name below `.test` stands for 127.0.0.1, the only address that is reachable though it is refused. */
  readonly addresses?: Readonly<Record<string, readonly string[]>>
  readonly limits?: Partial<EgressLimits>
}

/** Opens a gateway with these rules; it is closed after the test. */
export async function openTestGateway(rules: readonly string[], {addresses = {}, limits}: TestGatewayOptions = {}): Promise<TestGateway> {
  const proxy = new EgressProxy({
    directory: temporaryDir(),
    ...defined({limits}),
    dial: {
      ca: testCertificate,
      reachable: ['127.0.0.1'],
      resolve: (name) =>
        Promise.resolve((addresses[name] ?? ['127.0.0.1']).map((address) => ({address, family: address.includes(':') ? 6 : 4}))),
    },
  })
  onTestFinished(() => proxy.close())
  const refusals: Refusal[] = []
  const context = {uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, onRefused: (refusal: Refusal) => refusals.push(refusal)}
  const gateway = await proxy.open({rules: rules.map(rule)}, context)
  return {gateway, socket: path.join(gateway.mount.source, 'egress.sock'), refusals}
}

export function rule(text: string): NetworkRule {
  const parsed = parseNetworkRule(text)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed.rule
}

export interface TestServer {
  readonly port: number
  readonly requests: IncomingMessage[]
  /** Connections, also those that never said anything. */
  readonly connections: Socket[]
}

/** An HTTP server on 127.0.0.1; answers `hello` unless told otherwise. */
export async function startServer(listener: RequestListener = sayHello): Promise<TestServer> {
  return watch(createHttpServer(), listener)
}

export async function startTlsServer(listener: RequestListener = sayHello): Promise<TestServer> {
  return watch(createHttpsServer({key: testKey, cert: testCertificate}), listener)
}

const sayHello: RequestListener = (_request, response) => {
  response.end('hello')
}

async function watch(server: Server, listener: RequestListener): Promise<TestServer> {
  const requests: IncomingMessage[] = []
  const connections: Socket[] = []
  server.on('connection', (socket: Socket) => {
    connections.push(socket)
    socket.on('error', () => undefined)
  })
  server.on('request', (request: IncomingMessage, response: Parameters<RequestListener>[1]) => {
    requests.push(request)
    listener(request, response)
  })
  const port = await listenOnLoopback(server)
  onTestFinished(() => {
    for (const socket of connections) socket.destroy()
    server.close()
  })
  return {port, requests, connections}
}

export async function listenOnLoopback(server: Server, address = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  return (server.address() as AddressInfo).port
}

/** A client at the gateway; destroyed after the test. */
export async function connectTo(socketPath: string): Promise<Socket> {
  const socket = connect({path: socketPath, allowHalfOpen: true})
  socket.on('error', () => undefined)
  onTestFinished(() => {
    socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return socket
}

/** Everything the gateway says until it closes the connection. */
export async function exchange(socketPath: string, bytes: string | Buffer): Promise<string> {
  const socket = await connectTo(socketPath)
  socket.write(bytes)
  return readToEnd(socket)
}

export function readToEnd(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    const finish = (): void => {
      resolve(Buffer.concat(chunks).toString('latin1'))
    }
    socket.once('end', finish)
    socket.once('close', finish)
    // A socket that has ended already does not say so again.
    if (socket.readableEnded || socket.closed) finish()
  })
}

/** Reads until what came so far ends with an empty line; the rest stays in the socket. */
export function readHead(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0)
    const read = (): void => {
      for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null)
        bytes = Buffer.concat([bytes, chunk])
      const end = bytes.indexOf('\r\n\r\n')
      if (end === -1) return
      socket.off('readable', read)
      if (bytes.length > end + 4) socket.unshift(bytes.subarray(end + 4))
      resolve(bytes.toString('latin1', 0, end))
    }
    socket.on('readable', read)
    socket.once('close', () => {
      resolve(bytes.toString('latin1'))
    })
  })
}

/** A request as a proxy gets it, with its connection to be closed after it. */
export function proxyRequest(
  url: string,
  {method = 'GET', headers = [], body = ''}: {method?: string; headers?: string[]; body?: string} = {},
): string {
  return [`${method} ${url} HTTP/1.1`, 'Host: anything.test', 'Connection: close', ...headers, '', body].join('\r\n')
}
