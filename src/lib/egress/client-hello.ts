// Reads the name a TLS client asks for. RFC 8446 section 4.1.2, RFC 6066 section 3; strict: what is not plain and complete has no name.

export interface ClientHello {
  /** Lower-case. */
  readonly serverName: string
}

const serverNameExtension = 0
/** encrypted_client_hello (RFC 9849) and its forerunner: the true name stands where only the server can read it. */
const hidingExtensions = new Set([0xfe0d, 0xffce])

/**
 * @param message a whole ClientHello with its handshake header
 * @returns the name, or as a clause why there is none
 */
export function parseClientHello(message: Buffer): ClientHello | string {
  try {
    const hello = new Reader(message)
    if (hello.number(1) !== 1) return 'it does not start with a ClientHello'
    const body = hello.block(3)
    hello.end()
    body.skip(2 + 32)
    body.block(1)
    body.block(2)
    body.block(1)
    if (body.isEmpty) return 'the ClientHello names no server'
    const extensions = body.block(2)
    body.end()
    return readExtensions(extensions)
  } catch (error) {
    if (error instanceof RangeError) return 'the ClientHello is malformed'
    throw error
  }
}

function readExtensions(extensions: Reader): ClientHello | string {
  let serverName: string | undefined
  const seen = new Set<number>()
  while (!extensions.isEmpty) {
    const type = extensions.number(2)
    const content = extensions.block(2)
    if (seen.has(type)) return 'the ClientHello repeats an extension'
    seen.add(type)
    if (hidingExtensions.has(type)) return 'the ClientHello hides the server name (encrypted_client_hello)'
    if (type === serverNameExtension) serverName = readServerName(content)
  }
  return serverName === undefined ? 'the ClientHello names no server' : {serverName}
}

/** Exactly one host name: of several, the server might take another one. */
function readServerName(content: Reader): string {
  const list = content.block(2)
  content.end()
  if (list.number(1) !== 0) throw new RangeError('another kind of name')
  const name = list.block(2).text()
  list.end()
  return name.toLowerCase()
}

/** Big-endian numbers and blocks with their length before them. A RangeError when there is too little or too much. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isEmpty(): boolean {
    return this.#at === this.#bytes.length
  }

  number(size: number): number {
    const value = this.#bytes.readUIntBE(this.#at, size)
    this.#at += size
    return value
  }

  block(lengthSize: number): Reader {
    const length = this.number(lengthSize)
    const start = this.#at
    this.skip(length)
    return new Reader(this.#bytes.subarray(start, start + length))
  }

  skip(length: number): void {
    if (this.#at + length > this.#bytes.length) throw new RangeError('too short')
    this.#at += length
  }

  end(): void {
    if (!this.isEmpty) throw new RangeError('too long')
  }

  text(): string {
    return this.#bytes.toString('latin1')
  }
}
