// Where the engine is: DOCKER_HOST as Docker's own command reads it, or the socket it usually has on this machine.

import {existsSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {WorkflowError} from '../../errors/workflow-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Options of docker-modem. */
interface Connection {
  readonly socketPath?: string
  readonly protocol?: 'http' | 'https' | 'ssh'
  readonly host?: string
  readonly port?: number
  readonly username?: string
  readonly sshOptions?: {readonly agent: string}
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

export interface DockerEndpoint {
  /** For messages: the path of a socket, or the value of DOCKER_HOST. */
  readonly name: string
  readonly isSocket: boolean
  /** DOCKER_HOST says so; nothing else was looked for. */
  readonly isChosen: boolean
  readonly connection: Connection
}

const systemSocket = '/var/run/docker.sock'
const plainPort = 2375
const tlsPort = 2376

/** Throws WorkflowError DOCKER_UNAVAILABLE when DOCKER_HOST or the certificates cannot be read. Looks at files, connects to nothing. */
export function findEndpoint(env: Environment): DockerEndpoint {
  const chosen = env['DOCKER_HOST'] ?? ''
  if (chosen === '') return socketAt(findSocket(env), false)
  if (chosen.startsWith('unix://')) return socketAt(chosen.slice('unix://'.length) || systemSocket, true)
  const text = chosen.includes('://') ? chosen : `tcp://${chosen}`
  if (!URL.canParse(text)) throw wrongHost(chosen)
  const url = new URL(text)
  if (url.protocol === 'ssh:') return {name: chosen, isSocket: false, isChosen: true, connection: overSsh(url, env)}
  if (!['tcp:', 'http:', 'https:'].includes(url.protocol) || url.hostname === '') throw wrongHost(chosen)
  return {name: chosen, isSocket: false, isChosen: true, connection: overNetwork(url, env)}
}

function socketAt(socketPath: string, isChosen: boolean): DockerEndpoint {
  return {name: socketPath, isSocket: true, isChosen, connection: {socketPath}}
}

/** The system's engine, else one without root (Docker's or Docker Desktop's), where it puts its socket by default. */
function findSocket(env: Environment): string {
  const {XDG_RUNTIME_DIR: runtimeDir = '', HOME: home = ''} = env
  const own = [
    ...(runtimeDir === '' ? [] : [path.join(runtimeDir, 'docker.sock')]),
    ...(home === '' ? [] : [path.join(home, '.docker/run/docker.sock'), path.join(home, '.docker/desktop/docker.sock')]),
  ]
  return [systemSocket, ...own].find((file) => existsSync(file)) ?? systemSocket
}

function overSsh(url: URL, env: Environment): Connection {
  const agent = env['SSH_AUTH_SOCK']
  return {
    protocol: 'ssh',
    host: url.hostname,
    port: Number(url.port) || 22,
    ...(url.username !== '' && {username: decodeURIComponent(url.username)}),
    ...(agent !== undefined && {sshOptions: {agent}}),
  }
}

function overNetwork(url: URL, env: Environment): Connection {
  const isTls = (env['DOCKER_TLS_VERIFY'] ?? '') !== '' || url.protocol === 'https:' || url.port === String(tlsPort)
  const port = Number(url.port) || (isTls ? tlsPort : plainPort)
  if (!isTls) return {protocol: 'http', host: url.hostname, port}
  const dir = env['DOCKER_CERT_PATH'] ?? path.join(env['HOME'] ?? '/', '.docker')
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readCertificate(path.join(dir, name)))
  return {protocol: 'https', host: url.hostname, port, ...(ca && {ca}), ...(cert && {cert}), ...(key && {key})}
}

function readCertificate(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new WorkflowError('DOCKER_UNAVAILABLE', `the certificate '${file}' for the Docker engine cannot be read`, {
      hint: 'DOCKER_CERT_PATH names the directory that holds ca.pem, cert.pem and key.pem.',
      cause,
    })
  }
}

function wrongHost(value: string): WorkflowError {
  return new WorkflowError('DOCKER_UNAVAILABLE', `DOCKER_HOST='${value}' is not the address of a Docker engine`, {
    hint: 'Write it like unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host, or `unset DOCKER_HOST` to use the engine of this machine.',
  })
}
