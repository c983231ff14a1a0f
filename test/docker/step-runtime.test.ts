// One container for many steps: the contract every runtime fulfils, and what only a shared container can be asked.

import {expect, it} from 'vitest'
import {collect, describeRuntime, firstLine} from '../contracts/runtime.ts'
import {importImage} from '../rig/docker-images.ts'
import {containerShell, describeInDocker, dockerClient, openStepRuntime} from '../rig/docker.ts'

const processes = 'for dir in /proc/[0-9]*; do tr "\\0" " " < $dir/cmdline 2>/dev/null; echo; done'

async function output(runtime: Awaited<ReturnType<typeof openStepRuntime>>, script: string): Promise<string> {
  const started = await runtime.start(containerShell(script, {stdin: 'none'}))
  return (await collect(started)).stdout.toString()
}

describeInDocker('the container of steps', () => {
  describeRuntime('a step in a warm container', {open: () => openStepRuntime(), shell: containerShell, isContainer: true})

  it('is one for all steps, also for those that start at once', async () => {
    const label = `one-${String(process.pid)}`
    const runtime = await openStepRuntime({labels: {'dev.autokestra.test': label}})
    runtime.expect(1)
    await Promise.all(['a', 'b', 'c'].map((name) => output(runtime, `echo ${name} > /tmp/${name}`)))
    expect(await output(runtime, 'cat /tmp/a /tmp/b /tmp/c')).toBe('a\nb\nc\n')
    expect(await (await dockerClient()).listContainers({'dev.autokestra.test': label})).toHaveLength(1)
    await runtime.close()
    expect(await (await dockerClient()).listContainers({'dev.autokestra.test': label})).toEqual([])
  })

  it('loses all of one step when that is killed, and nothing of another one', async () => {
    const runtime = await openStepRuntime()
    const neighbour = await runtime.start(containerShell('echo up; sleep 1.5; echo stayed', {stdin: 'none'}))
    const kept = collect(neighbour)
    // In a session of its own, without the mark, with a parent that has ended: each is found another way.
    const doomed = await runtime.start(
      containerShell(
        'sleep 101 & setsid sleep 102 & env -i /bin/sleep 103 & (setsid sh -c "sleep 104 & sleep 105" &) ; echo up; sleep 106',
      ),
    )
    await firstLine(doomed)
    expect(await output(runtime, processes)).toMatch(/sleep 10[1-6]/)
    await doomed.kill(100)
    expect(await output(runtime, processes)).not.toMatch(/sleep 10[1-6]/)
    expect((await kept).stdout.toString()).toBe('up\nstayed\n')
  })

  it('loses what a step has left in the background, with its end', async () => {
    const runtime = await openStepRuntime()
    await output(runtime, 'setsid sleep 107 >/dev/null 2>&1 </dev/null & setsid -f sleep 108 >/dev/null 2>&1 </dev/null; echo done')
    expect(await output(runtime, processes)).not.toMatch(/sleep 10[78]/)
  })

  it('is started again when a step has ended it, which fails that step', async () => {
    const runtime = await openStepRuntime()
    const killer = await collect(await runtime.start(containerShell('kill -9 -1; sleep 5', {stdin: 'none'})))
    expect(killer.status).toMatchObject({exitCode: 137, signal: null})
    expect(await output(runtime, 'echo again')).toBe('again\n')
  })

  it('is ended when it does not obey', async () => {
    const runtime = await openStepRuntime()
    const stopper = await runtime.start(containerShell('echo up; kill -STOP -1; sleep 100'))
    await firstLine(stopper)
    const startedAt = performance.now()
    await stopper.kill(100)
    expect(performance.now() - startedAt).toBeLessThan(12_000)
    expect(await output(runtime, 'echo again')).toBe('again\n')
  }, 30_000)

  it('tells a step that ran out of memory from one that was killed', async () => {
    const runtime = await openStepRuntime({limits: {memoryBytes: 64 * 1024 * 1024}})
    const greedy = await collect(await runtime.start(containerShell("exec node -e 'const a = []; for (;;) a.push(Buffer.alloc(1e6, 1))'")))
    expect(greedy.status).toMatchObject({isOutOfMemory: true, signal: 'SIGKILL'})
    const killed = await collect(await runtime.start(containerShell('kill -9 $$')))
    expect(killed.status).toMatchObject({isOutOfMemory: false, exitCode: 137})
  })

  it('measures each step for itself', async () => {
    const runtime = await openStepRuntime()
    const busy = runtime.start(containerShell("exec node -e 'const end = Date.now() + 600; while (Date.now() < end);'"))
    const idle = runtime.start(containerShell('sleep 0.7'))
    const [hot, cold] = await Promise.all([busy.then(collect), idle.then(collect)])
    expect(hot.status.metrics.cpuTimeMs).toBeGreaterThan(50)
    expect(hot.status.metrics.peakMemoryBytes).toBeGreaterThan(10_000_000)
    expect(cold.status.metrics.cpuTimeMs).toBeLessThan(50)
  })

  it('has no way to more rights', async () => {
    const runtime = await openStepRuntime({user: '0:0'})
    const status = await output(runtime, 'grep -E "NoNewPrivs|Seccomp:|CapEff|CapBnd" /proc/self/status')
    expect(status).toMatch(/NoNewPrivs:\s1\n/)
    expect(status).toMatch(/Seccomp:\s2\n/)
    // CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID and SETUID.
    expect(status).toMatch(/CapBnd:\s00000000000000fb\n/)
    const plain = await output(await openStepRuntime({user: '1000:1000'}), 'grep -E "CapEff|CapBnd" /proc/self/status; id -u')
    expect(plain).toMatch(/CapEff:\s0+\n.*CapBnd:\s0+\n1000\n/s)
  })

  it('names the image that has no shell', async () => {
    const client = await dockerClient()
    const name = 'autokestra-test-empty'
    await importImage(name)
    const image = await client.inspectImage(name)
    const runtime = await openStepRuntime({image: image?.id ?? '', imageName: name})
    await expect(runtime.start(containerShell('true'))).rejects.toMatchObject({
      code: 'ENTRYPOINT_NOT_FOUND',
      message: `the image '${name}' has no sh, which steps in containers need`,
    })
  })

  it('says that a directory is not in the container', async () => {
    const runtime = await openStepRuntime()
    await expect(runtime.start(containerShell('pwd', {cwd: '/no/such'}))).rejects.toMatchObject({code: 'WORKING_DIR_NOT_FOUND'})
    expect(await output(runtime, 'pwd')).toBe('/\n')
  })
})
