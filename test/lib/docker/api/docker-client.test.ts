// Finding the engine and agreeing with it on a version, against sockets that answer as engines do, or do not.

import {chmodSync, renameSync, writeFileSync} from 'node:fs'
import {createServer, type RequestListener, type Server} from 'node:http'
import {createServer as createPlainServer} from 'node:net'
import path from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {DockerClient} from '../../../../src/lib/docker/api/docker-client.ts'
import {WorkflowError} from '../../../../src/lib/errors/workflow-error.ts'
import {bundleScript, runScript} from '../../../rig/script-process.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'
import {nodeWithoutPrivileges} from '../../../rig/without-privileges.ts'

/** A directory with one program in it, as PATH. */
function pathWith(...programs: string[]): string {
  const dir = temporaryDir()
  for (const name of programs) writeFileSync(path.join(dir, name), '', {mode: 0o755})
  return dir
}

async function listen(server: Server | ReturnType<typeof createPlainServer>): Promise<string> {
  const socket = path.join(temporaryDir(), 'docker.sock')
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  onTestFinished(() => void server.close())
  return socket
}

/** An engine of that version, which notes what it is asked. */
async function engine(versions: object, answer?: RequestListener): Promise<{socket: string; asked: string[]}> {
  const asked: string[] = []
  const socket = await listen(
    createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      if (request.url === '/version') response.end(JSON.stringify({Version: '1', ...versions}))
      else if (answer !== undefined) answer(request, response)
      else response.end('[]')
    }),
  )
  return {socket, asked}
}

async function refusal(env: Record<string, string>, timeoutMs?: number): Promise<WorkflowError> {
  const error: unknown = await DockerClient.connect(env, timeoutMs).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof WorkflowError)) throw new Error('connected, or failed in another way', {cause: error})
  expect(error).toMatchObject({code: 'DOCKER_UNAVAILABLE', exitCode: 8})
  return error
}

describe('an engine that is not there', () => {
  it('was given by DOCKER_HOST: that is the cause', async () => {
    for (const host of ['unix:///no/such/docker.sock', 'tcp://127.0.0.1:1', '127.0.0.1:1']) {
      const error = await refusal({DOCKER_HOST: host, PATH: pathWith('docker')})
      expect(error.message).toContain('the address in DOCKER_HOST')
      expect(error.hint).toContain('unset DOCKER_HOST')
    }
  })

  it.each(['http//x', 'ftp://host', 'tcp://', 'unix'])('cannot be found by DOCKER_HOST=%s', async (host) => {
    expect((await refusal({DOCKER_HOST: host})).message).toContain('DOCKER_HOST')
  })

  it('may not be opened by this user', async () => {
    const {socket} = await engine({ApiVersion: '1.41'})
    chmodSync(socket, 0)
    const script = await bundleScript(`
      import {DockerClient} from 'src/lib/docker/api/docker-client.ts'
      DockerClient.connect({DOCKER_HOST: 'unix://${socket}'}).then(() => console.log('connected'), ({code, message, hint}) => console.log(code, message, hint))`)
    const said = await runScript(script, [], {node: nodeWithoutPrivileges}).line('')
    expect(said).toMatch(/^DOCKER_UNAVAILABLE Docker is installed, but you do not have permission .*usermod -aG docker/)
  })

  it('has certificates that cannot be read', async () => {
    const error = await refusal({DOCKER_HOST: 'tcp://127.0.0.1:2376', DOCKER_CERT_PATH: '/no/such/dir'})
    expect(error.message).toContain('/no/such/dir/ca.pem')
  })

  it('does not answer: it is not waited for without end', async () => {
    const socket = await listen(createPlainServer(() => undefined))
    expect((await refusal({DOCKER_HOST: `unix://${socket}`}, 200)).message).toContain('no Docker engine answers')
  })
})

