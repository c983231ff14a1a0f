// Gives the memory of bytes back at once. The collector alone lets tens of megabytes of read chunks pile up before it looks at them.

import type {MessagePort} from 'node:worker_threads'

/** Less is left to the collector: most tasks print little, and a channel for each costs more than their bytes. */
const leastBytes = 1024

export class ByteReleaser {
  #drain: MessagePort | undefined

  /** Frees the memory behind `bytes`, which must not be used afterwards. Does nothing for a few bytes, or for a part of a larger buffer. */
  release(bytes: Buffer): void {
    const {buffer} = bytes
    if (!(buffer instanceof ArrayBuffer) || bytes.length < leastBytes || bytes.length !== buffer.byteLength) return
    if (this.#drain === undefined) {
      const {port1} = new MessageChannel()
      port1.close()
      this.#drain = port1
    }
    // What is transferred belongs to the receiver; a closed port has none, so it is freed (ArrayBuffer.transfer(0) needs Node.js 21).
    this.#drain.postMessage(null, [buffer])
  }
}
