// One connection carries both outputs of a container, in frames: a byte that names the stream, three of zero, four of length, then the bytes
// (Engine API, "Attach to a container"). Takes them apart without a copy, and stops reading when nobody takes them.

import {Readable, type Duplex} from 'node:stream'

const headerBytes = 8

export interface SplitOutputs {
  readonly stdout: Readable
  readonly stderr: Readable
  /** How many bytes have come so far. */
  readonly receivedBytes: () => number
  /** Settles when nothing more comes; what has come may not have been read yet. */
  readonly ended: Promise<void>
}

/** Both outputs end with the connection, also when it breaks. Both must be read: they share it. */
export function splitOutputs(connection: Duplex): SplitOutputs {
  const header = Buffer.alloc(headerBytes)
  let headerLength = 0
  let bytesLeft = 0
  let received = 0
  let isEnded = false
  const full = new Set<Readable>()
  const makeOutput = (): Readable => {
    const output: Readable = new Readable({
      read: () => {
        full.delete(output)
        if (full.size === 0) connection.resume()
      },
      destroy: (error, done) => {
        // Who does not want it must not keep the other one waiting.
        full.delete(output)
        if (full.size === 0) connection.resume()
        done(error)
      },
    })
    return output
  }
  const stdout = makeOutput()
  const stderr = makeOutput()
  let target = stdout

  const take = (chunk: Buffer): void => {
    received += chunk.length
    let at = 0
    while (at < chunk.length) {
      if (bytesLeft === 0) {
        const taken = Math.min(headerBytes - headerLength, chunk.length - at)
        chunk.copy(header, headerLength, at, at + taken)
        headerLength += taken
        at += taken
        if (headerLength < headerBytes) return
        headerLength = 0
        target = header[0] === 2 ? stderr : stdout
        bytesLeft = header.readUInt32BE(4)
      } else {
        const end = Math.min(at + bytesLeft, chunk.length)
        if (!target.destroyed && !target.push(chunk.subarray(at, end))) full.add(target)
        bytesLeft -= end - at
        at = end
      }
    }
    if (full.size > 0) connection.pause()
  }
  let settle: () => void = () => undefined
  const ended = new Promise<void>((resolve) => {
    settle = resolve
  })
  const end = (): void => {
    if (isEnded) return
    isEnded = true
    settle()
    for (const output of [stdout, stderr]) if (!output.destroyed) output.push(null)
  }
  connection.on('data', take)
  connection.on('end', end)
  connection.on('close', end)
  // A broken connection looks like the end of the outputs; how the container ended is asked elsewhere.
  connection.on('error', end)
  return {stdout, stderr, receivedBytes: () => received, ended}
}