describe('a socket at its usual place', () => {
  // The usual place of an engine without root: the system's own may or may not exist on the machine of the test.
  const {explain, socketIn} = {
    socketIn: (home: string) => path.join(home, 'docker.sock'),
    explain: async (socket: string, searchPath: string): Promise<WorkflowError> => {
      const {explainUnavailable} = await import('../../../../src/lib/docker/api/errors.ts')
      const {connect} = await import('node:net')
      const cause = await new Promise<unknown>((resolve) => connect(socket).on('error', resolve))
      return explainUnavailable(cause, {name: socket, isSocket: true, isChosen: false, connection: {socketPath: socket}}, searchPath)
    },
  }

  it('that is missing tells whether Docker is installed', async () => {
    const socket = socketIn(temporaryDir())
    const installed = await explain(socket, pathWith('docker'))
    expect(installed.message).toContain('is installed, but its engine is not running')
    expect(installed.hint).toContain('systemctl start docker')
  })

  it('that nobody listens to says that the engine is not running', async () => {
    const server = createPlainServer()
    const bound = await listen(server)
    const socket = `${bound}.left`
    renameSync(bound, socket)
    server.close()
    expect((await explain(socket, pathWith('docker'))).message).toContain('not running')
  })
})

describe('the version of the API', () => {
  it.each([
    ['1.40', '1.12', '1.40'],
    ['1.41', '1.12', '1.41'],
    ['1.43', '1.24', '1.41'],
    ['1.52', '1.44', '1.44'],
  ])('of an engine that speaks up to %s and from %s is %s', async (apiVersion, minApiVersion, agreed) => {
    const {socket, asked} = await engine({ApiVersion: apiVersion, MinAPIVersion: minApiVersion})
    const client = await DockerClient.connect({DOCKER_HOST: `unix://${socket}`})
    expect(await client.listContainers({a: '', b: 'c'})).toEqual([])
    const filters = encodeURIComponent('{"label":["a","b=c"]}')
    expect(asked[1]).toBe(`GET /v${agreed}/containers/json?all=1&filters=${filters}&`)
  })

  it('of an engine that is too old is refused', async () => {
    const {socket} = await engine({ApiVersion: '1.30'})
    expect((await refusal({DOCKER_HOST: `unix://${socket}`})).message).toContain('too old')
  })
})

describe('requests', () => {
  const connect = async (answer: RequestListener): Promise<DockerClient> => {
    const {socket} = await engine({ApiVersion: '1.41'}, answer)
    return await DockerClient.connect({DOCKER_HOST: `unix://${socket}`})
  }

  it.each([404, 409])('that remove what is gone or going (%i) succeed', async (status) => {
    const client = await connect((_request, response) => response.writeHead(status).end('{"message":"already in progress"}'))
    await client.remove('x')
    await client.removeImage('x')
    expect(await client.kill('x', 'SIGTERM')).toBe(false)
  })

  it('that fail carry the status and the words of the engine', async () => {
    const client = await connect((_request, response) => response.writeHead(500).end('{"message":"no space left on device"}'))
    await expect(client.start('x')).rejects.toMatchObject({name: 'EngineError', status: 500, message: 'no space left on device'})
    await expect(client.wait('x')).rejects.toMatchObject({status: 500, message: 'no space left on device'})
  })

  it('for directories of another machine are refused', async () => {
    const client = await connect((_request, response) => response.end('{"Name":"elsewhere","OperatingSystem":"Debian"}'))
    await expect(client.requireSameHost()).rejects.toMatchObject({
      code: 'DOCKER_UNAVAILABLE',
      message: expect.stringContaining("'elsewhere'") as string,
    })
  })

  it('whose stream is cut reject', async () => {
    const client = await connect((_request, response) => {
      response.write('{"stream":"Step 1/2"}\n{"strea', () => response.destroy())
    })
    const {Readable} = await import('node:stream')
    const seen: unknown[] = []
    const build = async (): Promise<void> => {
      const options = {tags: ['a/b:1', 'c'], dockerfile: 'Dockerfile', labels: {}, isCacheUsed: true, isBasePulled: false}
      for await (const message of client.build(Readable.from([Buffer.alloc(512)]), options)) seen.push(message)
    }
    await expect(build()).rejects.toThrow()
    expect(seen).toEqual([{stream: 'Step 1/2'}])
  })
})
