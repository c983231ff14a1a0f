// The end of a container's outputs.

import type {Readable} from 'node:stream'
import type {Attachment} from './api/docker-client.ts'

/** Waits for what is on the way as long as some of it comes, then lets go of both outputs. @param drainMs without a byte */
export async function drainOutputs({stdin, stdout, stderr, receivedBytes}: Attachment, drainMs: number): Promise<void> {
  const closed = Promise.all([closing(stdout), closing(stderr)])
  for (let before = -1; before !== receivedBytes();) {
    before = receivedBytes()
    const isClosed = await Promise.race([closed.then(() => true), pause(drainMs)])
    if (isClosed === true) break
  }
  stdin.destroy()
  stdout.destroy()
  stderr.destroy()
}

export function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined).unref())
}

function closing(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve()
    else stream.once('close', resolve)
  })
}
