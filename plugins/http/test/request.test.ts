import {createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse} from 'node:http'
import {once} from 'node:events'
import type {AddressInfo} from 'node:net'
import {gzipSync} from 'node:zlib'
import {runAction} from '@autokestra/plugin-sdk/testing'
import {afterEach, describe, expect, it} from 'vitest'
import {usePluginHost} from '../../../test/rig/bundled-plugin.ts'
import {request} from '../src/index.ts'

const servers: Server[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of incoming) text += String(chunk)
  return text
}

/** A promise and the function that resolves it. */
function signalled(): {promise: Promise<void>; resolve: () => void} {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return {promise, resolve}
}

/** A server that answers with what it was asked. */
async function serveEcho(): Promise<string> {
  return serve((incoming, response) => {
    void bodyOf(incoming).then((body) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({method: incoming.method, url: incoming.url, headers: incoming.headers, body}))
    })
  })
}

function answer(response: ServerResponse, type: string, body: string | Buffer, status = 200): void {
  response.writeHead(status, type === '' ? {} : {'content-type': type}).end(body)
}

describe('what core/http.request sends', () => {
  it('is a GET with its headers and query', async () => {
    const base = await serveEcho()
    const {output} = await runAction(request, {
      url: `${base}/a?x=1`,
      headers: {'X-Token': 'abc', 'x-count': 3},
      query: {y: 'ä &', z: [1, true], none: null},
    })
    expect(output).toMatchObject({status: 200, bodyType: 'json', url: `${base}/a?x=1&y=%C3%A4+%26&z=1&z=true`})
    expect(output.body).toMatchObject({
      method: 'GET',
      url: '/a?x=1&y=%C3%A4+%26&z=1&z=true',
      headers: {'x-token': 'abc', 'x-count': '3'},
      body: '',
    })
    expect(output.durationMs).toBeGreaterThanOrEqual(0)
  })

  it.each([
    [{json: {a: [1, null]}}, 'application/json', '{"a":[1,null]}'],
    [{json: null}, 'application/json', 'null'],
    [{text: 'grüße'}, 'text/plain; charset=utf-8', 'grüße'],
    [{base64: Buffer.from('bytes!').toString('base64')}, 'application/octet-stream', 'bytes!'],
    [{form: {name: 'a b', n: 1}}, 'application/x-www-form-urlencoded', 'name=a+b&n=1'],
  ])('is a POST with the body %j', async (body, type, text) => {
    const {output} = await runAction(request, {url: await serveEcho(), body})
    expect(output.body).toMatchObject({method: 'POST', body: text, headers: {'content-type': type}})
  })

  it('keeps the method and the content type it is given', async () => {
    const {output} = await runAction(request, {
      url: await serveEcho(),
      method: 'put',
      headers: {'Content-Type': 'application/vnd.x+json'},
      body: {json: 1},
    })
    expect(output.body).toMatchObject({method: 'PUT', headers: {'content-type': 'application/vnd.x+json'}})
  })

  it('turns a user name in the url into basic authorization', async () => {
    const base = await serveEcho()
    const {output} = await runAction(request, {url: base.replace('//', '//me:p%40ss@')})
    expect(output.body).toMatchObject({headers: {authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`}})
    expect(output.url).not.toContain('me')
  })

  it.each([
    {url: 'ftp://example.com'},
    {url: 'not a url'},
    {url: 'file:///etc/passwd'},
    {url: 'http://127.0.0.1:1', method: 'GET', body: {text: 'x'}},
    {url: 'http://127.0.0.1:1', method: 'POST', body: {base64: '!!! no'}},
    {url: 'http://127.0.0.1:1'},
    {url: 'http://127.0.0.1:1', headers: {'bad name': 'x'}},
    {url: 'http://127.0.0.1:1', headers: {authorization: 'top\nsecret'}},
  ])('is nothing for %j', async (input) => {
    const failure: unknown = await runAction(request, input as Parameters<typeof request.execute>[0]).catch((error: unknown) => error)
    expect(failure).toMatchObject({code: 'INPUT_INVALID', retryable: false})
    expect(String(failure)).not.toContain('secret')
  })
})

describe('what core/http.request gives', () => {
  it.each([
    ['application/json; charset=utf-8', '{"a": 1}', 'auto', 'json', {a: 1}],
    ['application/problem+json', '[]', 'auto', 'json', []],
    ['text/csv', 'a,b', 'auto', 'text', 'a,b'],
    ['text/plain; charset=iso-8859-1', Buffer.from([0xe4]), 'auto', 'text', 'ä'],
    ['text/plain; charset=nonsense', 'x', 'auto', 'text', 'x'],
    ['application/octet-stream', Buffer.from([0, 255, 254]), 'auto', 'bytes', Buffer.from([0, 255, 254]).toString('base64')],
    ['', 'untyped', 'auto', 'bytes', Buffer.from('untyped').toString('base64')],
    ['text/plain', '{"a": 1}', 'json', 'json', {a: 1}],
    ['application/json', '{"a": 1}', 'text', 'text', '{"a": 1}'],
    ['text/plain', 'x', 'bytes', 'bytes', 'eA=='],
    ['application/json', '', 'auto', 'none', null],
  ] as const)('for %s with response %3$s is %4$s', async (type, body, response, bodyType, expected) => {
    const url = await serve((_, reply) => {
      answer(reply, type, body)
    })
    const {output} = await runAction(request, {url, response})
    expect(output).toMatchObject({bodyType, body: expected})
  })

  it('has lower-case header names, cookies as a list, and no body for HEAD', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, {'X-One': 'a', 'Set-Cookie': ['a=1', 'b=2'], 'content-type': 'application/json'}).end('{}')
    })
    const {output} = await runAction(request, {url, method: 'HEAD'})
    expect(output).toMatchObject({headers: {'x-one': 'a', 'set-cookie': ['a=1', 'b=2']}, body: null, bodyType: 'none'})
  })

  it('is an error for a number that would lose digits', async () => {
    const url = await serve((_, response) => {
      answer(response, 'application/json', '{"id": 12345678901234567890}')
    })
    const failure: unknown = await runAction(request, {url}).catch((error: unknown) => error)
    expect(failure).toMatchObject({code: 'HTTP_LOSES_DIGITS', retryable: false})
    expect(String(failure)).toContain('the number at character 8 of the response')
  })

  it('is an error for JSON that is none, without quoting it', async () => {
    const url = await serve((_, response) => {
      answer(response, 'application/json', 'secret words')
    })
    const failure: unknown = await runAction(request, {url}).catch((error: unknown) => error)
    expect(failure).toMatchObject({code: 'HTTP_INVALID_JSON'})
    expect(String(failure)).not.toContain('secret')
  })
})

describe('the status', () => {
  const serveStatus = (status: number): Promise<string> =>
    serve((_, response) => {
      answer(response, 'application/json', '{"error":"no such item"}', status)
    })

  it.each([
    [400, false],
    [404, false],
    [408, true],
    [425, true],
    [429, true],
    [500, true],
    [503, true],
  ])('%d fails, and is worth trying again: %s', async (status, retryable) => {
    const url = await serveStatus(status)
    await expect(runAction(request, {url: `${url}/item?token=secret`})).rejects.toMatchObject({
      code: 'HTTP_STATUS',
      retryable,
      message: expect.stringMatching(new RegExp(`^GET ${url}/item answered ${String(status)} `)) as string,
    })
  })

  it.each([
    [404, [404], true],
    [404, ['400-499'], true],
    [204, [200], false],
    [302, ['200-299', 302], true],
  ])('%d with %j expected is success: %s', async (status, expectedStatus, isSuccess) => {
    const url = await serveStatus(status)
    const run = runAction(request, {url, expectedStatus}).then(
      ({output}) => output.status,
      () => undefined,
    )
    expect(await run).toBe(isSuccess ? status : undefined)
  })

  it('that fails leaves the beginning of the body in the log', async () => {
    const host = plugin.start()
    const url = await serveStatus(404)
    expect(await host.invoke({main: plugin.main, action: 'request', inputs: {url}})).toMatchObject({
      ok: false,
      error: {code: 'HTTP_STATUS', retryable: false},
    })
    expect(host.frames[0]).toMatchObject({type: 'log', level: 'warn', message: 'response body: {"error":"no such item"}'})
  })

  const plugin = usePluginHost('http')

  it('through the real host', async () => {
    const host = plugin.start()
    const url = await serveStatus(200)
    expect(await host.invoke({main: plugin.main, action: 'request', inputs: {url}})).toMatchObject({
      ok: true,
      output: {status: 200, body: {error: 'no such item'}},
    })
    expect(await host.close()).toEqual({code: 0, signal: null})
  })
})

describe('redirects', () => {
  const credentials = {authorization: 'Bearer secret', cookie: 'a=1', 'x-mine': 'kept'}

  it.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [307, 'POST', 'POST', 'data'],
    [308, 'PUT', 'PUT', 'data'],
    [302, 'PUT', 'PUT', 'data'],
  ])('%d turns %s into %s', async (status, method, expectedMethod, expectedBody) => {
    const base = await serve((incoming, response) => {
      void bodyOf(incoming).then((body) => {
        if (incoming.url === '/from') response.writeHead(status, {location: '/to'}).end('moved')
        else
          answer(
            response,
            'application/json',
            JSON.stringify({method: incoming.method, body, type: incoming.headers['content-type'] ?? null}),
          )
      })
    })
    const {output} = await runAction(request, {url: `${base}/from`, method, body: {text: 'data'}})
    expect(output).toMatchObject({url: `${base}/to`, body: {method: expectedMethod, body: expectedBody}})
    expect(output.body).toMatchObject({type: expectedBody === '' ? null : 'text/plain; charset=utf-8'})
  })

  it('keep credentials on the same host and drop them for another, also on the way back', async () => {
    const other = await serve((incoming, response) => {
      response.writeHead(302, {location: `${base}/end`, 'x-saw': JSON.stringify(incoming.headers)}).end()
      seen.push(incoming.headers)
    })
    const seen: IncomingMessage['headers'][] = []
    const base = await serve((incoming, response) => {
      seen.push(incoming.headers)
      if (incoming.url === '/start') response.writeHead(302, {location: '/same'}).end()
      else if (incoming.url === '/same') response.writeHead(302, {location: `${other}/`}).end()
      else answer(response, '', 'end')
    })
    await runAction(request, {url: `${base}/start`, headers: credentials})
    expect(seen.map((headers) => [headers.authorization, headers.cookie, headers['x-mine']])).toEqual([
      ['Bearer secret', 'a=1', 'kept'],
      ['Bearer secret', 'a=1', 'kept'],
      [undefined, undefined, 'kept'],
      [undefined, undefined, 'kept'],
    ])
  })

  it('end after maxRedirects', async () => {
    let asked = 0
    const url = await serve((_, response) => {
      asked += 1
      response.writeHead(302, {location: '/again'}).end()
    })
    await expect(runAction(request, {url, maxRedirects: 3})).rejects.toMatchObject({code: 'HTTP_TOO_MANY_REDIRECTS', retryable: false})
    expect(asked).toBe(4)
  })

  it('are given as they are with manual, and refused with error', async () => {
    const url = await serve((_, response) => {
      response.writeHead(302, {location: '/there'}).end()
    })
    expect((await runAction(request, {url, redirects: 'manual', expectedStatus: [302]})).output).toMatchObject({
      status: 302,
      headers: {location: '/there'},
    })
    await expect(runAction(request, {url, redirects: 'error'})).rejects.toMatchObject({code: 'HTTP_REDIRECT'})
  })

  it.each(['file:///etc/passwd', 'javascript:1', 'http://'])('to %s are refused', async (location) => {
    const url = await serve((_, response) => {
      response.writeHead(302, {location}).end()
    })
    await expect(runAction(request, {url})).rejects.toMatchObject({code: 'HTTP_REDIRECT'})
  })
})

describe('limits', () => {
  it('stop an endless body at maxBytes and close its connection', async () => {
    const closed = signalled()
    const url = await serve((_, response) => {
      const chunk = Buffer.alloc(65_536)
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', more).on('close', closed.resolve)
      more()
    })
    await expect(runAction(request, {url, maxBytes: 1_000_000})).rejects.toMatchObject({code: 'HTTP_TOO_LARGE', retryable: false})
    await closed.promise
  })

  it('count a compressed body by what it unpacks to', async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000))
    const url = await serve((_, response) => {
      response.writeHead(200, {'content-encoding': 'gzip'}).end(bomb)
    })
    expect(bomb.length).toBeLessThan(50_000)
    await expect(runAction(request, {url})).rejects.toMatchObject({code: 'HTTP_TOO_LARGE'})
  })

  it('allow a body of exactly maxBytes', async () => {
    const url = await serve((_, response) => {
      answer(response, 'text/plain', 'x'.repeat(1000))
    })
    expect((await runAction(request, {url, maxBytes: 1000})).output.body).toBe('x'.repeat(1000))
    await expect(runAction(request, {url, maxBytes: 999})).rejects.toMatchObject({code: 'HTTP_TOO_LARGE'})
  })

  it.each(['no header', 'a body that trickles'])('end a server that gives %s with HTTP_TIMEOUT', async (kind) => {
    const timers: NodeJS.Timeout[] = []
    const url = await serve((_, response) => {
      if (kind === 'no header') return
      response.writeHead(200, {'content-type': 'text/plain'})
      timers.push(setInterval(() => response.write('x'), 20))
    })
    await expect(runAction(request, {url, timeout: '200ms'})).rejects.toMatchObject({code: 'HTTP_TIMEOUT', retryable: true})
    for (const timer of timers) clearInterval(timer)
  })

  it('leave cancelling to the signal, at once', async () => {
    const asked = signalled()
    const url = await serve(() => {
      asked.resolve()
    })
    const controller = new AbortController()
    const run = runAction(request, {url, timeout: '1h'}, {signal: controller.signal})
    await asked.promise
    controller.abort(new Error('cancelled by the test'))
    await expect(run).rejects.toThrow('cancelled by the test')
  })
})

describe('a connection that fails is HTTP_CONNECTION', () => {
  it('when nothing listens', async () => {
    const url = await serve(() => undefined)
    servers.pop()?.close()
    await expect(runAction(request, {url})).rejects.toMatchObject({
      code: 'HTTP_CONNECTION',
      retryable: true,
      message: expect.stringContaining('connection refused') as string,
    })
  })

  it('when the other side hangs up, before the header or in the middle of the body', async () => {
    const before = await serve((incoming) => incoming.socket.destroy())
    await expect(runAction(request, {url: before})).rejects.toMatchObject({code: 'HTTP_CONNECTION'})
    const middle = await serve((incoming, response) => {
      response.writeHead(200, {'content-length': '100'})
      response.write('half', () => incoming.socket.destroy())
    })
    await expect(runAction(request, {url: middle})).rejects.toMatchObject({code: 'HTTP_CONNECTION'})
  })

  it('when what answers is no HTTP server', async () => {
    const server = createServer()
    servers.push(server)
    server.on('connection', (socket) => socket.end('SSH-2.0-x\r\n'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    await expect(runAction(request, {url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`})).rejects.toMatchObject({
      code: 'HTTP_CONNECTION',
    })
  })
})
