// Steps of a restricted workflow in an image that has nothing of ours, with ordinary clients and the built command: what is granted is reached.

import {chmodSync} from 'node:fs'
import {request} from 'node:http'
import path from 'node:path'
import {text} from 'node:stream/consumers'
import {expect, inject, it} from 'vitest'
import {expectNoLeaks} from '../rig/canary.ts'
import {baseImage, describeInDocker, dockerEnv} from '../rig/docker.ts'
import {startServer} from '../rig/egress.ts'
import {redirectedAddress, redirectEnv} from '../rig/redirect.ts'
import {containersOf, openEngineFor, RestrictedProject} from '../rig/restricted-project.ts'
import {builtCommand, runWorkflow} from '../rig/workflow-command.ts'

/** A program of the image, by Python's own client. */
const get = (url: string): string => `python3 -c 'import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())' "${url}"`
const shell = (id: string, command: string, more: object = {}): object => ({id, type: 'core/shell.run', inputs: {command}, ...more})

function write(rules: readonly string[], tasks: readonly object[], more: object = {}): RestrictedProject {
  const workflow = {
    id: 'boxed',
    security: 'restricted',
    container: baseImage,
    permissions: {network: rules},
    failFast: false,
    ...more,
    tasks,
  }
  return new RestrictedProject({'w.yaml': JSON.stringify(workflow)})
}

const granted = (port: number): string => `http://${redirectedAddress}:${String(port)}`

