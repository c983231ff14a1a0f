import {gzipSync} from 'node:zlib'
import {describe, expect, it} from 'vitest'
import {createRelayFetch} from '../../sdk/src/relay-fetch.ts'
import {openTestGateway, startServer, startTlsServer} from '../rig/egress.ts'

describe('fetch through the gateway', () => {
  it('reaches a granted path over TLS', async () => {
    const server = await startTlsServer((request, response) => {
      response.writeHead(201, {'x-answer': 'yes', 'set-cookie': ['a=1', 'b=2']})
      response.end(JSON.stringify({url: request.url, accept: request.headers.accept}))
    })
    const origin = `https://api.granted.test:${String(server.port)}`
    const {socket, refusals} = await openTestGateway([`${origin}/v1/*`])
    const response = await createRelayFetch(socket)(`${origin}/v1/items?q=1#part`)
    expect([response.status, response.ok, response.url, response.redirected]).toEqual([201, true, `${origin}/v1/items?q=1#part`, false])
    expect(response.headers.get('x-answer')).toBe('yes')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(await response.json()).toEqual({url: '/v1/items?q=1', accept: '*/*'})
    expect(refusals).toEqual([])
  })

  it('rejects with the reason and the rule when it is refused', async () => {
    const {socket} = await openTestGateway(['https://api.test/v1/*'])
    await expect(createRelayFetch(socket)('https://api.test/v2')).rejects.toThrow(
      new TypeError(
        'fetch failed: Refused: GET https://api.test/v2: no rule grants this path. This rule would allow it: https://api.test/v2',
      ),
    )
  })

  it('rejects when nobody listens behind the name, or behind the socket', async () => {
    const {socket, gateway} = await openTestGateway(['http://api.test:1'])
    await expect(createRelayFetch(socket)('http://api.test:1')).rejects.toThrow(
      /^fetch failed: The connection to api.test:1 failed: .*ECONNREFUSED/,
    )
    await gateway.close()
    await expect(createRelayFetch(socket)('http://api.test:1')).rejects.toThrow(/^fetch failed: /)
  })

  it('sends bodies of every kind', async () => {
    const server = await startServer((request, response) => {
      response.writeHead(200, {'x-type': request.headers['content-type'] ?? '', 'x-length': request.headers['content-length'] ?? 'none'})
      request.pipe(response)
    })
    const origin = `http://api.test:${String(server.port)}`
    const {socket} = await openTestGateway([origin])
    const relay = createRelayFetch(socket)
    const send = async (init: RequestInit): Promise<unknown> => {
      const response = await relay(origin, {method: 'POST', ...init})
      return [response.headers.get('x-type'), response.headers.get('x-length'), await response.text()]
    }
    expect(await send({body: 'text'})).toEqual(['text/plain;charset=UTF-8', '4', 'text'])
    expect(await send({body: new URLSearchParams({a: 'b'})})).toEqual(['application/x-www-form-urlencoded;charset=UTF-8', '3', 'a=b'])
    expect(await send({body: new Uint8Array([65, 66])})).toEqual(['', '2', 'AB'])
    expect(await send({})).toEqual(['', '0', ''])
    const stream = new Blob(['streamed']).stream()
    expect(await send({body: stream, duplex: 'half'})).toEqual(['', 'none', 'streamed'])
    const request = new Request(origin, {method: 'PUT', body: 'of a Request', headers: {'content-type': 'x/y'}})
    expect(await (await relay(request)).text()).toBe('of a Request')
  })

  it('follows redirects like the global fetch, and each is judged', async () => {
    const server = await startServer((request, response) => {
      if (request.url === '/a') response.writeHead(302, {location: '/b'}).end()
      else if (request.url === '/out') response.writeHead(307, {location: 'http://evil.test/'}).end()
      else response.end(`${request.method ?? ''} ${request.url ?? ''} ${request.headers['content-type'] ?? '-'}`)
    })
    const origin = `http://api.test:${String(server.port)}`
    const {socket, refusals} = await openTestGateway([origin])
    const relay = createRelayFetch(socket)
    const response = await relay(`${origin}/a`, {method: 'POST', body: 'x'})
    expect([response.url, response.redirected, await response.text()]).toEqual([`${origin}/b`, true, 'GET /b -'])
    expect((await relay(`${origin}/a`, {redirect: 'manual'})).status).toBe(302)
    await expect(relay(`${origin}/a`, {redirect: 'error'})).rejects.toThrow('unexpected redirect')
    await expect(relay(`${origin}/out`)).rejects.toThrow('no rule grants this host')
    expect(refusals).toHaveLength(1)
  })

  it('keeps what is secret from another origin', async () => {
    const other = await startServer((request, response) => response.end(JSON.stringify(request.headers)))
    const server = await startServer((_request, response) =>
      response.writeHead(307, {location: `http://b.test:${String(other.port)}/`}).end(),
    )
    const origins = [`http://a.test:${String(server.port)}`, `http://b.test:${String(other.port)}`] as const
    const {socket} = await openTestGateway(origins)
    const response = await createRelayFetch(socket)(origins[0], {headers: {authorization: 'Bearer 1', cookie: 'c', 'x-kept': 'k'}})
    const seen = (await response.json()) as Record<string, string>
    expect([seen['authorization'], seen['cookie'], seen['x-kept']]).toEqual([undefined, undefined, 'k'])
  })

  it('undoes compression', async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(200, {'content-encoding': 'gzip'}).end(gzipSync('unpacked'))
    })
    const origin = `http://api.test:${String(server.port)}`
    const {socket} = await openTestGateway([origin])
    expect(await (await createRelayFetch(socket)(origin)).text()).toBe('unpacked')
  })

  it('has no body where there is none', async () => {
    const server = await startServer((_request, response) => response.writeHead(204).end())
    const origin = `http://api.test:${String(server.port)}`
    const {socket} = await openTestGateway([origin])
    const relay = createRelayFetch(socket)
    expect((await relay(origin)).body).toBeNull()
    expect((await relay(origin, {method: 'HEAD'})).body).toBeNull()
  })

  it('stops before and after the answer has begun', async () => {
    const server = await startServer((request, response) => {
      if (request.url === '/begun') response.write('some')
    })
    const origin = `http://api.test:${String(server.port)}`
    const {socket} = await openTestGateway([origin])
    const relay = createRelayFetch(socket)
    const early = new AbortController()
    const waiting = relay(origin, {signal: early.signal})
    await expect.poll(() => server.requests.length).toBe(1)
    early.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    const late = new AbortController()
    const response = await relay(`${origin}/begun`, {signal: late.signal})
    const reading = response.text()
    late.abort(new Error('too much'))
    await expect(reading).rejects.toThrow('too much')
    await expect(relay(origin, {signal: AbortSignal.abort(new Error('never'))})).rejects.toThrow('never')
  })
})
