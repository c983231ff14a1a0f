import {existsSync, readFileSync} from 'node:fs'
import {createServer, type Socket} from 'node:net'
import {networkInterfaces} from 'node:os'
import path from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {
  connectTo,
  exchange,
  listenOnLoopback,
  openTestGateway,
  proxyRequest,
  readHead,
  readToEnd,
  startServer,
  startTlsServer,
} from '../../rig/egress.ts'

/** Those the kernel takes for its own, also of interfaces without a carrier; proc(5). Empty where the system does not tell. */
function localAddresses(): string[] {
  if (!existsSync('/proc/net/fib_trie')) return []
  const table = readFileSync('/proc/net/fib_trie', 'utf8')
  return [...table.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g)].flatMap(([, address]) =>
    address?.startsWith('127.') === false ? [address] : [],
  )
}

describe('a relayed request', () => {
  it('reaches a granted path over TLS that the proxy makes', async () => {
    const server = await startTlsServer((request, response) => response.end(`path ${request.url ?? ''}`))
    const {socket, gateway, refusals} = await openTestGateway([`https://api.granted.test:${String(server.port)}/repos/acme/*`])
    const answer = await exchange(socket, proxyRequest(`https://api.granted.test:${String(server.port)}/repos/%61cme/x?q=1`))
    expect(answer).toMatch(/^HTTP\/1.1 200 OK/)
    expect(answer).toContain('path /repos/acme/x?q=1')
    expect(server.requests[0]?.headers.host).toBe(`api.granted.test:${String(server.port)}`)
    expect(gateway.activity).toEqual({requests: 1, refused: 0})
    expect(refusals).toEqual([])
  })

  it('fails when the server cannot show a certificate for the name', async () => {
    const server = await startTlsServer()
    const {socket, refusals} = await openTestGateway(['https://other.example:' + String(server.port)], {
      addresses: {'other.example': ['127.0.0.1']},
    })
    const answer = await exchange(socket, proxyRequest(`https://other.example:${String(server.port)}/`))
    expect(answer).toMatch(/^HTTP\/1.1 502 /)
    expect(answer).toContain('autokestra-egress: failed')
    expect(server.requests).toHaveLength(0)
    expect(refusals).toEqual([])
  })

  it.each([
    ['another path', '/user', 'no rule grants this path'],
    ['dots', '/repos/acme/../../user', 'more than one way'],
    ['escaped slashes', '/repos/acme%2f..%2f..', 'more than one way'],
    ['escaped dots', '/repos/acme/%2e%2e/%2e%2e/user', 'more than one way'],
    ['double escapes', '/repos/acme/%252e%252e/user', 'more than one way'],
    ['two slashes', '/repos/acme//x', 'more than one way'],
    ['parameters', '/repos/acme/..;/user', 'more than one way'],
    ['a backslash', '/repos/acme/..\\user', 'more than one way'],
  ])('is refused with %s, and the server sees nothing of it', async (_what, asked, reason) => {
    const server = await startServer()
    const origin = `http://api.test:${String(server.port)}`
    const {socket, refusals, gateway} = await openTestGateway([`${origin}/repos/acme/*`])
    const answer = await exchange(socket, proxyRequest(`${origin}${asked}`))
    expect(answer).toMatch(/^HTTP\/1.1 403 /)
    expect(answer).toContain('autokestra-egress: refused')
    expect(refusals).toEqual([
      expect.objectContaining({method: 'GET', target: `${origin}${asked}`, reason: expect.stringContaining(reason) as string}),
    ])
    expect(server.connections).toHaveLength(0)
    expect(gateway.activity).toEqual({requests: 0, refused: 1})
  })

  it.each([
    ['another host', 'http://evil.test:PORT/'],
    ['a look-alike', 'http://api.test.evil.test:PORT/'],
    ['a user name', 'http://api.test@evil.test:PORT/'],
    ['the granted name as a fragment', 'http://evil.test:PORT/#api.test'],
    ['a fragment in the host', 'http://evil.test#api.test:PORT/'],
    ['a trailing dot', 'http://api.test.:PORT/'],
    ['upper case', 'http://API.test:PORT/'],
    ['an escape in the host', 'http://api%2etest:PORT/'],
    ['the address of the granted host', 'http://127.0.0.1:PORT/'],
    ['a short address', 'http://127.1:PORT/'],
    ['a hexadecimal address', 'http://0x7f.1:PORT/'],
    ['an address as one number', 'http://2130706433:PORT/'],
    ['a mapped address', 'http://[::ffff:127.0.0.1]:PORT/'],
    ['a zone', 'http://[::1%25lo]:PORT/'],
    ['another port', 'http://api.test:1/'],
    ['another scheme', 'https://api.test:PORT/'],
    ['no host', '/path'],
    ['a star', '*'],
  ])('is refused for %s', async (_what, url) => {
    const server = await startServer()
    const {socket, refusals} = await openTestGateway([`http://api.test:${String(server.port)}`])
    const answer = await exchange(socket, proxyRequest(url.replace('PORT', String(server.port))))
    expect(answer).toMatch(/^HTTP\/1.1 40[03] /)
    expect(refusals).toHaveLength(1)
    expect(server.connections).toHaveLength(0)
  })

  it.each([
    ['loopback', '127.0.0.2', 'a loopback address'],
    ['loopback in IPv6', '::1', 'a loopback address'],
    ['mapped loopback', '::ffff:127.0.0.2', 'a loopback address'],
    ['NAT64 loopback', '64:ff9b::7f00:2', 'a loopback address'],
    ['everything', '0.0.0.0', 'an unspecified address'],
    ['a link-local address', '169.254.7.7', 'a link-local address'],
    ['the metadata service', '169.254.169.254', 'a cloud metadata address'],
  ])('is refused when a granted name stands for %s', async (_what, address, reason) => {
    const {socket, refusals, gateway} = await openTestGateway(['http://api.test:8080'], {addresses: {'api.test': [address]}})
    expect(await exchange(socket, proxyRequest('http://api.test:8080/'))).toMatch(/^HTTP\/1.1 403 /)
    expect(refusals).toEqual([
      {method: 'GET', target: 'http://api.test:8080/', reason: `the name resolves to ${reason}, which no rule grants`},
    ])
    expect(gateway.activity).toEqual({requests: 0, refused: 1})
  })

  it('is refused when a granted name stands for an address of this machine', async () => {
    const own = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .find(({internal, scopeid}) => !internal && scopeid === undefined)
    if (own === undefined) return
    const {socket, refusals} = await openTestGateway(['http://api.test:8080'], {addresses: {'api.test': [own.address]}})
    await exchange(socket, proxyRequest('http://api.test:8080/'))
    expect(refusals[0]?.reason).toContain("one of this machine's addresses")
  })

  it('is refused when it is an address of this machine that no interface tells, as one without a carrier', async () => {
    const listed = Object.values(networkInterfaces()).flatMap((list) => list?.map(({address}) => address) ?? [])
    const unlisted = localAddresses().find((address) => !listed.includes(address))
    if (unlisted === undefined) return
    let received = ''
    const server = createServer((connection) => {
      connection.on('error', () => undefined).on('data', (chunk) => (received += chunk.toString()))
    })
    onTestFinished(() => {
      server.close()
    })
    const port = await listenOnLoopback(server, unlisted)
    const {socket, refusals} = await openTestGateway([`http://${unlisted}:${String(port)}`, `http://api.test:${String(port)}`], {
      addresses: {'api.test': [unlisted]},
    })
    for (const host of [unlisted, 'api.test']) await exchange(socket, proxyRequest(`http://${host}:${String(port)}/`))
    expect(refusals.map(({reason}) => reason)).toEqual([
      "it is one of this machine's addresses, which no rule grants",
      "the name resolves to one of this machine's addresses, which no rule grants",
    ])
    expect(received).toBe('')
  })

  it('dials only the addresses of a name that may be reached', async () => {
    const server = await startServer()
    const origin = `http://api.test:${String(server.port)}`
    const {socket} = await openTestGateway([origin], {addresses: {'api.test': ['169.254.169.254', '127.0.0.1']}})
    expect(await exchange(socket, proxyRequest(origin))).toContain('hello')
  })

  it('gets the Host of its target and loses what is meant for the proxy', async () => {
    const server = await startServer()
    const origin = `http://api.test:${String(server.port)}`
    const {socket} = await openTestGateway([`${origin}/a`])
    const headers = [
      'Connection: x-api-key, close',
      'X-Api-Key: 1',
      'Proxy-Authorization: 2',
      'Accept: 3',
      'Accept: 4',
      'Sec-Fetch-Mode: cors',
      'X-Amz-Meta-Note: 5',
      'Upgrade: h2c',
      'HTTP2-Settings: AAA',
    ]
    await exchange(socket, proxyRequest(`${origin}/a`, {headers}))
    const {headers: seen} = server.requests[0] ?? {}
    expect(seen).toEqual({
      host: `api.test:${String(server.port)}`,
      accept: '3, 4',
      'sec-fetch-mode': 'cors',
      'x-amz-meta-note': '5',
      connection: 'keep-alive',
    })
  })

  it.each([
    ...['X-Original-URL', 'X-Original-URI', 'X-Rewrite-URL', 'X-Forwarded-Prefix', 'X-Forwarded-Host', 'X-Forwarded-Path', 'Forwarded'],
    ...['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'Destination', 'If', 'Depth', 'Slug', 'Content-Location', 'Link'],
    ...['X-Amz-Copy-Source', 'X-Amz-Rename-Source', 'X-Goog-Copy-Source', 'X-Ms-Copy-Source', 'X-Ms-Rename-Source', 'X-Copy-From'],
    ...['x_original_url', 'X-Vault-Namespace', 'X-Amz-Website-Redirect-Location', 'X-Accel-Redirect', 'X-Sendfile', 'X-Unheard-Of'],
    ...['Sec-Fetch-', 'X-Amz-Meta-a.b', 'X-Real-Uri', 'Request-Uri', 'X-Path-Info', 'Soapaction'],
  ])('to a granted path is refused with the header %s, and passes where the whole host is granted', async (name) => {
    const server = await startServer()
    const origin = `http://api.test:${String(server.port)}`
    const paths = await openTestGateway([`${origin}/a/*`])
    expect(await exchange(paths.socket, proxyRequest(`${origin}/a/x`, {headers: [`${name}: /b`]}))).toMatch(/^HTTP\/1.1 403 /)
    expect(paths.refusals).toEqual([
      {
        method: 'GET',
        target: `${origin}/a/x`,
        reason: `its header '${name}' could name another path, and only some paths of this host are granted`,
        allowingRule: origin,
      },
    ])
    expect(paths.gateway.activity).toEqual({requests: 0, refused: 1})
    const whole = await openTestGateway([origin])
    expect(await exchange(whole.socket, proxyRequest(`${origin}/a/x`, {headers: [`${name}: /b`]}))).toContain('hello')
    expect(server.requests).toHaveLength(1)
  })

  it('without a Host header, or with an expectation that nobody knows, is counted and logged like every other one', async () => {
    const {socket, refusals, gateway} = await openTestGateway(['http://api.test'])
    expect(await exchange(socket, 'GET http://api.test/a HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400 [^]*no Host header/,
    )
    expect(await exchange(socket, proxyRequest('http://api.test/b', {headers: ['Expect: the-unexpected']}))).toMatch(/^HTTP\/1.1 400 /)
    expect(refusals).toEqual([
      {method: 'GET', target: 'http://api.test/a', reason: 'it has no Host header'},
      {method: 'GET', target: 'http://api.test/b', reason: 'its expectation is not supported'},
    ])
    expect(gateway.activity).toEqual({requests: 0, refused: 2})
  })

  it('of HTTP/1.0 needs no Host header', async () => {
    const server = await startServer()
    const origin = `http://api.test:${String(server.port)}`
    const {socket} = await openTestGateway([origin])
    expect(await exchange(socket, `GET ${origin}/ HTTP/1.0\r\n\r\n`)).toContain('hello')
  })

  it('carries its body, in one piece or in chunks', async () => {
    const server = await startServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => response.end(`<${Buffer.concat(chunks).toString()}>`))
    })
    const origin = `http://api.test:${String(server.port)}`
    const {socket} = await openTestGateway([origin])
    expect(await exchange(socket, proxyRequest(origin, {method: 'POST', headers: ['Content-Length: 3'], body: 'abc'}))).toContain('<abc>')
    const chunked = {method: 'POST', headers: ['Transfer-Encoding: chunked'], body: '2\r\nab\r\n1\r\nc\r\n0\r\n\r\n'}
    expect(await exchange(socket, proxyRequest(origin, chunked))).toContain('<abc>')
    expect(await exchange(socket, proxyRequest(origin, {method: 'POST'}))).toContain('<>')
  })

  it.each([
    ['both lengths', ['Content-Length: 4', 'Transfer-Encoding: chunked'], '0\r\n\r\nGET /user HTTP/1.1\r\n\r\n'],
    ['two lengths', ['Content-Length: 0', 'Content-Length: 20'], 'GET /user HTTP/1.1\r\n\r\n'],
    ['a length with a sign', ['Content-Length: +3'], 'abc'],
    ['an unknown transfer encoding', ['Transfer-Encoding: xchunked'], '0\r\n\r\n'],
    ['two transfer encodings', ['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'],
    ['a space before the colon', ['Transfer-Encoding : chunked'], '0\r\n\r\n'],
    ['a folded header', ['X-A: 1', ' Transfer-Encoding: chunked'], ''],
    ['a bare line feed', ['X-A: 1\nTransfer-Encoding: chunked'], ''],
    ['a carriage return in a value', ['X-A: 1\rX-B: 2'], ''],
    ['a bad chunk size', ['Transfer-Encoding: chunked'], '0x2\r\nab\r\n0\r\n\r\n'],
  ])('with %s does not reach the server as anything but one request', async (_what, headers, body) => {
    const server = await startServer()
    const origin = `http://api.test:${String(server.port)}`
    const {socket, refusals} = await openTestGateway([`${origin}/a`])
    expect(await exchange(socket, proxyRequest(`${origin}/a`, {method: 'POST', headers, body}))).toMatch(/^HTTP\/1.1 (400|501) /)
    expect(server.requests.filter(({url}) => url !== '/a')).toHaveLength(0)
    expect(refusals.length).toBeGreaterThan(0)
  })

  it('is refused behind another one that has no answer yet', async () => {
    const server = await startServer()
    const origin = `http://api.test:${String(server.port)}`
    const {socket, refusals} = await openTestGateway([origin])
    const first = `GET ${origin}/a HTTP/1.1\r\nHost: x\r\n\r\n`
    await exchange(socket, first + first)
    expect(refusals).toEqual([expect.objectContaining({reason: 'it was sent before the previous request was answered'})])
  })

  it('may follow on the same connection once the one before has its answer', async () => {
    const server = await startServer()
    const origin = `http://api.test:${String(server.port)}`
    const {socket, gateway} = await openTestGateway([origin])
    const client = await connectTo(socket)
    for (const turn of [1, 2, 3]) {
      client.write(`GET ${origin}/${String(turn)} HTTP/1.1\r\nHost: x\r\n\r\n`)
      expect(await readHead(client)).toContain('200 OK')
      await new Promise((resolve) => client.once('readable', resolve))
      client.read()
    }
    expect(gateway.activity.requests).toBe(3)
    expect(server.connections).toHaveLength(1)
  })

  it('of HTTP/2 or of no protocol at all is refused', async () => {
    const {socket, refusals} = await openTestGateway(['http://api.test'])
    expect(await exchange(socket, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /)
    expect(await exchange(socket, Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 196]))).toMatch(/^HTTP\/1.1 400 /)
    expect(refusals.map(({reason}) => reason)).toEqual(['it is not valid HTTP/1.1', 'it is not valid HTTP/1.1'])
  })

  it('that opens a WebSocket is refused with the way to do it', async () => {
    const {socket, refusals} = await openTestGateway(['http://api.test'])
    const headers = ['Upgrade: websocket', 'Sec-WebSocket-Version: 13']
    expect(await exchange(socket, proxyRequest('http://api.test/', {headers}))).toMatch(/^HTTP\/1.1 501 /)
    expect(refusals[0]?.reason).toContain('a WebSocket needs a tunnel')
  })

  it('does not follow a redirect', async () => {
    const server = await startServer((_request, response) => response.writeHead(302, {location: 'http://evil.test/'}).end())
    const origin = `http://api.test:${String(server.port)}`
    const {socket, gateway} = await openTestGateway([origin])
    expect(await exchange(socket, proxyRequest(origin))).toMatch(/^HTTP\/1.1 302 [^]*location: http:\/\/evil.test\//)
    expect(gateway.activity).toEqual({requests: 1, refused: 0})
  })

  it('cannot be answered in the name of the proxy, and half an answer is cut off', async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(200, {'autokestra-egress': 'refused', 'content-length': '100', 'alt-svc': 'h3=":443"'})
      response.write('half')
      setImmediate(() => response.destroy())
    })
    const origin = `http://api.test:${String(server.port)}`
    const {socket} = await openTestGateway([origin])
    const answer = await exchange(socket, proxyRequest(origin))
    expect(answer).toMatch(/^HTTP\/1.1 200 OK[^]*half$/)
    expect(answer).not.toMatch(/autokestra-egress|alt-svc/)
  })

  it.each([
    ['an impossible status', 'HTTP/1.1 000 Odd\r\n\r\n'],
    ['a change of protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: evil\r\n\r\nrest'],
    ['control characters', 'HTTP/1.1 200 OK\r\nX-A: a\u0001b\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['nothing', ''],
  ])('that is answered with %s fails, and only it', async (_what, bytes) => {
    const server = createServer((connection) => {
      connection.on('error', () => undefined)
      connection.once('data', () => connection.end(bytes, 'latin1'))
    })
    const port = await listenOnLoopback(server)
    onTestFinished(() => {
      server.close()
    })
    const {socket, gateway} = await openTestGateway([`http://api.test:${String(port)}`])
    for (const _turn of [1, 2]) {
      expect(await exchange(socket, proxyRequest(`http://api.test:${String(port)}/`))).toMatch(/^HTTP\/1.1 502 [^]*failed/)
    }
    expect(gateway.activity).toEqual({requests: 2, refused: 0})
  })

  it('with a large body is refused with an answer that can be read', async () => {
    const {socket, refusals} = await openTestGateway(['http://api.test'])
    const body = 'x'.repeat(300_000)
    const answer = await exchange(
      socket,
      proxyRequest('http://evil.test/', {method: 'POST', headers: [`Content-Length: ${String(body.length)}`], body}),
    )
    expect(answer).toContain('This rule would allow it: http://evil.test/')
    expect(refusals).toHaveLength(1)
  })
})

