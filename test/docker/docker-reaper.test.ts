// What a killed command leaves behind in the engine, and who removes it.

import {expect, it} from 'vitest'
import {removeContainersOf, sweepContainers} from '../../src/lib/docker/reaper.ts'
import {lifeOf} from '../../src/lib/util/process-identity.ts'
import {parseProcessTags} from '../../src/lib/runtimes/process-tag.ts'
import {ownerLabel} from '../../src/lib/docker/labels.ts'
import {firstLine} from '../contracts/runtime.ts'
import {containerShell, describeInDocker, dockerClient, dockerEnv, openDockerRuntime, sandbox} from '../rig/docker.ts'
import {until} from '../rig/processes.ts'
import {bundleScript, runScript} from '../rig/script-process.ts'

/** A program with one container, which runs `script`; resolves when the container does. */
async function startOwner(script: string, label: string): Promise<ReturnType<typeof runScript>> {
  const file = await bundleScript(`
    import {DockerClient} from 'src/lib/docker/api/docker-client.ts'
    import {DockerRuntime} from 'src/lib/docker/docker-runtime.ts'
    import {identifyProcess} from 'src/lib/util/process-identity.ts'
    const client = await DockerClient.connect(${JSON.stringify(dockerEnv())})
    const runtime = new DockerRuntime({client, sandbox: ${JSON.stringify(sandbox({labels: {'dev.autokestra.test': label}}))}, owner: identifyProcess()})
    const started = await runtime.start(${JSON.stringify(containerShell(script))})
    started.stdout.on('data', (chunk) => process.stdout.write(chunk))
    started.stderr.resume()`)
  const owner = runScript(file, [])
  await owner.line('up')
  return owner
}

describeInDocker('containers of a killed command', () => {
  it('are removed by the next sweep, and those of a living one stay', async () => {
    const client = await dockerClient()
    const label = {'dev.autokestra.test': `reaper-${process.pid}`}
    const own = await (await openDockerRuntime({labels: label})).start(containerShell('echo up; sleep 100'))
    await firstLine(own)
    const owner = await startOwner('echo up; sleep 1000', label['dev.autokestra.test'])
    expect(await client.listContainers(label)).toHaveLength(2)
    await sweepContainers(client)
    expect(await client.listContainers(label)).toHaveLength(2)
    owner.kill('SIGKILL')
    await owner.exit
    await sweepContainers(client)
    const left = await client.listContainers(label)
    expect(left.map(({labels}) => labels[ownerLabel]?.split(':')[0])).toEqual([String(process.pid)])
  })

  it('end by themselves, without a sweep, when they listen to their input', async () => {
    const client = await dockerClient()
    const label = {'dev.autokestra.test': `orphan-${process.pid}`}
    const owner = await startOwner('echo up; cat >/dev/null', label['dev.autokestra.test'])
    const [container] = await client.listContainers(label)
    owner.kill('SIGKILL')
    await owner.exit
    let isRunning = true
    void (async () => {
      while (isRunning) isRunning = (await client.inspectContainer(container?.id ?? '')).isRunning
    })()
    await until(() => !isRunning)
    await sweepContainers(client)
    expect(await client.listContainers(label)).toEqual([])
  })

  it('of one that lives, suspended, are removed on request, and no others', async () => {
    const client = await dockerClient()
    const label = {'dev.autokestra.test': `taken-${process.pid}`}
    await firstLine(await (await openDockerRuntime({labels: label})).start(containerShell('echo up; sleep 100')))
    const owner = await startOwner('echo up; sleep 1000', label['dev.autokestra.test'])
    const [theirs] = (await client.listContainers(label)).flatMap(({labels}) =>
      parseProcessTags(labels[ownerLabel] ?? '').filter((tag) => tag.owner.pid === owner.pid),
    )
    if (theirs === undefined) throw new Error('it has one')
    owner.kill('SIGSTOP')
    await until(() => lifeOf(theirs.owner) === 'stopped')
    expect(await sweepContainers(client)).toBe(0)
    expect(await removeContainersOf(client, theirs.owner)).toBe(1)
    const left = await client.listContainers(label)
    expect(left.map(({labels}) => labels[ownerLabel]?.split(':')[0])).toEqual([String(process.pid)])
  })

  it('are left alone when they are of another machine', async () => {
    const client = await dockerClient()
    const label = {'dev.autokestra.test': `foreign-${process.pid}`}
    const foreign = {...label, [ownerLabel]: '999999999:1:00000000-1:x', 'dev.autokestra.host': 'elsewhere'}
    const plain = await openDockerRuntime({labels: label})
    const {containerConfig, containerUser} = await import('../../src/lib/docker/container-config.ts')
    const image = await client.inspectImage(sandbox().image)
    if (image === undefined) throw new Error('no base image')
    const config = containerConfig({
      spec: containerShell('true'),
      sandbox: sandbox(),
      image,
      user: containerUser(),
      labels: foreign,
      env: {},
      mounts: [],
    })
    const id = await client.createContainer(`autokestra-test-${process.pid}`, config)
    try {
      await sweepContainers(client)
      expect(await client.listContainers(label)).toHaveLength(1)
      await expect(client.createContainer(`autokestra-test-${process.pid}`, config)).rejects.toMatchObject({status: 409})
    } finally {
      // More than once is no error, whoever was first.
      await Promise.all([client.remove(id), client.remove(id), client.remove(id)])
      await client.remove(id)
    }
    await plain.close()
    expect(await client.listContainers(label)).toEqual([])
  })
})
