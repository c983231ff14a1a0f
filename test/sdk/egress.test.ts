import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {openTestGateway, startServer, startTlsServer, type TestGateway} from '../rig/egress.ts'
import {useSdkHosts} from '../rig/sdk-hosts.ts'
import {testCertificate} from '../rig/tls-certificate.ts'
import type {HostProcess} from '../rig/plugin-host.ts'

const hosts = useSdkHosts()

/** A host as it starts in a container, but on this machine: what listens there on 127.0.1.1:443 listens here on `listen`. */
function startHost({socket}: TestGateway, forwards: readonly string[]): HostProcess {
  const env = {PATH: process.env['PATH'], AUTOKESTRA_EGRESS_SOCKET: socket, AUTOKESTRA_EGRESS_FORWARD: forwards.join(',')}
  return hosts.start({env})
}

function plugin(body: string): string {
  const file = join(hosts.dir, 'plugin.mjs')
  writeFileSync(file, body)
  return file
}

describe('a plugin in a sandbox with a network', () => {
  it('fetches with context.fetch through the gateway', async () => {
    const server = await startServer()
    const origin = `http://api.test:${String(server.port)}`
    const test = await openTestGateway([`${origin}/granted`])
    const main = plugin(`export const run = {execute: async ({urls}, {fetch}) => Promise.all(urls.map((url) =>
      fetch(url).then((response) => response.text(), (error) => error.message)))}`)
    const urls = [`${origin}/granted`, `${origin}/other`]
    const result = await startHost(test, []).invoke({main, inputs: {urls}})
    expect(result).toMatchObject({ok: true, output: ['hello', expect.stringContaining('no rule grants this path')]})
  })

  it('reaches granted hosts with a client that knows nothing of it', async () => {
    const server = await startTlsServer()
    const target = `api.granted.test:${String(server.port)}`
    const test = await openTestGateway([`https://${target}`])
    // The port is free on 127.0.1.77, as the server has it on 127.0.0.1.
    const host = startHost(test, [`127.0.1.77:${String(server.port)}=${target}`])
    const main = plugin(`import https from 'node:https'
      export const run = {execute: ({ca, port}) => new Promise((resolve, reject) => {
        https.get({host: '127.0.1.77', port, servername: 'api.granted.test', ca, headers: {connection: 'close'}}, (response) => {
          response.setEncoding('utf8').on('data', resolve)
        }).on('error', reject)
      })}`)
    expect(await host.invoke({main, inputs: {ca: testCertificate, port: server.port}})).toMatchObject({ok: true, output: 'hello'})
    expect(test.gateway.activity).toEqual({requests: 1, refused: 0})
  })

  it('gets no further with such a client than the grant does', async () => {
    const server = await startTlsServer()
    const target = `api.granted.test:${String(server.port)}`
    const test = await openTestGateway([`https://${target}/path`])
    const host = startHost(test, [`127.0.1.78:${String(server.port)}=${target}`])
    const main = plugin(`import https from 'node:https'
      export const run = {execute: ({port}) => new Promise((resolve) => {
        https.get({host: '127.0.1.78', port}, resolve).on('error', (error) => resolve(error.code))
      })}`)
    expect(await host.invoke({main, inputs: {port: server.port}})).toMatchObject({ok: true, output: 'ECONNRESET'})
    expect(test.refusals).toEqual([
      {
        method: 'CONNECT',
        target,
        reason: 'only some paths of this host are granted, and a tunnel hides the path',
        allowingRule: `https://${target}`,
      },
    ])
  })

  it('finds an HTTP proxy for programs that it starts', async () => {
    const server = await startServer()
    const origin = `http://api.test:${String(server.port)}`
    const test = await openTestGateway([origin])
    const host = startHost(test, [`127.0.1.79:${String(server.port)}`])
    const main = plugin(`import http from 'node:http'
      export const run = {execute: ({url}) => new Promise((resolve, reject) => {
        const {hostname, port} = new URL(process.env.http_proxy)
        const environment = [process.env.HTTPS_PROXY, process.env.AUTOKESTRA_EGRESS_SOCKET, process.env.AUTOKESTRA_EGRESS_FORWARD, process.env.OWN]
        http.get({hostname, port, path: url}, (response) => {
          response.setEncoding('utf8').on('data', (text) => resolve([text, ...environment]))
        }).on('error', reject)
      })}`)
    const result = await host.invoke({main, inputs: {url: origin}, env: {OWN: 'own'}})
    expect(result).toMatchObject({ok: true, output: ['hello', `http://127.0.1.79:${String(server.port)}`, test.socket, null, 'own']})
  })

  it('is told in its log what cannot be listened on', async () => {
    const server = await startServer()
    const test = await openTestGateway(['http://api.test'])
    const host = startHost(test, [`127.0.0.1:${String(server.port)}=api.test:80`])
    expect(await host.invoke({main: plugin('export const run = {execute: () => 1}')})).toMatchObject({ok: true, output: 1})
    expect(host.text).toContain(`cannot listen on 127.0.0.1:${String(server.port)} for api.test:80`)
  })
})
