// What the network gateway costs: a request through it against the same request without it, and opening and closing a gateway.
// Usage: node bench/egress.mjs [--rounds N]

import {mkdtempSync, rmSync} from 'node:fs'
import {createServer} from 'node:http'
import {createServer as createTlsServer} from 'node:https'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {connect as connectTls} from 'node:tls'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {parseArgs} from 'node:util'
import {build} from 'esbuild'

const {values: flags} = parseArgs({options: {rounds: {type: 'string', default: '300'}}})
const rounds = Number(flags.rounds)
const root = join(fileURLToPath(new URL('.', import.meta.url)), '..')

const dir = mkdtempSync(join(tmpdir(), 'autokestra-bench-egress-'))
try {
  await main(await loadModules())
} finally {
  rmSync(dir, {recursive: true, force: true})
}

async function loadModules() {
  const outfile = join(dir, 'egress.mjs')
  const contents = [
    `export {EgressProxy} from './src/lib/egress/egress-proxy.ts'`,
    `export {parseNetworkRule} from './src/lib/network/rule.ts'`,
    `export {createRelayFetch} from './sdk/src/relay-fetch.ts'`,
    `export {testKey, testCertificate} from './test/rig/tls-certificate.ts'`,
  ].join('\n')
  const options = {bundle: true, platform: 'node', format: 'esm', target: 'node20.19', logLevel: 'warning'}
  await build({...options, stdin: {contents, resolveDir: root, loader: 'ts'}, outfile})
  return import(pathToFileURL(outfile).href)
}

async function main({EgressProxy, parseNetworkRule, createRelayFetch, testKey, testCertificate}) {
  const plain = await listen(createServer((_request, response) => response.end('hello')))
  const secure = await listen(createTlsServer({key: testKey, cert: testCertificate}, (_request, response) => response.end('hello')))
  const resolve = async () => [{address: '127.0.0.1', family: 4}]
  const proxy = new EgressProxy({directory: dir, dial: {resolve, reachable: ['127.0.0.1'], ca: testCertificate}})
  const context = {uid: process.getuid(), gid: process.getgid(), onRefused: ({reason}) => console.error(reason)}
  const rules = [`http://api.test:${plain.port}`, `https://api.granted.test:${secure.port}`].map((text) => parseNetworkRule(text).rule)

  const starts = []
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now()
    const gateway = await proxy.open({rules}, context)
    const openedAt = performance.now()
    await gateway.close()
    starts.push({open: openedAt - startedAt, close: performance.now() - openedAt})
  }
  console.log(
    `opening a gateway: the first ${starts[0].open.toFixed(2)} ms, then ${median(starts.map(({open}) => open))}; closing ${median(starts.map(({close}) => close))}`,
  )

  const gateway = await proxy.open({rules}, context)
  const socketPath = join(gateway.mount.source, 'egress.sock')
  const relay = createRelayFetch(socketPath)
  const direct = `http://127.0.0.1:${plain.port}/`
  await compare(
    'a request, connections kept',
    () => text(fetch(direct)),
    () => text(relay(`http://api.test:${plain.port}/`)),
  )
  await compare(
    'the same to a server with TLS, which the proxy speaks',
    () => text(fetch(direct)),
    () => text(relay(`https://api.granted.test:${secure.port}/`)),
  )
  const tls = {servername: 'api.granted.test', ca: testCertificate}
  await compare(
    'a new TLS connection and a request, through a tunnel',
    () => handshake(connectTls({host: '127.0.0.1', port: secure.port, ...tls})),
    async () => handshake(connectTls({socket: await tunnel(socketPath, `api.granted.test:${secure.port}`), ...tls})),
  )
  await proxy.close()
  for (const {server} of [plain, secure]) server.close().closeAllConnections()
}

async function compare(name, without, through) {
  for (let warm = 0; warm < 50; warm += 1) await Promise.all([without(), through()])
  const times = {without: [], through: []}
  for (let round = 0; round < rounds; round += 1) {
    times.without.push(await time(without))
    times.through.push(await time(through))
  }
  const added = times.through.map((each, index) => each - times.without[index])
  console.log(`${name}: without the gateway ${median(times.without)}, through it ${median(times.through)}; added ${median(added)}`)
}

async function time(act) {
  const startedAt = performance.now()
  await act()
  return performance.now() - startedAt
}

async function text(answering) {
  return (await answering).text()
}

function median(values) {
  return `${[...values].sort((a, b) => a - b)[Math.floor(values.length / 2)].toFixed(2)} ms`
}

async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {server, port: server.address().port}
}

function handshake(socket) {
  return new Promise((resolve, reject) => {
    socket.on('error', reject).on('end', resolve).resume()
    socket.write('GET / HTTP/1.1\r\nHost: api.granted.test\r\nConnection: close\r\n\r\n')
  })
}

function tunnel(path, target) {
  return new Promise((resolve, reject) => {
    const socket = connect({path})
    socket.on('error', reject).once('data', () => resolve(socket))
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`)
  })
}
