// Holds a client's bytes back until TLS has named the granted host, also the second time when the server asks for another ClientHello.

import {parseClientHello} from './client-hello.ts'

/** Says as a clause why a tunnel ends. */
export class GateError extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'GateError'
  }
}

const recordHeader = 5
const maxRecord = 2 ** 14
/** With post-quantum keys a hello has about 2 KB, with session tickets a few more. */
const maxHello = 32 * 1024
const maxFragments = 64
const handshake = 22
/** ChangeCipherSpec, alert, and application data sent early: all that may follow a first hello before its answer. */
const followers = new Set([20, 21, 23])
/** The random of a ServerHello that asks for a second ClientHello. RFC 8446 section 4.1.3. */
const helloRetryRandom = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex')
const serverHelloHead = recordHeader + 4 + 2 + helloRetryRandom.length

/**
 * `hello`: waiting for a ClientHello. `answer`: it passed; further hellos are not due before the server has answered. `open`: the rest is
 * encrypted, every byte passes.
 */
type State = 'hello' | 'answer' | 'open'

export class HelloGate {
  readonly #host: string
  #state: State = 'hello'
  #held: Buffer = Buffer.alloc(0)
  #answer: Buffer = Buffer.alloc(0)
  #isSecond = false

  constructor(host: string) {
    this.#host = host
  }

  /** True once inspection is over. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Takes bytes of the client and gives those that may pass now. Throws GateError: then none may, ever. */
  fromClient(chunk: Buffer): Buffer {
    if (this.#state === 'open') return chunk
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    return this.#release()
  }

  /** Looks at bytes of the server, which all pass; gives bytes of the client that were waiting for them. */
  fromServer(chunk: Buffer): Buffer {
    if (this.#state !== 'answer') return Buffer.alloc(0)
    this.#answer = Buffer.concat([this.#answer, chunk])
    const isHello = this.#answer[0] === handshake
    if (isHello && this.#answer.length < serverHelloHead) return Buffer.alloc(0)
    const asksAgain = isHello && this.#answer.subarray(serverHelloHead - helloRetryRandom.length, serverHelloHead).equals(helloRetryRandom)
    if (asksAgain && !this.#isSecond) {
      this.#isSecond = true
      this.#state = 'hello'
    } else {
      this.#state = 'open'
    }
    this.#answer = Buffer.alloc(0)
    return this.#release()
  }

  #release(): Buffer {
    const passed: Buffer[] = []
    let next = this.#next()
    while (next !== undefined) {
      passed.push(next)
      next = this.#next()
    }
    return Buffer.concat(passed)
  }

  /** The next piece that may pass, taken from what is held; undefined when more bytes are needed. */
  #next(): Buffer | undefined {
    if (this.#held.length === 0) return undefined
    if (this.#state === 'open') return this.#take(this.#held.length)
    const type = this.#held[0]
    if (type !== handshake && (!followers.has(type ?? -1) || (this.#state === 'hello' && !this.#isSecond))) {
      throw new GateError('the client did not send TLS')
    }
    const record = readRecord(this.#held, 0)
    if (record === undefined) return undefined
    if (type !== handshake) return this.#take(record.end)
    // Sent before the server could ask for it: a server that does ask would read it, and nobody would have looked.
    if (this.#state === 'answer') throw new GateError('the client sent a second ClientHello that was not requested')
    return this.#takeHello()
  }

  #takeHello(): Buffer | undefined {
    const fragments: Buffer[] = []
    let end = 0
    let size = 0
    for (;;) {
      const record = readRecord(this.#held, end)
      if (record === undefined || this.#held[end] !== handshake) {
        if (record !== undefined) throw new GateError('the ClientHello is interrupted by another record')
        if (this.#held.length > maxHello) throw new GateError('the ClientHello is too long')
        return undefined
      }
      fragments.push(record.content)
      size += record.content.length
      end = record.end
      if (size > maxHello || fragments.length > maxFragments) throw new GateError('the ClientHello is too long')
      const message = Buffer.concat(fragments)
      if (message.length >= 4 && message.length >= 4 + message.readUIntBE(1, 3)) {
        this.#check(message)
        this.#state = this.#isSecond ? 'open' : 'answer'
        return this.#take(end)
      }
    }
  }

  #check(message: Buffer): void {
    const hello = parseClientHello(message)
    if (typeof hello === 'string') throw new GateError(hello)
    if (hello.serverName !== this.#host) throw new GateError('the ClientHello names a different server than the tunnel')
  }

  #take(length: number): Buffer {
    const taken = this.#held.subarray(0, length)
    this.#held = this.#held.subarray(length)
    return taken
  }
}

function readRecord(bytes: Buffer, at: number): {content: Buffer; end: number} | undefined {
  if (bytes.length < at + recordHeader) return undefined
  const length = bytes.readUInt16BE(at + 3)
  // Encrypted early data may be 256 bytes longer. RFC 8446 section 5.2.
  if (bytes[at + 1] !== 3 || length === 0 || length > maxRecord + 256) throw new GateError('the client did not send TLS')
  const end = at + recordHeader + length
  return bytes.length < end ? undefined : {content: bytes.subarray(at + recordHeader, end), end}
}
