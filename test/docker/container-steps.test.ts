// `container:` of a workflow from the file to the container and back, with the built command.

import {existsSync, mkdirSync, statSync} from 'node:fs'
import {expect, it} from 'vitest'
import {expectNoLeaks} from '../rig/canary.ts'
import {deriveImage} from '../rig/docker-images.ts'
import {baseImage, describeInDocker, dockerClient} from '../rig/docker.ts'
import {until} from '../rig/processes.ts'
import {containersOf, RestrictedProject} from '../rig/restricted-project.ts'

const shell = (id: string, command: string, more = ''): string =>
  `  - id: ${id}\n    type: core/shell.run\n    inputs: {command: ${JSON.stringify(command)}}\n${more}`

const inContainer = (tasks: string, more = ''): string =>
  `id: boxed\n${more === '' ? `container: {image: ${baseImage}, network: none}\n` : more}tasks:\n${tasks}`

const output = (run: Awaited<ReturnType<RestrictedProject['runRestricted']>>, task: string): string =>
  (run.task(task).output as {stdout?: string} | undefined)?.stdout ?? JSON.stringify(run.task(task))

describeInDocker('steps in containers', () => {
  it('share a container and the directory of the workflow, and write as the caller', async () => {
    const project = new RestrictedProject({
      'w.yaml': inContainer(
        [
          shell('first', 'pwd; hostname=$(cat /proc/sys/kernel/hostname); echo "$hostname" > host.txt; echo only-here > /tmp/shared'),
          shell('second', 'cat /proc/sys/kernel/hostname host.txt /tmp/shared', '    needs: [first]\n'),
          shell('outside', 'cat /proc/sys/kernel/hostname; test -e /tmp/shared || echo none', '    needs: [first]\n    container: false\n'),
        ].join(''),
      ),
    })
    const run = await project.runRestricted('w.yaml')
    expect(run.exitCode, run.stderr).toBe(0)
    expect(output(run, 'first')).toBe(project.dir)
    const [own, written, shared] = output(run, 'second').split('\n')
    expect([own, shared]).toEqual([written, 'only-here'])
    expect(output(run, 'outside')).not.toContain(own)
    expect(statSync(project.path('host.txt'))).toMatchObject({uid: process.getuid?.(), gid: process.getgid?.()})
  })

  it('keep hostile values what they are: data', async () => {
    const values = {
      QUOTE: `'; rm -rf "$PWD" #`,
      COMMAND: '$(touch pwned)`touch pwned`',
      LINES: 'a\nb\n\nc',
      DASH: '-rf',
      GLOB: '* ?',
      EMPTY: '',
    }
    const env = Object.entries(values)
      .map(([name, value]) => `      ${name}: ${JSON.stringify(value)}\n`)
      .join('')
    const print = Object.keys(values)
      .map((name) => `"$${name}"`)
      .join(' ')
    const args = Object.values(values).map((value) => JSON.stringify(value))
    const project = new RestrictedProject({
      'w.yaml': inContainer(
        `  - id: env\n    type: core/shell.run\n    env:\n${env}    inputs: {command: ${JSON.stringify(`printf '<%s>' ${print}`)}}\n` +
          `  - id: args\n    type: core/shell.run\n    inputs: {command: "printf '<%s>' \\"$@\\"", args: [${args.join(', ')}]}\n`,
      ),
    })
    const run = await project.runRestricted('w.yaml')
    const expected = Object.values(values).map((value) => `<${value}>`)
    expect(output(run, 'env')).toBe(expected.join(''))
    expect(output(run, 'args')).toBe(expected.join(''))
    expect(existsSync(project.path('pwned'))).toBe(false)
  })

  it('refuse a zero byte with a clear error', async () => {
    const project = new RestrictedProject({
      'w.yaml': inContainer('  - {id: nul, type: core/shell.run, env: {BAD: "a\\0b"}, inputs: {command: env}}\n'),
    })
    const run = await project.runRestricted('w.yaml')
    expect(run.error('nul')).toMatchObject({code: 'ARGUMENTS_INVALID'})
  })

  it('run in two images at once, each with its own variables', async () => {
    const name = `autokestra-test-second-${String(process.pid)}`
    await deriveImage(name, {FLAVOUR: 'second'})
    const project = new RestrictedProject({
      'w.yaml': inContainer(
        [
          shell('a', 'echo "<$FLAVOUR>"; touch a; for i in 1 2 3 4 5 6 7 8 9 10; do test -e b && break; sleep 0.5; done; test -e b'),
          shell(
            'b',
            'echo "<$FLAVOUR>"; touch b; for i in 1 2 3 4 5 6 7 8 9 10; do test -e a && break; sleep 0.5; done; test -e a',
            `    container: {image: "${name.slice(0, -1)}{{ vars.last }}"}\n`,
          ),
        ].join(''),
        `container: {image: ${baseImage}, network: none}\nvars: {last: "${name.slice(-1)}"}\n`,
      ),
    })
    const run = await project.runRestricted('w.yaml')
    expect(run.exitCode, JSON.stringify(run.result.tasks)).toBe(0)
    expect([output(run, 'a'), output(run, 'b')]).toEqual(['<>', '<second>'])
  })

  it('see what is mounted, by their right to write it', async () => {
    const project = new RestrictedProject({
      'data/x.txt': 'kept',
      'w.yaml': inContainer(
        shell('t', 'cat /in/x.txt; (echo no > /in/x.txt) 2>/dev/null || echo refused; echo yes > /out/y.txt; pwd'),
        `container: {image: ${baseImage}, network: none, mounts: ["./data:/in:ro", "./out:/out"], workdir: /out}\n`,
      ),
    })
    mkdirSync(project.path('out'))
    const run = await project.runRestricted('w.yaml')
    expect(output(run, 't')).toBe('keptrefused\n/out')
    expect([project.read('data/x.txt'), project.read('out/y.txt')]).toEqual(['kept', 'yes\n'])
  })

  it('hide a secret everywhere but in the environment of the step that names it', async () => {
    const secret = 'Zq7-violet-canister-91'
    const project = new RestrictedProject({
      'w.yaml': inContainer(
        shell('t', 'echo "$TOKEN"; echo up > up; sleep 2', '    env: {TOKEN: "{{ secrets.TOKEN }}"}\n') + shell('other', 'env; true'),
        `container: {image: ${baseImage}, network: none}\nsecrets: [TOKEN]\n`,
      ),
    })
    const command = project.startDocker(['run', 'w.yaml', '--progress', 'plain'], {TOKEN: secret})
    await project.appears('up', command)
    const [id = ''] = await containersOf(command.pid)
    const inspected = await inspect(`/containers/${id}/json`)
    const execs = await Promise.all(
      (JSON.parse(inspected) as {ExecIDs: string[] | null}).ExecIDs?.map((exec) => inspect(`/exec/${exec}/json`)) ?? [],
    )
    expect(inspected).toContain('dev.autokestra.run')
    const ended = await command.ended
    expect(ended.exitCode).toBe(0)
    expectNoLeaks({TOKEN: secret}, project.home, {inspected, execs: execs.join(''), stdout: ended.stdout, stderr: ended.stderr})
  })

  it('see only what is granted in a restricted workflow, and have no network', async () => {
    const project = new RestrictedProject({'data/x.txt': 'granted ', 'other.txt': 'not granted'})
    const task = shell(
      't',
      'cat data/x.txt /in/x.txt; cat other.txt 2>/dev/null || echo no; (: > /usr/x) 2>/dev/null || echo read-only; wc -l < /proc/net/route',
    )
    const restricted = (container: string): string =>
      `id: closed\nsecurity: restricted\npermissions: {filesystem: {read: [./data]}}\ncontainer: {image: ${baseImage}, ${container}}\ntasks:\n${task}`
    project.write({'w.yaml': restricted('mounts: ["./data:/in:ro"]'), 'more.yaml': restricted('mounts: ["./other.txt:/in:ro"]')})
    const run = await project.runRestricted('w.yaml')
    expect(output(run, 't')).toBe('granted granted no\nread-only\n1')
    const refused = await project.docker(['run', 'more.yaml'])
    expect(refused.exitCode).toBe(6)
    expect(refused.stderr).toContain('permissions.filesystem')
  })

  it('end with their timeout, with everything they have started, while others go on', async () => {
    const project = new RestrictedProject({
      'w.yaml': inContainer(
        shell('slow', 'setsid sleep 301 & sleep 302', '    timeout: 1s\n    continueOnError: true\n') +
          shell('steady', 'sleep 2; echo steady') +
          shell('look', 'for dir in /proc/[0-9]*; do tr "\\\\0" " " < $dir/cmdline 2>/dev/null; done', '    needs: [slow, steady]\n'),
      ),
    })
    const run = await project.runRestricted('w.yaml', ['--concurrency', '3'])
    expect(run.error('slow')).toMatchObject({code: 'TIMEOUT'})
    expect(output(run, 'steady')).toBe('steady')
    expect(output(run, 'look')).not.toMatch(/sleep 30[12]/)
  })

  it('tell what ran out of memory', async () => {
    const project = new RestrictedProject({
      'w.yaml': inContainer(
        shell('greedy', "exec node -e 'const a = []; for (;;) a.push(Buffer.alloc(1e6, 1))'", '    resources: {memory: 64MiB}\n'),
      ),
    })
    expect((await project.runRestricted('w.yaml')).error('greedy')).toMatchObject({code: 'OUT_OF_MEMORY'})
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('end with a command that is stopped by %s', async (signal) => {
    const project = new RestrictedProject({'w.yaml': inContainer(shell('t', 'echo up > up; sleep 300'))})
    const command = project.startDocker(['run', 'w.yaml', '--progress', 'plain'])
    await project.appears('up', command)
    command.kill(signal)
    expect((await command.ended).exitCode).toBe(signal === 'SIGINT' ? 130 : 143)
    expect(await containersOf(command.pid)).toEqual([])
  })

  it('leave nothing when their command is killed, whenever that is', async () => {
    const project = new RestrictedProject({
      'w.yaml': inContainer(shell('a', 'sleep 0.2; sleep 300 & wait') + shell('b', 'setsid sleep 300')),
    })
    for (const delayMs of [250, 350, 450, 500, 550, 600, 700, 1000, 1500]) {
      const command = project.startDocker(['run', 'w.yaml', '--progress', 'plain'])
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      command.kill('SIGKILL')
      await command.ended
      const client = await dockerClient()
      let left = ['?']
      const deadline = Date.now() + 10_000
      while (left.length > 0 && Date.now() < deadline) {
        const ids = await containersOf(command.pid)
        const states = await Promise.all(ids.map((id) => client.inspectContainer(id).catch(() => undefined)))
        left = ids.filter((_id, index) => states[index]?.isRunning === true)
      }
      expect(left, `killed after ${String(delayMs)} ms`).toEqual([])
    }
    // One that was made and not started is removed by the next run.
    project.write({'w.yaml': inContainer(shell('t', 'true'))})
    expect((await project.runRestricted('w.yaml')).exitCode).toBe(0)
    let abandoned = 1
    void (async () => {
      while (abandoned > 0) abandoned = (await (await dockerClient()).listContainers({'dev.autokestra.workflow': 'boxed'})).length
    })()
    await until(() => abandoned === 0)
  }, 120_000)
})

async function inspect(target: string): Promise<string> {
  const {inject} = await import('vitest')
  const {request} = await import('node:http')
  const {text} = await import('node:stream/consumers')
  return await new Promise((resolve, reject) => {
    request({socketPath: inject('docker').socketPath, path: target}, (answer) => {
      text(answer).then(resolve, reject)
    })
      .on('error', reject)
      .end()
  })
}
