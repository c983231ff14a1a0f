// Gives the memory of bytes back at once. The collector alone lets tens of megabytes of read chunks pile up before it looks at them.

import {MessageChannel, type MessagePort} from 'node:worker_threads'

export class ByteReleaser {
  #drain: MessagePort | undefined

  /** Frees the memory behind `bytes`, which must not be used afterwards. Does nothing for a part of a larger buffer. */
  release(bytes: Buffer): void {
    const {buffer} = bytes
    if (!(buffer instanceof ArrayBuffer) || bytes.length === 0 || bytes.length !== buffer.byteLength) return
    if (this.#drain === undefined) {
      const {port1} = new MessageChannel()
      port1.close()
      this.#drain = port1
    }
    // What is transferred belongs to the receiver; a closed port has none, so it is freed (ArrayBuffer.transfer(0) needs Node.js 21).
    this.#drain.postMessage(null, [buffer])
  }
}