describeInDocker('the network of a step in a restricted workflow', () => {
  it('is what is granted: a path passes, another one is refused with the rule that would allow it, once', async () => {
    const server = await startServer((request, response) => response.end(`answer ${request.url ?? ''}`))
    const url = granted(server.port)
    const project = write(
      [`${url}/v1/*`],
      [
        shell('passes', get(`${url}/v1/x`)),
        shell('path', get(`${url}/v2`), {retry: {max: 3, delay: '1ms'}}),
        shell('host', get('http://evil.test/'), {retry: {max: 3, delay: '1ms'}}),
        shell('tolerated', `${get(`${url}/v2`)} 2>/dev/null || echo went on`),
        {
          id: 'python',
          type: 'core/python.run',
          inputs: {script: `import urllib.request\nreturn urllib.request.urlopen("${url}/v1/p").read().decode()`},
        },
        {
          id: 'node',
          type: 'core/node.run',
          inputs: {
            script: `const http = require("node:http")\nconst proxy = new URL(process.env.HTTP_PROXY)\nreturn await new Promise((done) => http.get({host: proxy.hostname, port: proxy.port, path: "${url}/v1/n", headers: {host: "${redirectedAddress}:${String(server.port)}"}}, (answer) => { let all = ""; answer.on("data", (part) => { all += part }).on("end", () => done(all)) }))`,
          },
        },
      ],
    )
    const run = await project.runRestricted('w.yaml', [], redirectEnv())
    expect(run.task('passes'), JSON.stringify(run.result)).toMatchObject({status: 'succeeded', output: {stdout: 'answer /v1/x'}})
    for (const [task, rule] of [
      ['path', `${url}/v2`],
      ['host', 'http://evil.test/'],
    ] as const) {
      const advice = expect.stringContaining(`permissions.network would allow it with '${rule}'`) as string
      expect(run.task(task)).toMatchObject({attempts: 1, error: {code: 'PERMISSION_DENIED', message: advice}})
      expect(await project.logOf(task)).toContainEqual(advice)
    }
    expect(run.task('tolerated')).toMatchObject({status: 'succeeded', output: {stdout: 'went on'}})
    expect(run.task('python').output).toBe('answer /v1/p')
    expect(run.task('node').output).toBe('answer /v1/n')
    expect(server.requests.map(({url: path}) => path).sort()).toEqual(['/v1/n', '/v1/p', '/v1/x'])
  })

  it('is narrowed by a task, and nothing where nothing is granted', async () => {
    const server = await startServer()
    const url = granted(server.port)
    const project = write(
      [`${url}/a/*`, `${url}/b/*`],
      [
        shell('narrow', get(`${url}/b/x`), {permissions: {network: [`${url}/a/*`]}}),
        shell('none', `echo "<$HTTP_PROXY$https_proxy>"; ${get(`${url}/a/x`)}`, {permissions: {network: []}}),
      ],
    )
    const run = await project.runRestricted('w.yaml', [], redirectEnv())
    expect(run.error('narrow')).toMatchObject({code: 'PERMISSION_DENIED'})
    expect(run.task('none')).toMatchObject({status: 'failed'})
    expect(await project.logOf('none')).toContain('<>')
    expect(server.requests).toEqual([])
  })

  it('takes hostile values for what they are', async () => {
    const server = await startServer()
    const url = granted(server.port)
    const values = [`${url}@evil.test/`, 'http://evil.test/#', `${url}/v1/../v2`, `${url}/v1/%2e%2e/v2`, "'; rm -rf / #", '$(id)', 'a\nb']
    const script = `import urllib.request
answers = []
for value in inputs["values"]:
    try:
        answers.append(urllib.request.urlopen(value).read().decode())
    except Exception as error:
        answers.append(type(error).__name__)
return answers`
    const project = write([`${url}/v1/*`], [{id: 't', type: 'core/python.run', inputs: {script, values}}])
    const run = await project.runRestricted('w.yaml', [], redirectEnv())
    expect(run.task('t').output, JSON.stringify(run.result)).not.toContain('hello')
    expect(server.requests).toEqual([])
  })

  it('hides a secret that goes through it, and confines what listens as the step itself', async () => {
    const server = await startServer()
    const url = granted(server.port)
    const secret = 'Mq4-amber-lantern-27'
    const command = `python3 -c 'import os, urllib.request as r; r.urlopen(r.Request("${url}/x", headers={"Authorization": os.environ["TOKEN"]}))' && echo up > out/up && sleep 3`
    const project = write([url], [shell('t', command, {env: {TOKEN: '{{ secrets.TOKEN }}'}})], {
      secrets: ['TOKEN'],
      permissions: {network: [url], filesystem: {write: ['./out']}},
    })
    project.share('out')
    const running = project.startDocker(['run', 'w.yaml', '--progress', 'plain'], {...redirectEnv(), TOKEN: secret})
    await project.appears('out/up', running)
    const inspected = await Promise.all((await containersOf(running.pid)).map((id) => inspect(`/containers/${id}/json`)))
    const ended = await running.ended
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(server.requests.map(({headers}) => headers.authorization)).toEqual([secret])
    expect(inspected).toHaveLength(2)
    const relay = inspected.find((one) => one.includes('relay.mjs')) ?? ''
    expectNoLeaks({TOKEN: secret}, project.home, {relay, stdout: ended.stdout, stderr: ended.stderr})
    for (const one of inspected) {
      const {HostConfig, Config} = JSON.parse(one) as {HostConfig: Record<string, unknown>; Config: {User: string}}
      expect(HostConfig).toMatchObject({CapDrop: ['ALL'], CapAdd: null, ReadonlyRootfs: true, Privileged: false})
      expect(HostConfig['SecurityOpt']).toContain('no-new-privileges')
      expect(HostConfig['NetworkMode']).toMatch(/^(none|container:[0-9a-f]{64})$/)
      expect(Config.User).not.toMatch(/^(0|root)\b/)
    }
    expect(await containersOf(running.pid)).toEqual([])
  })

  it('is there also for a caller who is not root', async () => {
    const server = await startServer()
    const url = granted(server.port)
    const project = write([url], [shell('t', `${get(`${url}/x`)}; id -u`)])
    chmodSync(project.dir, 0o755)
    // Somebody every system knows, with the right to read kept, and so its way into this checkout.
    const become = [
      'setpriv',
      '--reuid=1',
      '--regid=1',
      '--clear-groups',
      '--inh-caps=+dac_read_search',
      '--ambient-caps=+dac_read_search',
    ] as const
    const {exitCode, stdout, stderr} = await runWorkflow(['run', 'w.yaml', '--progress', 'plain'], {
      home: path.join(project.share('homes'), 'home'),
      cwd: project.dir,
      env: {...redirectEnv(), ...dockerEnv(), DOCKER_HOST: await openEngineFor('everybody')},
      ...(process.getuid?.() === 0 && {command: [...become, process.execPath, builtCommand]}),
    })
    expect({exitCode, stderr}).toMatchObject({exitCode: 0})
    expect(stdout + stderr).toContain('hello')
    expect(server.requests).toHaveLength(1)
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('ends with a command that is stopped by %s', async (signal) => {
    const project = write(['http://api.test'], [shell('t', 'echo up > out/up; sleep 300')], {
      permissions: {network: ['http://api.test'], filesystem: {write: ['./out']}},
    })
    project.share('out')
    const command = project.startDocker(['run', 'w.yaml', '--progress', 'plain'])
    await project.appears('out/up', command)
    expect(await containersOf(command.pid)).toHaveLength(2)
    command.kill(signal)
    await command.ended
    expect(await containersOf(command.pid)).toEqual([])
  })
})

async function inspect(target: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    request({socketPath: inject('docker').socketPath, path: target}, (answer) => {
      text(answer).then(resolve, reject)
    })
      .on('error', reject)
      .end()
  })
}
