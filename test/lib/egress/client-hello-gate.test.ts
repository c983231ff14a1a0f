import {createHash} from 'node:crypto'
import {Duplex} from 'node:stream'
import {connect} from 'node:tls'
import {describe, expect, it} from 'vitest'
import {parseClientHello} from '../../../src/lib/egress/client-hello.ts'
import {HelloGate} from '../../../src/lib/egress/client-hello-gate.ts'
import {clientHello, helloRetryRandom, record, records, serverHello, serverNames} from '../../rig/client-hello.ts'

const good = clientHello({name: 'api.test'})
const nothing = Buffer.alloc(0)

/** What passes of these pieces, one after the other. */
function passed(gate: HelloGate, ...pieces: Buffer[]): Buffer {
  return Buffer.concat(pieces.map((piece) => gate.fromClient(piece)))
}

function bytewise(bytes: Buffer): Buffer[] {
  return [...bytes].map((byte) => Buffer.from([byte]))
}

describe('the name in a ClientHello', () => {
  it('is found, in lower case', () => {
    expect(parseClientHello(good)).toEqual({serverName: 'api.test'})
    expect(parseClientHello(clientHello({name: 'API.test'}))).toEqual({serverName: 'api.test'})
  })

  it('is found in what OpenSSL sends', () => {
    const sent: Buffer[] = []
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        sent.push(chunk)
        done()
      },
    })
    const socket = connect({socket: wire, servername: 'api.granted.test', ALPNProtocols: ['h2', 'http/1.1']})
    socket.on('error', () => undefined)
    const bytes = Buffer.concat(sent)
    socket.destroy()
    expect(parseClientHello(bytes.subarray(5))).toEqual({serverName: 'api.granted.test'})
    expect(passed(new HelloGate('api.granted.test'), bytes)).toEqual(bytes)
  })

  it('is found among extensions that mean nothing (GREASE)', () => {
    const grease = [0x0a0a, 0x1a1a, 0xfafa].map((type) => [type, Buffer.from([0])] as const)
    expect(parseClientHello(clientHello({name: 'api.test', extensions: grease}))).toEqual({serverName: 'api.test'})
  })

  it.each([
    ['no name', clientHello({}), 'names no server'],
    [
      'no extensions at all',
      Buffer.concat([Buffer.from([1, 0, 0, 41, 3, 3]), Buffer.alloc(32), Buffer.from([0, 0, 2, 0x13, 1, 1, 0])]),
      'names no server',
    ],
    ['two names', clientHello({nameList: serverNames('api.test', 'evil.test')}), 'malformed'],
    ['another kind of name', clientHello({nameList: serverNames({type: 1, name: 'api.test'})}), 'malformed'],
    ['the extension twice', clientHello({name: 'api.test', extensions: [[0, serverNames('evil.test')]]}), 'repeats an extension'],
    ['an encrypted hello', clientHello({name: 'api.test', extensions: [[0xfe0d, Buffer.alloc(40)]]}), 'hides the server name'],
    ['an encrypted name', clientHello({name: 'api.test', extensions: [[0xffce, Buffer.alloc(40)]]}), 'hides the server name'],
    ['bytes behind its end', Buffer.concat([good, Buffer.from([0])]), 'malformed'],
    ['a byte too few', good.subarray(0, -1), 'malformed'],
    ['another message', Buffer.concat([Buffer.from([2]), good.subarray(1)]), 'does not start with a ClientHello'],
  ])('is not accepted with %s', (_what, message, reason) => {
    expect(parseClientHello(message)).toContain(reason)
  })

  it('is never found in a message that was cut anywhere', () => {
    for (let length = 0; length < good.length; length += 1) expect(parseClientHello(good.subarray(0, length))).toBeTypeOf('string')
  })
})

