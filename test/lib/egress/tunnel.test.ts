import {createServer, type Socket} from 'node:net'
import {connect as connectTls} from 'node:tls'
import {describe, expect, it, onTestFinished} from 'vitest'
import {clientHello, record} from '../../rig/client-hello.ts'
import {
  connectTo,
  exchange,
  listenOnLoopback,
  openTestGateway,
  readHead,
  readToEnd,
  startServer,
  startTlsServer,
  type TestGateway,
} from '../../rig/egress.ts'
import {testCertificate} from '../../rig/tls-certificate.ts'

/** A client that has sent CONNECT, and the head of the answer. */
async function tunnelTo({socket}: TestGateway, target: string): Promise<{client: Socket; head: string}> {
  const client = await connectTo(socket)
  client.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`)
  return {client, head: await readHead(client)}
}

/** A server that says nothing of TLS: what it receives, and its connections. */
async function startListener(): Promise<{port: number; received: () => string; connections: Socket[]}> {
  const chunks: Buffer[] = []
  const connections: Socket[] = []
  const server = createServer((socket) => {
    connections.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  })
  const port = await listenOnLoopback(server)
  onTestFinished(() => {
    for (const socket of connections) socket.destroy()
    server.close()
  })
  return {port, received: () => Buffer.concat(chunks).toString('latin1'), connections}
}

describe('a tunnel', () => {
  it('carries TLS to a granted host, which the client itself verifies', async () => {
    const server = await startTlsServer((request, response) => response.end(`path ${request.url ?? ''}`))
    const test = await openTestGateway([`https://*.granted.test:${String(server.port)}`])
    const {client, head} = await tunnelTo(test, `api.granted.test:${String(server.port)}`)
    expect(head).toMatch(/^HTTP\/1.1 200 /)
    const tls = connectTls({socket: client, servername: 'api.granted.test', ca: testCertificate})
    tls.write('GET /any//path HTTP/1.1\r\nHost: api.granted.test\r\nConnection: close\r\n\r\n')
    expect(await readToEnd(tls)).toContain('path /any//path')
    expect(test.gateway.activity).toEqual({requests: 1, refused: 0})
  })

  it('stands also when the client does not wait for the answer', async () => {
    const listener = await startListener()
    const test = await openTestGateway([`https://api.test:${String(listener.port)}`])
    const client = await connectTo(test.socket)
    const hello = record(clientHello({name: 'api.test'}))
    const head = Buffer.from(`CONNECT api.test:${String(listener.port)} HTTP/1.1\r\nHost: x\r\n\r\n`)
    client.write(Buffer.concat([head, hello.subarray(0, 30)]))
    await readHead(client)
    client.write(hello.subarray(30))
    await expect.poll(listener.received).toBe(hello.toString('latin1'))
  })

  it.each([
    ['another name', record(clientHello({name: 'evil.test'})), 'the ClientHello names a different server than the tunnel'],
    ['no name', record(clientHello({})), 'the ClientHello names no server'],
    [
      'a hidden name',
      record(clientHello({name: 'api.test', extensions: [[0xfe0d, Buffer.alloc(9)]]})),
      'the ClientHello hides the server name',
    ],
    ['no TLS', Buffer.from('GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n'), 'the client did not send TLS'],
    ['HTTP/2 in plain', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 'the client did not send TLS'],
  ])('ends when the client sends %s, and the server sees nothing of it', async (_what, bytes, reason) => {
    const listener = await startListener()
    const test = await openTestGateway([`https://api.test:${String(listener.port)}`])
    const target = `api.test:${String(listener.port)}`
    const {client} = await tunnelTo(test, target)
    client.write(bytes)
    // A TLS alert, so that the client knows.
    expect(await readToEnd(client)).toBe('\x15\x03\x03\x00\x02\x02\x70')
    expect(test.refusals).toEqual([{method: 'CONNECT', target, reason: expect.stringContaining(reason) as string}])
    expect(listener.received()).toBe('')
    expect(test.gateway.activity).toEqual({requests: 0, refused: 1})
  })

  it('ends when the client says nothing', async () => {
    const listener = await startListener()
    const test = await openTestGateway([`https://api.test:${String(listener.port)}`], {limits: {headerTimeoutMs: 100}})
    const {client} = await tunnelTo(test, `api.test:${String(listener.port)}`)
    await readToEnd(client)
    expect(test.refusals[0]?.reason).toBe('no ClientHello arrived in time')
  })

  it('ends when both sides are silent for too long', async () => {
    const listener = await startListener()
    const test = await openTestGateway([`https://api.test:${String(listener.port)}`], {limits: {idleMs: 100}})
    const {client} = await tunnelTo(test, `api.test:${String(listener.port)}`)
    client.write(record(clientHello({name: 'api.test'})))
    await readToEnd(client)
    expect(test.refusals).toEqual([])
  })

  it('hides what a server says before the client has named it', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end('secret banner')
    })
    const port = await listenOnLoopback(server)
    onTestFinished(() => {
      server.close()
    })
    const test = await openTestGateway([`https://api.test:${String(port)}`], {limits: {headerTimeoutMs: 200}})
    const {client} = await tunnelTo(test, `api.test:${String(port)}`)
    expect(await readToEnd(client)).not.toContain('banner')
  })

  it.each([
    ['another host', 'evil.test:PORT', 'no rule grants this host'],
    ['another port', 'api.test:1', 'on another port'],
    ['the address of the host', '127.0.0.1:PORT', 'no rule grants this address'],
    ['upper case', 'API.test:PORT', 'plain lower-case form'],
    ['a trailing dot', 'api.test.:PORT', 'plain lower-case form'],
    ['a user name', 'api.test@evil.test:PORT', 'plain lower-case form'],
    ['a whole address', 'https://api.test:PORT/', 'plain lower-case form'],
    ['no port', 'api.test', 'plain lower-case form'],
    ['an address as one number', '2130706433:PORT', 'plain lower-case form'],
    ['a zone', '[::1%25lo]:PORT', 'plain lower-case form'],
    ['a mapped address', '[::ffff:7f00:1]:PORT', 'no rule grants this address'],
  ])('is refused to %s', async (_what, target, reason) => {
    const listener = await startListener()
    const test = await openTestGateway([`https://api.test:${String(listener.port)}`])
    const {head} = await tunnelTo(test, target.replace('PORT', String(listener.port)))
    expect(head).toMatch(/^HTTP\/1.1 40[03] /)
    expect(test.refusals).toEqual([expect.objectContaining({method: 'CONNECT', reason: expect.stringContaining(reason) as string})])
    expect(listener.connections).toHaveLength(0)
  })

  it('is refused where only paths are granted, with the reason and the rule', async () => {
    const test = await openTestGateway(['https://api.test/repos/*'])
    const answer = await exchange(test.socket, 'CONNECT api.test:443 HTTP/1.1\r\nHost: api.test\r\n\r\n')
    expect(answer).toContain('a tunnel hides the path. This rule would allow it: https://api.test')
  })

  it('is refused with a body', async () => {
    const test = await openTestGateway(['https://api.test'])
    for (const header of ['Content-Length: 4', 'Transfer-Encoding: chunked']) {
      expect(await exchange(test.socket, `CONNECT api.test:443 HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\nabcd`)).toMatch(/^HTTP\/1.1 400 /)
    }
    expect(test.refusals).toHaveLength(2)
  })

  it('is refused when the granted name stands for loopback', async () => {
    const test = await openTestGateway(['https://api.test'], {addresses: {'api.test': ['127.0.0.9']}})
    const {head} = await tunnelTo(test, 'api.test:443')
    expect(head).toMatch(/^HTTP\/1.1 403 /)
    expect(test.refusals[0]?.reason).toBe('the name resolves to a loopback address, which no rule grants')
  })

  it('to nobody is answered with why', async () => {
    const listener = createServer()
    const port = await listenOnLoopback(listener)
    await new Promise((resolve) => listener.close(resolve))
    const test = await openTestGateway([`https://api.test:${String(port)}`])
    const {head} = await tunnelTo(test, `api.test:${String(port)}`)
    expect(head).toMatch(/^HTTP\/1.1 502 /)
    expect(test.refusals).toEqual([])
  })

  it('passes the end of one side on and leaves the other side open', async () => {
    const server = createServer({allowHalfOpen: true}, (socket) => {
      socket.on('error', () => undefined)
      socket.resume()
      socket.on('end', () => socket.end('the last word'))
    })
    const port = await listenOnLoopback(server)
    onTestFinished(() => {
      server.close()
    })
    const test = await openTestGateway([`https://api.test:${String(port)}`])
    const {client} = await tunnelTo(test, `api.test:${String(port)}`)
    client.end(record(clientHello({name: 'api.test'})))
    expect(await readToEnd(client)).toBe('the last word')
  })

  it('does not outlive its gateway, whichever side is half closed', async () => {
    const listener = await startListener()
    const test = await openTestGateway([`https://api.test:${String(listener.port)}`])
    const tunnels = await Promise.all([1, 2, 3].map(() => tunnelTo(test, `api.test:${String(listener.port)}`)))
    for (const {client} of tunnels) client.write(record(clientHello({name: 'api.test'})))
    tunnels[0]?.client.end()
    await expect.poll(() => listener.connections.length).toBe(3)
    const ended = tunnels.map(({client}) => readToEnd(client))
    await test.gateway.close()
    await Promise.all(ended)
    await expect.poll(() => listener.connections.every(({destroyed}) => destroyed)).toBe(true)
  })
})

