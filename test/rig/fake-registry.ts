// A registry with one small image, where the engine of the tests finds it: on the engine's own loopback, which may not be this machine's. So it runs in a
// container with the network of the engine. The image has a shell and nothing else.

import {execFileSync} from 'node:child_process'
import {createHash, randomBytes} from 'node:crypto'
import {copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync} from 'node:fs'
import {request} from 'node:http'
import path from 'node:path'
import {text} from 'node:stream/consumers'
import {inject, onTestFinished} from 'vitest'
import {dockerClient} from './docker.ts'
import {baseImage, librariesOf} from './docker-base-image.ts'
import {until} from './processes.ts'
import {temporaryDir} from './temporary-dir.ts'

export interface FakeRegistry {
  /** `127.0.0.1:port` */
  readonly address: string
  /** The image in it, by its whole name. */
  readonly image: string
  /** `METHOD path authorization`, one for each request so far. */
  requests(): string[]
}

interface RegistryOptions {
  /** `user:password` that it asks for. */
  readonly login?: string
  /** The layer comes so slowly that it never ends. */
  readonly isSlow?: boolean
}

const server = `
const {createServer} = require('node:http')
const fs = require('node:fs')
const {login, isSlow, manifest, mediaType} = JSON.parse(fs.readFileSync('/srv/options.json', 'utf8'))
const expected = login && 'Basic ' + Buffer.from(login).toString('base64')
createServer((request, response) => {
  fs.appendFileSync('/srv/requests', request.method + ' ' + request.url + ' ' + (request.headers.authorization ?? '-') + '\\n')
  const fail = (status, code, message) => {
    response.writeHead(status, {'content-type': 'application/json', ...(status === 401 && {'www-authenticate': 'Basic realm="test"'})})
    response.end(JSON.stringify({errors: [{code, message}]}))
  }
  if (expected && request.headers.authorization !== expected) return fail(401, 'UNAUTHORIZED', 'authentication required')
  if (request.url === '/v2/') return response.end('{}')
  const [, kind, name] = /^\\/v2\\/test\\/small\\/(manifests|blobs)\\/(.+)$/.exec(request.url) ?? []
  if (kind === 'manifests' && (name === 'v1' || name === manifest)) {
    const body = fs.readFileSync('/srv/' + manifest.slice(7))
    response.writeHead(200, {'content-type': mediaType, 'docker-content-digest': manifest, 'content-length': body.length})
    return response.end(request.method === 'HEAD' ? undefined : body)
  }
  if (kind === 'blobs' && fs.existsSync('/srv/' + name.slice(7))) {
    const body = fs.readFileSync('/srv/' + name.slice(7))
    response.writeHead(200, {'content-length': body.length})
    if (!isSlow || body.length < 100000) return response.end(body)
    let at = 0
    const timer = setInterval(() => response.write(body.subarray(at, at += 100)), 100)
    return response.on('close', () => clearInterval(timer))
  }
  fail(404, 'MANIFEST_UNKNOWN', 'manifest unknown')
}).listen(0, '127.0.0.1', function () { fs.writeFileSync('/srv/port', String(this.address().port)) })
`

/** Started for a test, and removed with its image after it. */
export async function startRegistry(options: RegistryOptions = {}): Promise<FakeRegistry> {
  const dir = temporaryDir()
  const layer = makeLayer()
  const put = (content: Buffer): {digest: string; size: number} => {
    const hash = createHash('sha256').update(content).digest('hex')
    writeFileSync(path.join(dir, hash), content)
    return {digest: `sha256:${hash}`, size: content.length}
  }
  const config = put(
    Buffer.from(
      JSON.stringify({
        architecture: process.arch === 'x64' ? 'amd64' : process.arch,
        os: 'linux',
        config: {Env: ['PATH=/bin', 'FLAVOUR=pulled']},
        // Every registry has another image, so nothing is there already.
        created: new Date().toISOString(),
        author: randomBytes(8).toString('hex'),
        rootfs: {type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`]},
      }),
    ),
  )
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json'
  const manifest = put(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType,
        config: {mediaType: 'application/vnd.docker.container.image.v1+json', ...config},
        layers: [{mediaType: 'application/vnd.docker.image.rootfs.diff.tar', ...put(layer)}],
      }),
    ),
  )
  writeFileSync(path.join(dir, 'options.json'), JSON.stringify({...options, manifest: manifest.digest, mediaType}))
  writeFileSync(path.join(dir, 'requests'), '')
  const created = await ask('/containers/create', {
    Image: baseImage,
    Entrypoint: ['node', '-e', server],
    Labels: {'dev.autokestra.test': 'registry'},
    HostConfig: {NetworkMode: 'host', Binds: [`${dir}:/srv`], AutoRemove: true},
  })
  const id = (JSON.parse(created) as {Id: string}).Id
  const client = await dockerClient()
  onTestFinished(() => client.remove(id))
  await client.start(id)
  await until(() => existsSync(path.join(dir, 'port')))
  const address = `127.0.0.1:${readFileSync(path.join(dir, 'port'), 'utf8')}`
  const image = `${address}/test/small:v1`
  onTestFinished(() => client.removeImage(image))
  return {
    address,
    image,
    requests: () =>
      readFileSync(path.join(dir, 'requests'), 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
  }
}

function makeLayer(): Buffer {
  const root = temporaryDir()
  const shell = realpathSync('/bin/dash')
  for (const [source, target] of [[shell, '/bin/sh'], ...librariesOf(shell).map((library) => [realpathSync(library), library])] as [
    string,
    string,
  ][]) {
    mkdirSync(path.join(root, path.dirname(target)), {recursive: true})
    copyFileSync(source, path.join(root, target))
  }
  writeFileSync(path.join(root, 'made'), randomBytes(200_000))
  return execFileSync('tar', ['-C', root, '--owner=0', '--group=0', '-c', '.'], {maxBuffer: 100_000_000})
}

function ask(target: string, body: object): Promise<string> {
  const {socketPath} = inject('docker')
  return new Promise((resolve, reject) => {
    request({socketPath, method: 'POST', path: target, headers: {'content-type': 'application/json'}}, (answer) => {
      text(answer).then(resolve, reject)
    })
      .on('error', reject)
      .end(JSON.stringify(body))
  })
}
