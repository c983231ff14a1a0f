// ClientHellos written byte by byte, so that they can be wrong in exactly one way.

export interface HelloOptions {
  readonly name?: string
  /** Besides the server name: type and content. */
  readonly extensions?: readonly (readonly [number, Buffer])[]
  /** In place of the server name extension made of `name`. */
  readonly nameList?: Buffer
}

/** The handshake message. */
export function clientHello({name, extensions = [], nameList}: HelloOptions): Buffer {
  const list = nameList ?? (name === undefined ? undefined : serverNames(name))
  const all = [...(list === undefined ? [] : [[0, list] as const]), ...extensions]
  const written = Buffer.concat(all.map(([type, content]) => Buffer.concat([number(type, 2), block(content, 2)])))
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    block(Buffer.alloc(32, 1), 1),
    block(Buffer.from([0x13, 0x01]), 2),
    block(Buffer.from([0]), 1),
    block(written, 2),
  ])
  return Buffer.concat([Buffer.from([1]), block(body, 3)])
}

/** The content of a server name extension; each name is of type 0 unless told otherwise. */
export function serverNames(...names: (string | {readonly type: number; readonly name: string})[]): Buffer {
  const entries = names.map((each) => (typeof each === 'string' ? {type: 0, name: each} : each))
  return block(Buffer.concat(entries.map(({type, name}) => Buffer.concat([number(type, 1), block(Buffer.from(name), 2)]))), 2)
}

export function record(content: Buffer, type = 22): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 1]), block(content, 2)])
}

/** One message in records of at most `size` bytes. */
export function records(content: Buffer, size: number): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at < content.length; at += size) pieces.push(record(content.subarray(at, at + size)))
  return Buffer.concat(pieces)
}

/** A ServerHello as far as its random, then zeros. */
export function serverHello(random: Buffer): Buffer {
  return record(Buffer.concat([Buffer.from([2]), block(Buffer.concat([Buffer.from([3, 3]), random, Buffer.alloc(40)]), 3)]))
}

/** RFC 8446 section 4.1.3: the SHA-256 of "HelloRetryRequest". */
export const helloRetryRandom = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex')

function number(value: number, size: number): Buffer {
  const bytes = Buffer.alloc(size)
  bytes.writeUIntBE(value, 0, size)
  return bytes
}

function block(content: Buffer, size: number): Buffer {
  return Buffer.concat([number(content.length, size), content])
}
