// What is left of a restricted run whose command leaves without waiting, or is given no time to leave.

import {readdirSync} from 'node:fs'
import {expect, it} from 'vitest'
import {describeInDocker, dockerClient} from '../rig/docker.ts'
import {actionSource, sdkPlugin, shellPlugin} from '../rig/project.ts'
import {containersOf, RestrictedProject} from '../rig/restricted-project.ts'

const plugins = {
  // Nobody but SIGKILL ends it, and it never stops talking.
  ...shellPlugin('leaving-deaf', "trap '' TERM; cat > /dev/null; echo deaf >&2; while :; do echo; done"),
  ...sdkPlugin('leaving-sdk', actionSource("console.log('listens'); await new Promise((resolve) => setTimeout(resolve, 300_000))")),
}

const task = (id: string, plugin: string): string => `  - {id: ${id}, type: test/${plugin}.act, timeout: 10m}\n`

/** The directories of gateways of a process. */
function gatewaysOf(pid: number): string[] {
  return readdirSync('/tmp').filter((name) => name.startsWith(`autokestra-egress-${pid.toString(36)}.`))
}

describeInDocker('a restricted run', () => {
  it('that is stopped by a second Ctrl-C leaves nothing when its command has ended, long before the grace time', async () => {
    const project = new RestrictedProject({
      ...plugins,
      'w.yaml': `id: w\nsecurity: restricted\npermissions: {network: ["https://a.test"]}\ntasks:\n${task('a', 'leaving-deaf')}${task('b', 'leaving-deaf')}${task('c', 'leaving-sdk')}`,
    })
    project.write({'autokestra.yaml': `${project.read('autokestra.yaml')}limits: {killGrace: 1h, log: 1KiB}\n`})
    await project.build('test/leaving-deaf', 'test/leaving-sdk')
    const command = project.startDocker(['run', 'w.yaml', '--progress', 'plain', '--concurrency', '3'])
    await Promise.all(['a | deaf', 'b | deaf', 'c | listens'].map((text) => command.printed(text)))
    expect((await containersOf(command.pid)).length).toBeGreaterThanOrEqual(3)
    expect(gatewaysOf(command.pid).length).toBeGreaterThanOrEqual(3)
    command.kill('SIGINT')
    await command.printed('stopping')
    command.kill('SIGINT')
    expect(await command.ended).toMatchObject({exitCode: 130})
    expect([await containersOf(command.pid), gatewaysOf(command.pid)]).toEqual([[], []])
  })

  it('that is killed leaves no plugin of the SDK running', async () => {
    const project = new RestrictedProject({...plugins, 'w.yaml': `id: w\nsecurity: restricted\ntasks:\n${task('c', 'leaving-sdk')}`})
    await project.build('test/leaving-sdk')
    const command = project.startDocker(['run', 'w.yaml', '--progress', 'plain'])
    await command.printed('c | listens')
    const ids = await containersOf(command.pid)
    command.kill('SIGKILL')
    await command.ended
    const killedAt = performance.now()
    const client = await dockerClient()
    const isOneRunning = async (): Promise<boolean> =>
      (await Promise.all(ids.map((id) => client.inspectContainer(id)))).some(({isRunning}) => isRunning)
    while (await isOneRunning());
    // Within a second; the tests of others may have the machine for themselves for a while.
    expect(performance.now() - killedAt).toBeLessThan(5000)
    await Promise.all(ids.map((id) => client.remove(id)))
  })
})