describe('the gate', () => {
  it('lets a hello with the right name pass, byte by byte and in many records', () => {
    for (const bytes of [record(good), records(good, 64), records(good, 3)]) {
      expect(passed(new HelloGate('api.test'), bytes)).toEqual(bytes)
      expect(passed(new HelloGate('api.test'), ...bytewise(bytes))).toEqual(bytes)
    }
  })

  it('lets nothing pass before the hello is complete', () => {
    expect(passed(new HelloGate('api.test'), ...bytewise(record(good).subarray(0, -1)))).toEqual(nothing)
  })

  it.each([
    ['another name', record(clientHello({name: 'evil.test'})), 'names a different server'],
    ['a longer name', record(clientHello({name: 'api.test.evil.test'})), 'names a different server'],
    ['a name that ends in a dot', record(clientHello({name: 'api.test.'})), 'names a different server'],
    ['a zero byte in the name', record(clientHello({name: 'api.test\0'})), 'names a different server'],
    ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'did not send TLS'],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH\r\n'), 'did not send TLS'],
    ['a hello of SSL 2', Buffer.from([0x80, 0x2e, 1, 3, 1, 0, 0, 0]), 'did not send TLS'],
    ['another record first', Buffer.concat([record(Buffer.from([1]), 20), record(good)]), 'did not send TLS'],
    ['an empty record', Buffer.concat([Buffer.from([22, 3, 1, 0, 0]), record(good)]), 'did not send TLS'],
    ['a record that is too long', Buffer.from([22, 3, 1, 0xff, 0xff]), 'did not send TLS'],
    [
      'another record in the middle',
      Buffer.concat([record(good.subarray(0, 9)), record(Buffer.from([1]), 20), record(good.subarray(9))]),
      'interrupted by another record',
    ],
    ['a second message in its record', record(Buffer.concat([good, clientHello({name: 'evil.test'})])), 'malformed'],
    ['endless fragments', records(clientHello({name: 'api.test', extensions: [[21, Buffer.alloc(3000)]]}), 1), 'too long'],
    ['an endless message', records(Buffer.concat([Buffer.from([1, 0xff, 0xff, 0xff]), Buffer.alloc(60_000)]), 10_000), 'too long'],
  ])('does not open for %s', (_what, bytes, reason) => {
    expect(() => passed(new HelloGate('api.test'), bytes)).toThrow(reason)
    expect(() => passed(new HelloGate('api.test'), ...bytewise(bytes))).toThrow(reason)
  })

  it('lets everything pass once the server has answered', () => {
    const gate = new HelloGate('api.test')
    passed(gate, record(good))
    expect(gate.isOpen).toBe(false)
    for (const piece of bytewise(serverHello(Buffer.alloc(32, 9)))) gate.fromServer(piece)
    expect(gate.isOpen).toBe(true)
    const rest = Buffer.from('whatever, it is encrypted')
    expect(passed(gate, rest)).toEqual(rest)
  })

  it('lets early data pass, but no second hello that nobody has asked for', () => {
    const gate = new HelloGate('api.test')
    const early = Buffer.concat([record(Buffer.from([1]), 20), record(Buffer.alloc(99), 23)])
    expect(passed(gate, record(good), early)).toEqual(Buffer.concat([record(good), early]))
    expect(() => passed(gate, record(clientHello({name: 'evil.test'})))).toThrow('not requested')
  })

  it('reads the second hello, too, when the server asks for one', () => {
    expect(helloRetryRandom).toEqual(createHash('sha256').update('HelloRetryRequest').digest())
    const gate = new HelloGate('api.test')
    passed(gate, record(good))
    gate.fromServer(serverHello(helloRetryRandom))
    expect(gate.isOpen).toBe(false)
    const second = Buffer.concat([record(Buffer.from([1]), 20), record(good)])
    expect(passed(gate, ...bytewise(second))).toEqual(second)
    expect(gate.isOpen).toBe(true)
  })

  it('does not open for a second hello with another name', () => {
    const gate = new HelloGate('api.test')
    passed(gate, record(good))
    gate.fromServer(serverHello(helloRetryRandom))
    expect(() => passed(gate, record(clientHello({name: 'evil.test'})))).toThrow('names a different server')
  })

  it('holds back what is not a whole record yet while the answer is awaited', () => {
    const gate = new HelloGate('api.test')
    passed(gate, record(good))
    const half = record(Buffer.alloc(50), 23).subarray(0, 20)
    expect(passed(gate, half)).toEqual(nothing)
    expect(gate.fromServer(serverHello(Buffer.alloc(32, 9)))).toEqual(half)
  })
})
