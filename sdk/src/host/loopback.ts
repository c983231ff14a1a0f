// Listeners on a container's loopback that lead ordinary clients to the sandbox's proxy: one speaks the proxy's own protocol, the others stand in
// for granted names.

import {Buffer} from 'node:buffer'
import net, {type Socket} from 'node:net'

export interface Forward {
  readonly host: string
  readonly port: number
  /** `host:port`; absent where the client speaks to the proxy itself. */
  readonly target?: string
}

const maxAnswerHead = 16 * 1024

/** Reads AUTOKESTRA_EGRESS_FORWARD: `address:port[=host:port],…`. */
export function parseForwards(text: string): Forward[] {
  const forwards: Forward[] = []
  for (const entry of text.split(',')) {
    const [, host, port, target] = /^(127\.\d+\.\d+\.\d+):(\d+)(?:=([^=]+:\d+))?$/.exec(entry) ?? []
    if (host === undefined) continue
    forwards.push({host, port: Number(port), ...(target !== undefined && {target})})
  }
  return forwards
}

/** Resolves when it listens, with undefined, or with why it cannot, as a clause. */
export function listen({host, port, target}: Forward, socketPath: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer({allowHalfOpen: true, noDelay: true}, (client) => {
      join(client, net.connect({path: socketPath, allowHalfOpen: true}), target)
    })
    // Also later: a flood of clients takes all file handles, and what is open goes on.
    server.on('error', (error) => {
      resolve(`cannot listen on ${host}:${String(port)}${target === undefined ? '' : ` for ${target}`}: ${error.message}`)
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
