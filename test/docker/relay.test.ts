// Ordinary clients in a container whose image has nothing of ours: by the variables of a proxy and past them, they reach what is granted.

import {chmodSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import {buildSdk} from '../../scripts/build-sdk.mjs'
import type {ContainerConfig} from '../../src/lib/docker/api/api-types.ts'
import {containerUser} from '../../src/lib/docker/container-config.ts'
import {ownerLabel} from '../../src/lib/docker/labels.ts'
import {RelayContainer} from '../../src/lib/docker/relay-container.ts'
import {sweepContainers} from '../../src/lib/docker/reaper.ts'
import {EgressProxy} from '../../src/lib/egress/egress-proxy.ts'
import type {NetworkGateway, Refusal} from '../../src/lib/runtimes/network-gateway.ts'
import {collect} from '../contracts/runtime.ts'
import {containerShell, describeInDocker, dockerClient, dockerEnv, openDockerRuntime, sandbox} from '../rig/docker.ts'
import {deriveImage, importImage} from '../rig/docker-images.ts'
import {rule, startServer, startTlsServer} from '../rig/egress.ts'
import {until} from '../rig/processes.ts'
import {bundleScript, runScript} from '../rig/script-process.ts'
import {temporaryDir} from '../rig/temporary-dir.ts'
import {testCertificate} from '../rig/tls-certificate.ts'

interface Step {
  readonly rules: readonly string[]
  /** Of the client; `CA` names a file with the certificate of the tests' servers. */
  readonly script: string
  readonly env?: Readonly<Record<string, string>>
  /** Of the image. */
  readonly image?: string
}

async function relayProgram(): Promise<string> {
  const dir = temporaryDir()
  chmodSync(dir, 0o755)
  await buildSdk(dir, {types: false})
  return path.join(dir, 'relay.js')
}

/** Every name below `.test` stands for 127.0.0.1 of this machine, where the tests' servers are. */
async function run({rules, script, env = {}}: Step): Promise<{stdout: string; stderr: string; refusals: Refusal[]}> {
  const dir = temporaryDir()
  chmodSync(dir, 0o755)
  writeFileSync(path.join(dir, 'ca.pem'), testCertificate)
  const proxy = new EgressProxy({
    dial: {ca: testCertificate, reachable: ['127.0.0.1'], resolve: () => Promise.resolve([{address: '127.0.0.1', family: 4}])},
  })
  onTestFinished(() => proxy.close())
  const refusals: Refusal[] = []
  const network: NetworkGateway = {
    open: (grant, context) =>
      proxy.open(grant, {
        ...context,
        onRefused: (refusal) => {
          refusals.push(refusal)
          context.onRefused(refusal)
        },
      }),
  }
  const runtime = await openDockerRuntime(
    {mounts: [{source: dir, target: '/ca', isReadOnly: true}], network: {rules: rules.map(rule), needsRelay: true}},
    {network, relayProgram: await relayProgram()},
  )
  const shell = containerShell(script, {stdin: 'none'})
  const started = await runtime.start({...shell, env: {...shell.env, ...env, CA: '/ca/ca.pem'}})
  const {stdout, stderr} = await collect(started)
  return {stdout: stdout.toString(), stderr: stderr.toString(), refusals}
}

/** Prints what comes of each address, by urllib of Python, which follows the variables of a proxy. */
const python = `cat > /tmp/get.py <<'END'
import os, ssl, sys, urllib.request
for url in sys.argv[1:]:
    try:
        print(urllib.request.urlopen(url, context=ssl.create_default_context(cafile=os.environ['CA'])).read().decode())
    except urllib.error.HTTPError as error:
        print(error.code, error.read().decode().strip())
    except OSError as error:
        print(error)
END
python3 /tmp/get.py`

/** The same by http.get and https.get of Node, which know nothing of a proxy. */
const node = `cat > /tmp/get.mjs <<'END'
import {readFileSync} from 'node:fs'
const ca = readFileSync(process.env.CA)
for (const url of process.argv.slice(2)) {
  const {get} = await import(new URL(url).protocol === 'https:' ? 'node:https' : 'node:http')
  console.log(await new Promise((resolve) => {
    get(url, {ca}, (answer) => {
      let text = ''
      answer.on('data', (chunk) => { text += chunk }).on('end', () => resolve(answer.statusCode === 200 ? text : answer.statusCode + ' ' + text.trim()))
    }).on('error', (error) => resolve(error.code))
  }))
}
END
node /tmp/get.mjs`

describeInDocker('ordinary clients in a container', () => {
  it.each([
    ['by a proxy they are told of', python],
    ['by names that lead to it', node],
  ])('reach what is granted, and nothing else, %s', async (_way, client) => {
    const tls = await startTlsServer((request, response) => response.end(`tls ${request.url ?? ''}`))
    const plain = await startServer((request, response) => response.end(`plain ${request.url ?? ''}`))
    const secure = `https://api.granted.test:${String(tls.port)}`
    const open = `http://web.test:${String(plain.port)}`
    const {stdout, stderr, refusals} = await run({
      rules: [secure, `${open}/ok/*`, `https://paths.test:${String(tls.port)}/v1/*`],
      script: `${client} ${secure}/a ${open}/ok/b ${open}/other https://paths.test:${String(tls.port)}/v1/x`,
    })
    const lines = stdout.trim().split('\n')
    expect(lines.slice(0, 2), stderr).toEqual(['tls /a', 'plain /ok/b'])
    expect(lines[2]).toBe(`403 Refused: GET ${open}/other: no rule grants this path. This rule would allow it: ${open}/other`)
    expect(lines[3]).toMatch(/403|ECONNRESET/)
    expect(refusals.map(({target}) => target)).toEqual([`${open}/other`, `paths.test:${String(tls.port)}`])
    expect([...tls.requests, ...plain.requests].map(({url}) => url)).toEqual(['/a', '/ok/b'])
  })

  it('reach nothing by another name, an address, DNS or a packet', async () => {
    const server = await startServer()
    const port = String(server.port)
    const {stdout, stderr, refusals} = await run({
      rules: [`http://api.test:${port}`],
      script: `${python} http://evil.test:${port}/ http://127.0.0.1:${port}/ http://172.17.0.1:${port}/ http://169.254.169.254/
cat > /tmp/past.mjs <<'END'
import dgram from 'node:dgram'
import dns from 'node:dns'
import net from 'node:net'
const code = (act) => new Promise((resolve) => act((error) => resolve(error ? error.code : 'reached')))
console.log(await code((done) => dns.lookup('api.evil.test', done)))
console.log(await code((done) => dns.resolveTxt('secret.evil.test', done)))
console.log(await code((done) => dgram.createSocket('udp4').send('x', 53, '8.8.8.8', done)))
console.log(await code((done) => net.connect(80, '172.17.0.1', () => done()).on('error', done)))
process.exit()
END
node /tmp/past.mjs; wc -l < /proc/net/route`,
    })
    const lines = stdout.trim().split('\n')
    expect(lines[0], stderr).toMatch(/^403 Refused: GET http:\/\/evil\.test:\d+\/: no rule grants this host/)
    // NO_PROXY: the container's own loopback, where nothing of this machine is.
    expect(lines[1]).toContain('refused')
    expect(lines.slice(2, 4).every((line) => line.startsWith('403 Refused: '))).toBe(true)
    expect(lines.slice(4)).toEqual(['EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'ENETUNREACH', '1'])
    expect(refusals).toHaveLength(3)
    expect(server.requests).toHaveLength(0)
  })

  it('find the proxy in spite of what the image or the task says of one', async () => {
    const {port} = await startServer()
    const url = `http://api.test:${String(port)}`
    const other = 'http://127.0.0.1:9'
    const {stdout, stderr} = await run({
      rules: [url],
      env: {http_proxy: other, HTTP_PROXY: other, no_proxy: '*', NO_PROXY: '*'},
      script: `${python} ${url}/; echo "$HTTP_PROXY $HTTPS_PROXY $NO_PROXY"; echo "$http_proxy $https_proxy $no_proxy"`,
    })
    const variables = 'http://127.0.0.1:3128 http://127.0.0.1:3128 localhost,127.0.0.1,::1'
    expect(stdout.trim().split('\n'), stderr).toEqual(['hello', variables, variables])
  })

  it('are confined as without a network, and so is what listens for them', async () => {
    const client = await dockerClient()
    const {stdout} = await run({
      rules: ['http://api.test'],
      script: `(: > /usr/x) 2>/dev/null || echo read-only
ls /autokestra 2>/dev/null || echo nothing of ours
for dir in /proc/[0-9]*; do tr '\\0' ' ' < $dir/cmdline; echo; done | grep -c 're[l]ay'
while read -r name value; do case $name in CapEff:|NoNewPrivs:) echo "$name $value" ;; esac; done < /proc/self/status`,
    })
    expect(stdout.trim().split('\n')).toEqual(['read-only', 'nothing of ours', '0', 'CapEff: 0000000000000000', 'NoNewPrivs: 1'])
    const owners = (await client.listContainers({[ownerLabel]: ''})).map(({labels}) => labels[ownerLabel] ?? '')
    expect(owners.filter((owner) => owner.startsWith(`${String(process.pid)}:`))).toEqual([])
  })

  it('go on after a flood of connections', async () => {
    const {port} = await startServer()
    const url = `http://api.test:${String(port)}`
    const {stdout, stderr} = await run({
      rules: [url],
      script: `cat > /tmp/flood.mjs <<'END'
import net from 'node:net'
for (let round = 0; round < 3; round += 1) {
  const open = await Promise.all(Array.from({length: 1000}, () => new Promise((resolve) => {
    const socket = net.connect(3128, '127.0.0.1')
    socket.on('connect', () => resolve(socket)).on('error', () => resolve(socket))
  })))
  for (const socket of open) socket.destroy()
}
END
node /tmp/flood.mjs; sleep 1; ${python} ${url}/`,
    })
    expect(stdout.trim(), stderr).toBe('hello')
  })

  it.each([
    ['has nothing', (name: string) => importImage(name)],
    [
      'would bend our program',
      (name: string) => deriveImage(name, {NODE_OPTIONS: '--no-such-flag', LD_PRELOAD: '/nothing.so', LD_LIBRARY_PATH: '/nowhere'}),
    ],
  ])('are led by a program that needs nothing of an image that %s', async (_what, make) => {
    const name = `autokestra-test-alien-${String(process.pid)}`
    await make(name)
    const client = await dockerClient()
    const image = await client.inspectImage(name)
    if (image === undefined) throw new Error('no image')
    const proxy = new EgressProxy()
    onTestFinished(() => proxy.close())
    const [user, grant] = [containerUser(), {rules: [rule('http://api.test')]}]
    const gateway = await proxy.open(grant, {...user, onRefused: () => undefined})
    const create = (config: ContainerConfig): Promise<string> => client.createContainer(name, config)
    const relay = await RelayContainer.open({client, image, user, gateway, grant, labels: {}, program: await relayProgram(), create})
    try {
      await relay.ready
    } finally {
      await relay.close()
    }
    await expect(client.inspectContainer(relay.id)).rejects.toThrow()
  })

  it('are told when what listens for them has ended, and reach nothing from then on', async () => {
    const client = await dockerClient()
    const proxy = new EgressProxy()
    onTestFinished(() => proxy.close())
    const label = {'dev.autokestra.test': `lost-${String(process.pid)}`}
    const runtime = await openDockerRuntime(
      {network: {rules: [rule('http://api.test')], needsRelay: true}, labels: label},
      {network: proxy, relayProgram: await relayProgram()},
    )
    const step = await runtime.start(
      containerShell(`echo up; read -r line; python3 -c 'import urllib.request as r; r.urlopen("http://api.test/")' 2>&1`),
    )
    const told: Refusal[] = []
    step.network?.onRefused((refusal) => told.push(refusal))
    const lines = collect(step)
    await until(() => step.stdout.readableDidRead)
    const states = await Promise.all(
      (await client.listContainers(label)).map(async ({id}) => [id, await client.inspectContainer(id)] as const),
    )
    const relay = states.find(([, {pid}]) => pid !== step.pid)?.[0] ?? ''
    await client.kill(relay, 'SIGKILL')
    await until(() => told.length > 0)
    step.stdin?.end('go\n')
    expect((await lines).stdout.toString()).toMatch(/refused/)
    expect(told).toMatchObject([{reason: 'the container that listens for it has ended'}])
    expect(await client.listContainers(label)).toEqual([])
  })

  it('wait for nobody when the proxy cannot be started: the step fails', async () => {
    const proxy = new EgressProxy()
    onTestFinished(() => proxy.close())
    const label = {'dev.autokestra.test': `no-relay-${String(process.pid)}`}
    const file = path.join(temporaryDir(), 'relay.js')
    chmodSync(path.dirname(file), 0o755)
    writeFileSync(file, 'throw new Error("no such thing")\n')
    const runtime = await openDockerRuntime(
      {network: {rules: [rule('http://api.test')], needsRelay: true}, labels: label},
      {network: proxy, relayProgram: file},
    )
    await expect(runtime.start(containerShell('echo ran', {stdin: 'none'}))).rejects.toMatchObject({
      code: 'CONTAINER_FAILED',
      message: expect.stringMatching(/no such thing[\s\S]*install Node\.js/) as string,
    })
    expect(await (await dockerClient()).listContainers(label)).toEqual([])
  })

  it('lose it when the command is killed: what listens ends by itself, and the next run removes the rest', async () => {
    const client = await dockerClient()
    const label = {'dev.autokestra.test': `relay-${String(process.pid)}`}
    const of = sandbox({labels: label, network: {rules: [rule('http://api.test')], needsRelay: true}})
    const program = await bundleScript(`
      import {DockerClient} from 'src/lib/docker/api/docker-client.ts'
      import {DockerRuntime} from 'src/lib/docker/docker-runtime.ts'
      import {EgressProxy} from 'src/lib/egress/egress-proxy.ts'
      import {identifyProcess} from 'src/lib/util/process-identity.ts'
      const client = await DockerClient.connect(${JSON.stringify(dockerEnv())})
      const options = {network: new EgressProxy(), relayProgram: ${JSON.stringify(await relayProgram())}, owner: identifyProcess()}
      const runtime = new DockerRuntime({client, sandbox: ${JSON.stringify(of)}, ...options})
      const started = await runtime.start(${JSON.stringify(containerShell('echo up; sleep 1000', {stdin: 'none'}))})
      started.stdout.on('data', (chunk) => process.stdout.write(chunk))
      started.stderr.resume()`)
    const owner = runScript(program, [])
    await owner.line('up')
    expect(await client.listContainers(label)).toHaveLength(2)
    owner.kill('SIGKILL')
    await owner.exit
    let left = 2
    void (async () => {
      while (left > 1) left = (await client.listContainers(label)).length
    })()
    await until(() => left === 1)
    await sweepContainers(client)
    expect(await client.listContainers(label)).toEqual([])
  })
})
