// Joins a client and a granted server whose words stay secret: bytes pass in both directions once the ClientHello has named the server.

import {pipeline, Transform, type Duplex} from 'node:stream'
import type {Socket} from 'node:net'
import {HelloGate} from './client-hello-gate.ts'

export interface TunnelOptions {
  readonly client: Duplex
  /** What the client sent before it learned that the tunnel is open. */
  readonly head: Buffer
  readonly upstream: Socket
  readonly host: string
  /** How long the ClientHello may take. */
  readonly helloTimeoutMs: number
  /** How long both may stay silent. */
  readonly idleMs: number
  /** Called at most once, with a clause: why the tunnel was not opened. */
  readonly onRefused: (reason: string) => void
  /** Called when the first ClientHello has passed. */
  readonly onPassed: () => void
}

/** The answer to a CONNECT that is granted. */
export const established = 'HTTP/1.1 200 Connection established\r\n\r\n'

/** A fatal `unrecognized_name` in a TLS record: what a client makes a comprehensible error of. RFC 8446 section 6. */
const alert = Buffer.from([21, 3, 3, 0, 2, 2, 112])

/** Destroys both when either breaks, when nobody says anything, and when the gate does not open. */
export function runTunnel({client, head, upstream, host, helloTimeoutMs, idleMs, onRefused, onPassed}: TunnelOptions): void {
  const gate = new HelloGate(host)
  let hasPassed = false
  let isOver = false
  const end = (reason?: string): void => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    if (reason === undefined) client.destroy()
    else {
      onRefused(reason)
      // Written at once, before the end of the pipelines destroys the client.
      client.end(alert)
    }
    upstream.destroy()
  }
  const onEnd = (error: Error | null | undefined): void => {
    if (error) end()
  }
  const timer = setTimeout(() => {
    end('no ClientHello arrived in time')
  }, helloTimeoutMs)
  const pass = (bytes: Buffer): void => {
    if (bytes.length === 0) return
    if (!hasPassed) {
      hasPassed = true
      clearTimeout(timer)
      onPassed()
      // Not before: a client that never names its server would hear what it says anyway.
      pipeline(upstream, toClient, client, onEnd)
    }
    toServer.push(bytes)
  }
  const guarded = (read: () => Buffer, done: () => void): void => {
    try {
      pass(read())
    } catch (error) {
      end(error instanceof Error ? error.message : String(error))
      return
    }
    done()
  }
  const toServer = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      guarded(() => gate.fromClient(chunk), done)
    },
  })
  const toClient = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      if (gate.isOpen) done(null, chunk)
      else {
        guarded(
          () => gate.fromServer(chunk),
          () => {
            done(null, chunk)
          },
        )
      }
    },
  })
  upstream.setTimeout(idleMs, () => {
    end()
  })
  client.write(established)
  if (head.length > 0) client.unshift(head)
  pipeline(client, toServer, upstream, onEnd)
}
