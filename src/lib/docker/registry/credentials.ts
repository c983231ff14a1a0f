// The credentials of a registry, where `docker login` has put them: in the configuration file of Docker, or in the store of a credential helper.

import {execFile} from 'node:child_process'
import {readFileSync} from 'node:fs'
import path from 'node:path'
import {defaultRegistry, registryOf} from './image-reference.ts'

type Environment = Readonly<Record<string, string | undefined>>

const helperLimitMs = 10_000

interface Login {
  readonly username?: string
  readonly password?: string
  readonly identitytoken?: string
  readonly serveraddress: string
}

/** The value of the header X-Registry-Auth for a pull; undefined when there are no credentials, as for public images. */
export async function findCredentials(reference: string, env: Environment): Promise<string | undefined> {
  const registry = registryOf(reference)
  const config = readConfig(env)
  const helper = text(fields(config['credHelpers'])[registry]) ?? text(config['credsStore'])
  const login = (helper === undefined ? undefined : await askHelper(helper, registry, env)) ?? fromFile(config, registry)
  return login === undefined ? undefined : Buffer.from(JSON.stringify(login)).toString('base64url')
}

function readConfig(env: Environment): Readonly<Record<string, unknown>> {
  const dir = env['DOCKER_CONFIG'] ?? (env['HOME'] === undefined ? undefined : path.join(env['HOME'], '.docker'))
  if (dir === undefined) return {}
  try {
    return fields(JSON.parse(readFileSync(path.join(dir, 'config.json'), 'utf8')))
  } catch {
    // None, or none that can be read: the registry says whether it wants a login.
    return {}
  }
}

function fromFile(config: Readonly<Record<string, unknown>>, registry: string): Login | undefined {
  const all = fields(config['auths'])
  const keys =
    registry === defaultRegistry ? [registry, 'docker.io', 'index.docker.io'] : [registry, `https://${registry}`, `https://${registry}/v2/`]
  const entry = fields(keys.map((key) => all[key]).find((found) => found !== undefined))
  const identitytoken = text(entry['identitytoken'])
  if (identitytoken !== undefined) return {identitytoken, serveraddress: registry}
  const auth = text(entry['auth'])
  if (auth === undefined) return undefined
  const decoded = Buffer.from(auth, 'base64').toString()
  const colon = decoded.indexOf(':')
  return colon < 0 ? undefined : {username: decoded.slice(0, colon), password: decoded.slice(colon + 1), serveraddress: registry}
}

/** The protocol of credential helpers: the registry on stdin, JSON on stdout (github.com/docker/docker-credential-helpers). */
async function askHelper(helper: string, registry: string, env: Environment): Promise<Login | undefined> {
  // It is the end of a program's name.
  if (!/^[A-Za-z0-9._-]+$/.test(helper)) return undefined
  const output = await new Promise<string>((resolve) => {
    const child = execFile(`docker-credential-${helper}`, ['get'], {env, timeout: helperLimitMs}, (error, stdout) => {
      resolve(error === null ? stdout : '')
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(registry)
  })
  try {
    const answer = fields(JSON.parse(output))
    const [username, secret] = [text(answer['Username']), text(answer['Secret'])]
    if (secret === undefined) return undefined
    return username === '<token>'
      ? {identitytoken: secret, serveraddress: registry}
      : {username: username ?? '', password: secret, serveraddress: registry}
  } catch {
    // It has none for this registry.
    return undefined
  }
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? {...value} : {}
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
