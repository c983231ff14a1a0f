// The container's side of the sandbox's proxy: context.fetch speaks to its socket, and listeners on loopback lead every other client there.

import {Buffer} from 'node:buffer'
import net, {type Socket} from 'node:net'
import {createRelayFetch} from '../relay-fetch.ts'
import {createRefusingFetch} from './refusing-fetch.ts'

export interface Egress {
  /** @param report takes what is to stand in the log of the task */
  readonly fetch: (report: (message: string) => void) => typeof fetch
  /** Settles when the listeners are ready. Resolves with what could not be set up, as sentences. */
  readonly ready: Promise<readonly string[]>
  /** What programs that the plugin starts find in their environment. */
  readonly env: Readonly<Record<string, string>>
}

interface Forward {
  readonly host: string
  readonly port: number
  /** `host:port`; absent where the client speaks to the proxy itself. */
  readonly target?: string
}

const maxAnswerHead = 16 * 1024

/** Undefined outside of a sandbox. Reads AUTOKESTRA_NETWORK (`none`: nothing is granted), AUTOKESTRA_EGRESS_SOCKET and AUTOKESTRA_EGRESS_FORWARD (`address:port[=host:port],…`). */
export function openEgress(variables: NodeJS.ProcessEnv): Egress | undefined {
  const socketPath = variables['AUTOKESTRA_EGRESS_SOCKET']
  if (socketPath === undefined || socketPath === '') {
    if (variables['AUTOKESTRA_NETWORK'] !== 'none') return undefined
    return {fetch: createRefusingFetch, ready: Promise.resolve([]), env: {AUTOKESTRA_NETWORK: 'none'}}
  }
  const forwards = parseForwards(variables['AUTOKESTRA_EGRESS_FORWARD'] ?? '')
  const ready = Promise.all(forwards.map((forward) => listen(forward, socketPath)))
  const proxy = forwards.find(({target}) => target === undefined)
  const relayFetch = createRelayFetch(socketPath)
  return {
    fetch: () => relayFetch,
    ready: ready.then((problems) => problems.filter((problem) => problem !== undefined)),
    env: {
      AUTOKESTRA_EGRESS_SOCKET: socketPath,
      ...(proxy !== undefined && proxyVariables(`http://${proxy.host}:${String(proxy.port)}`)),
    },
  }
}

/** In both spellings: some programs read only the one, some only the other. */
function proxyVariables(url: string): Record<string, string> {
  const own = 'localhost,127.0.0.1'
  return {HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: own, http_proxy: url, https_proxy: url, no_proxy: own}
}

function parseForwards(text: string): Forward[] {
  const forwards: Forward[] = []
  for (const entry of text.split(',')) {
    const [, host, port, target] = /^(127\.\d+\.\d+\.\d+):(\d+)(?:=([^=]+:\d+))?$/.exec(entry) ?? []
    if (host === undefined) continue
    forwards.push({host, port: Number(port), ...(target !== undefined && {target})})
  }
  return forwards
}

function listen({host, port, target}: Forward, socketPath: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer({allowHalfOpen: true, noDelay: true}, (client) => {
      join(client, net.connect({path: socketPath, allowHalfOpen: true}), target)
    })
    server.once('error', (error) => {
      resolve(`plugin host: cannot listen on ${host}:${String(port)}${target === undefined ? '' : ` for ${target}`}: ${error.message}`)
    })
    // Nothing of it keeps the process running.
    server.listen({host, port}, () => {
      resolve(undefined)
    })
    server.unref()
  })
}

function join(client: Socket, gateway: Socket, target: string | undefined): void {
  const end = (): void => {
    client.destroy()
    gateway.destroy()
  }
  for (const socket of [client, gateway]) socket.on('error', end).on('close', end)
  const connectThrough = (): void => {
    client.pipe(gateway)
    gateway.pipe(client)
  }
  if (target === undefined) {
    connectThrough()
    return
  }
  gateway.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`)
  let head: Buffer = Buffer.alloc(0)
  const read = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end === -1 && head.length < maxAnswerHead) return
    gateway.off('data', read)
    // Refused: the reason is in the log of the task, where the proxy has put it.
    if (end === -1 || !head.toString('latin1', 0, 13).startsWith('HTTP/1.1 200 ')) {
      client.destroy()
      return
    }
    gateway.pause()
    if (head.length > end + 4) gateway.unshift(head.subarray(end + 4))
    connectThrough()
  }
  gateway.on('data', read)
}