describe('a gateway', () => {
  it('ends a head that is too large or does not come to its end', async () => {
    const {socket, refusals} = await openTestGateway(['http://api.test'], {limits: {headerTimeoutMs: 200, headerBytes: 4096}})
    expect(await exchange(socket, proxyRequest('http://api.test/', {headers: [`X-A: ${'a'.repeat(5000)}`]}))).toMatch(/^HTTP\/1.1 431 /)
    expect(await exchange(socket, 'GET http://api.test/ HTTP/1.1\r\nX-Slow: ')).toMatch(/^HTTP\/1.1 408 /)
    expect(refusals.map(({reason}) => reason)).toEqual(['its head is too large', 'its head took too long to arrive'])
  })

  it('has room for a number of connections and no more', async () => {
    const {socket, refusals, gateway} = await openTestGateway(['http://api.test'], {limits: {connections: 4}})
    const kept = await Promise.all(Array.from({length: 4}, () => connectTo(socket)))
    const dropped = await Promise.all(Array.from({length: 200}, () => connectTo(socket)))
    await Promise.all(dropped.map(readToEnd))
    expect(kept.filter(({destroyed}) => destroyed)).toEqual([])
    expect(refusals).toEqual([{method: 'connect', target: 'the proxy', reason: 'more than 4 connections at once', isTechnical: true}])
    expect(gateway.activity.refused).toBe(200)
  })

  it('carries its own rules only', async () => {
    const server = await startServer()
    const origin = `http://api.test:${String(server.port)}`
    const open = await openTestGateway([origin])
    const shut = await openTestGateway([`http://other.test:${String(server.port)}`])
    expect(await exchange(open.socket, proxyRequest(origin))).toContain('200 OK')
    expect(await exchange(shut.socket, proxyRequest(origin))).toContain('403 Forbidden')
    expect(open.refusals).toEqual([])
  })

  it('ends everything when it is closed, also what the server would still answer', async () => {
    const server = await startServer(() => undefined)
    const origin = `http://api.test:${String(server.port)}`
    const {socket, gateway} = await openTestGateway([origin])
    const client = await connectTo(socket)
    const idle = await connectTo(socket)
    const ended = [readToEnd(client), readToEnd(idle)]
    client.write(proxyRequest(origin))
    await expect.poll(() => server.requests.length).toBe(1)
    const upstreamEnded = new Promise((resolve) => server.connections[0]?.once('close', resolve))
    expect(await gateway.close()).toEqual({requests: 1, refused: 0})
    await Promise.all([...ended, upstreamEnded])
    expect(existsSync(path.dirname(gateway.mount.source))).toBe(false)
    expect(await gateway.close()).toEqual({requests: 1, refused: 0})
  })

  it('ends connections that are still being made when it is closed', async () => {
    const connections: Socket[] = []
    const server = createServer((connection) => {
      connections.push(connection)
      connection.on('error', () => undefined)
    })
    const port = await listenOnLoopback(server)
    onTestFinished(() => {
      server.close()
    })
    const {socket, gateway} = await openTestGateway([`https://api.test:${String(port)}`])
    const client = await connectTo(socket)
    client.write(proxyRequest(`https://api.test:${String(port)}/`))
    await expect.poll(() => connections.length).toBe(1)
    const startedAt = performance.now()
    const ended = new Promise((resolve) => connections[0]?.once('close', resolve).resume())
    await gateway.close()
    await ended
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })
})