describe('a tunnel for plain HTTP', () => {
  it('carries requests, each of which is judged', async () => {
    const server = await startServer((request, response) => response.end(`path ${request.url ?? ''}`))
    const authority = `api.test:${String(server.port)}`
    const test = await openTestGateway([`http://${authority}/a/*`])
    const {client, head} = await tunnelTo(test, authority)
    expect(head).toMatch(/^HTTP\/1.1 200 /)
    client.write(`GET /a/1 HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)
    expect(await readHead(client)).toContain('200 OK')
    await new Promise((resolve) => client.once('readable', resolve))
    expect(String(client.read())).toContain('path /a/1')
    client.write(`GET /b HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)
    expect(await readToEnd(client)).toMatch(/^HTTP\/1.1 403 [^]*no rule grants this path/)
    expect(test.refusals).toEqual([
      {method: 'GET', target: `http://${authority}/b`, reason: 'no rule grants this path', allowingRule: `http://${authority}/b`},
    ])
    expect(test.gateway.activity).toEqual({requests: 1, refused: 1})
  })

  it.each([
    ['another Host', 'GET /a HTTP/1.1\r\nHost: evil.test\r\n\r\n', 'names a different host than the tunnel'],
    ['an absolute target', 'GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n', 'its path is not in plain form'],
    ['a tunnel inside of it', 'CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n', 'does not name its target'],
    ['something else', 'SSH-2.0-OpenSSH\r\n\r\n', 'not valid HTTP/1.1'],
  ])('refuses %s', async (_what, bytes, reason) => {
    const server = await startServer()
    const authority = `api.test:${String(server.port)}`
    const test = await openTestGateway([`http://${authority}`])
    const {client} = await tunnelTo(test, authority)
    client.write(bytes)
    expect(await readToEnd(client)).toMatch(/^HTTP\/1.1 400 /)
    expect(test.refusals).toEqual([expect.objectContaining({reason: expect.stringContaining(reason) as string})])
    expect(server.connections).toHaveLength(0)
  })
})
