// Containers as a runtime: the contract every runtime fulfils, and what only containers can be asked.

import {execFileSync} from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  chownSync,
  chmodSync,
} from 'node:fs'
import {once} from 'node:events'
import {request} from 'node:http'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {Readable} from 'node:stream'
import {json} from 'node:stream/consumers'
import {afterAll, describe, expect, inject, it, onTestFinished} from 'vitest'
import {ownerLabel} from '../../src/lib/docker/labels.ts'
import {defaultSandboxLimits, type Mount, type Sandbox} from '../../src/lib/runtimes/sandbox.ts'
import type {StartSpec} from '../../src/lib/runtimes/runtime.ts'
import {collect, describeRuntime, firstLine} from '../contracts/runtime.ts'
import {temporaryDir} from '../rig/temporary-dir.ts'
import {containerShell, describeInDocker, dockerClient, openDockerRuntime} from '../rig/docker.ts'

interface Told {
  readonly stdout: string
  readonly stderr: string
  readonly status: Awaited<ReturnType<typeof collect>>['status']
}

/** Runs a script in a container of its own to its end. */
async function run(script: string, more: Partial<Sandbox> = {}, spec: Partial<StartSpec> = {}): Promise<Told> {
  const runtime = await openDockerRuntime(more)
  const started = await runtime.start(containerShell(script, spec))
  started.stdin?.end()
  const {stdout, stderr, status} = await collect(started)
  return {stdout: stdout.toString(), stderr: stderr.toString(), status}
}

/** A directory other users may enter, too: containers of root's tests run as nobody. */
function sharedDir(name = 'shared'): string {
  const parent = mkdtempSync(path.join(tmpdir(), 'workflow-test-'))
  onTestFinished(() => {
    rmSync(parent, {recursive: true, force: true})
  })
  chmodSync(parent, 0o755)
  const dir = path.join(parent, name)
  mkdirSync(dir, {recursive: true})
  chmodSync(dir, 0o755)
  return dir
}

const mount = (source: string, target: string, isReadOnly = true): Mount => ({source, target, isReadOnly})

async function ownContainers(): Promise<string[]> {
  const containers = await (await dockerClient()).listContainers({[ownerLabel]: ''})
  return containers.filter(({labels}) => labels[ownerLabel]?.startsWith(`${process.pid}:`)).map(({id}) => id)
}

describeInDocker('containers', () => {
  describeRuntime('DockerRuntime', {
    open: () => openDockerRuntime(),
    shell: containerShell,
    isContainer: true,
  })

  afterAll(async () => {
    expect(await ownContainers()).toEqual([])
  })

  describe('a container', () => {
    it('has no rights beyond those of its user', async () => {
      const {stdout} = await run('id -u; grep -E "^(CapEff|CapPrm|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status')
      const uid = process.getuid?.() === 0 ? 65_534 : process.getuid?.()
      expect(stdout.replaceAll('\t', ' ').split('\n').slice(0, -1).sort()).toEqual(
        [
          String(uid),
          'CapPrm: 0000000000000000',
          'CapEff: 0000000000000000',
          'CapBnd: 0000000000000000',
          'NoNewPrivs: 1',
          'Seccomp: 2',
        ].sort(),
      )
    })

    it('sees none of the processes and none of the files of this machine', async () => {
      const secret = path.join(sharedDir(), 'secret')
      writeFileSync(secret, 'x')
      const {stdout} = await run(`ls ${secret} 2>&1; ls -d /proc/[0-9]* | wc -l; hostname 2>/dev/null; cat /etc/resolv.conf`)
      expect(stdout).toContain('No such file')
      expect(Number(stdout.split('\n')[1])).toBeLessThan(8)
      expect(stdout).not.toMatch(/nameserver (?!127\.0\.0\.1)/)
    })

    // An engine on another machine does not see the hosts file.
    it.each(['seen', 'not seen'])('has no network: no interface, no way out, no names; its hosts file is %s', async (where) => {
      const program = `
        const os = require('node:os'), net = require('node:net'), dns = require('node:dns'), dgram = require('node:dgram')
        console.log(Object.keys(os.networkInterfaces()).join())
        const say = (name) => (error) => console.log(name, error ? error.code : 'reached')
        net.connect(443, '1.1.1.1').on('error', say('tcp')).on('connect', say('tcp'))
        net.connect(80, '169.254.169.254').on('error', say('metadata'))
        net.connect(443, '2606:4700:4700::1111').on('error', say('ipv6'))
        dns.lookup('example.com', say('dns'))
        const udp = dgram.createSocket('udp4')
        udp.send('x', 53, '8.8.8.8', (error) => { say('udp')(error); udp.close() })`
      const runtime = await openDockerRuntime({}, where === 'seen' ? {} : {hostsFile: '/no/such/hosts'})
      const started = await runtime.start(
        containerShell('readlink /proc/self/ns/net; exec node -e "$PROGRAM"', {env: {PATH: '/usr/local/bin:/bin', PROGRAM: program}}),
      )
      const {stdout} = await collect(started)
      const [namespace, interfaces, ...attempts] = stdout.toString().trim().split('\n')
      expect(namespace).toMatch(/^net:/)
      expect(namespace).not.toBe(readlinkSync('/proc/self/ns/net'))
      expect(interfaces).toMatch(/^(lo)?$/)
      // Whether a system without a network has at least addresses of IPv6 differs.
      const told = attempts.map((text) => text.replace('ipv6 EADDRNOTAVAIL', 'ipv6 ENETUNREACH'))
      expect(told.sort()).toEqual(['dns EAI_AGAIN', 'ipv6 ENETUNREACH', 'metadata ENETUNREACH', 'tcp ENETUNREACH', 'udp ENETUNREACH'])
    })

    it.each(['seen', 'not seen'])('knows itself as localhost, and talks to itself; its hosts file is %s', async (where) => {
      const runtime = await openDockerRuntime({}, where === 'seen' ? {} : {hostsFile: '/no/such/hosts'})
      const program = `
        const net = require('node:net')
        const server = net.createServer((socket) => { socket.end('hello'); server.close() }).listen(0, '127.0.0.1', () => {
          net.connect(server.address().port, 'localhost').pipe(process.stdout)
        })`
      const {stdout} = await collect(
        await runtime.start(containerShell('exec node -e "$PROGRAM"', {env: {PATH: '/usr/local/bin:/bin', PROGRAM: program}})),
      )
      expect(stdout.toString()).toBe('hello')
    })

    it('shares its loopback with no other container', async () => {
      const runtime = await openDockerRuntime()
      const program = "require('node:net').createServer().listen(4000, '127.0.0.1', () => console.log('up'))"
      const server = await runtime.start(containerShell('exec node -e "$PROGRAM"', {env: {PATH: '/usr/local/bin:/bin', PROGRAM: program}}))
      await firstLine(server)
      const knock = "require('node:net').connect(4000, '127.0.0.1').on('error', ({code}) => console.log(code))"
      const other = await runtime.start(containerShell('exec node -e "$PROGRAM"', {env: {PATH: '/usr/local/bin:/bin', PROGRAM: knock}}))
      expect((await collect(other)).stdout.toString()).toBe('ECONNREFUSED\n')
    })

    it('can write to its own /tmp, which ends with it, and nowhere else', async () => {
      const script =
        'for d in / /etc /usr/local/bin /root /var/tmp /dev /dev/shm /proc /sys; do touch $d/x 2>/dev/null && echo "wrote $d"; done; touch /tmp/x && echo done'
      expect((await run(script)).stdout).toBe('done\n')
      expect((await run('ls /tmp; touch /etc/x')).stderr).toContain('Read-only file system')
      expect((await run('ls -A /tmp')).stdout).toBe('')
    })

    it('has no shared memory to talk through', async () => {
      expect((await run('ls -d /dev/shm 2>&1')).stdout).toContain('No such file')
    })

    it('runs in the directory it is told', async () => {
      expect((await run('pwd', {}, {cwd: '/usr/local'})).stdout).toBe('/usr/local\n')
    })

    it('carries the labels of its task and of its owner', async () => {
      const runtime = await openDockerRuntime({labels: {'dev.autokestra.task': 'a b:c'}})
      const started = await runtime.start(containerShell('echo up; sleep 100'))
      await firstLine(started)
      const found = await (await dockerClient()).listContainers({'dev.autokestra.task': 'a b:c', [ownerLabel]: ''})
      expect(found).toHaveLength(1)
      expect(found[0]?.labels[ownerLabel]).toMatch(new RegExp(`^${process.pid}:\\d+:[\\w-]+:[0-9a-f]{8}$`))
    })

    it('tells its memory and its time', async () => {
      const program =
        'const a = []; for (let i = 0; i < 60; i++) a.push(Buffer.alloc(1 << 20, 1)); const e = Date.now() + 400; while (Date.now() < e);'
      const {status} = await run('exec node -e "$PROGRAM"', {}, {env: {PATH: '/usr/local/bin:/bin', PROGRAM: program}})
      expect(status.metrics.peakMemoryBytes).toBeGreaterThan(60 << 20)
      expect(status.metrics.peakMemoryBytes).toBeLessThan(256 << 20)
      expect(status.metrics.cpuTimeMs).toBeGreaterThan(50)
    })

    it('is gone when its end is told', async () => {
      const runtime = await openDockerRuntime()
      const started = await runtime.start(containerShell('true'))
      await collect(started)
      expect(await ownContainers()).toEqual([])
    })
  })

  describe('a granted directory', () => {
    it('can be read, and not be written without that grant', async () => {
      const dir = sharedDir()
      writeFileSync(path.join(dir, 'a'), 'text')
      chmodSync(dir, 0o777)
      const {stdout, stderr} = await run('cat /granted/a; touch /granted/b', {mounts: [mount(dir, '/granted')]})
      expect(stdout).toBe('text')
      expect(stderr).toContain('Read-only file system')
      expect(readdirSync(dir)).toEqual(['a'])
    })

    it('gets files that belong to the user the container runs as', async () => {
      const dir = sharedDir()
      const user = process.getuid?.() === 0 ? {uid: 1000, gid: 1000} : {uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0}
      chownSync(dir, user.uid, user.gid)
      const runtime = await openDockerRuntime({mounts: [mount(dir, '/granted', false)]}, {user})
      const {status} = await collect(await runtime.start(containerShell('echo made > /granted/b', {stdin: 'none'})))
      expect(status.exitCode).toBe(0)
      expect(readFileSync(path.join(dir, 'b'), 'utf8')).toBe('made\n')
      expect(statSync(path.join(dir, 'b'))).toMatchObject(user)
    })

    it.runIf(process.getuid?.() === 0)(
      'does not bring along what is mounted in it, which could be written through a read grant',
      async () => {
        const dir = sharedDir()
        const inner = path.join(dir, 'inner')
        mkdirSync(inner)
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=777', 'none', inner])
        onTestFinished(() => {
          execFileSync('umount', [inner])
        })
        writeFileSync(path.join(inner, 'secret'), '')
        const {stdout, stderr} = await run('ls /granted/inner; touch /granted/inner/b', {mounts: [mount(dir, '/granted')]})
        expect(stdout).toBe('')
        expect(stderr).toContain('Read-only file system')
        expect(readdirSync(inner)).toEqual(['secret'])
      },
    )

    it('may have colons and commas in its name', async () => {
      const dir = sharedDir('a:ro,b=c:/etc')
      writeFileSync(path.join(dir, 'x'), 'found')
      expect((await run('cat /in:side/x', {mounts: [mount(dir, '/in:side')]})).stdout).toBe('found')
    })

    it('is not created where it does not exist', async () => {
      const missing = path.join(sharedDir(), 'missing')
      await expect(run('true', {mounts: [mount(missing, '/granted')]})).rejects.toMatchObject({code: 'GRANT_UNUSABLE'})
      expect(statSync(missing, {throwIfNoEntry: false})).toBeUndefined()
    })

    it('is refused when a socket or a named pipe has been made in it since it was judged, and no container is left', async () => {
      const dir = sharedDir()
      mkdirSync(path.join(dir, 'deep'))
      const server = createServer().listen(path.join(dir, 'deep/late.sock'))
      await once(server, 'listening')
      onTestFinished(() => {
        server.close()
      })
      await expect(run('true', {mounts: [mount(dir, '/granted')]})).rejects.toMatchObject({
        code: 'GRANT_UNUSABLE',
        message: `the granted path '${dir}' contains ${dir}/deep/late.sock, a socket: the program behind it would obey the plugin`,
      })
      const other = sharedDir()
      execFileSync('mkfifo', [path.join(other, 'pipe')])
      await expect(run('true', {mounts: [mount(other, '/granted')]})).rejects.toMatchObject({
        message: expect.stringContaining(`${other}/pipe, a named pipe`) as string,
      })
      expect(await ownContainers()).toEqual([])
    })

    it('is refused when a symbolic link has taken its place, or that of a directory above', async () => {
      const dir = sharedDir()
      symlinkSync('/etc', path.join(dir, 'link'))
      for (const source of [path.join(dir, 'link'), path.join(dir, 'link', 'ssl')]) {
        await expect(run('ls /granted', {mounts: [mount(source, '/granted')]})).rejects.toMatchObject({
          code: 'GRANT_UNUSABLE',
          message: expect.stringContaining(source) as string,
        })
      }
    })
  })

  describe('a hostile program', () => {
    it('cannot fork without end', async () => {
      const runtime = await openDockerRuntime({limits: {...defaultSandboxLimits, pids: 32}})
      const bomb = await runtime.start(
        containerShell('i=0; while [ $i -lt 200 ]; do sleep 60 & i=$((i+1)); done; echo survived', {stdin: 'none'}),
      )
      const {stderr, status} = await collect(bomb)
      expect(stderr.toString()).toMatch(/fork|Resource temporarily unavailable/i)
      expect(status.exitCode).not.toBe(0)
      expect((await run('echo fine')).stdout).toBe('fine\n')
    })

    it('is ended when it takes too much memory, and that is said', async () => {
      const program = 'const a = []; for (;;) a.push(Buffer.alloc(1 << 20, 1))'
      const limits = {...defaultSandboxLimits, memoryBytes: 64 << 20}
      const {status} = await run('exec node -e "$PROGRAM"', {limits}, {env: {PATH: '/usr/local/bin:/bin', PROGRAM: program}})
      expect(status).toMatchObject({exitCode: null, signal: 'SIGKILL', isOutOfMemory: true})
    })

    it('survives a child that takes too much memory, and that is said', async () => {
      const program = 'const a = []; for (;;) a.push(Buffer.alloc(1 << 20, 1))'
      const limits = {...defaultSandboxLimits, memoryBytes: 64 << 20}
      const env = {PATH: '/usr/local/bin:/bin', PROGRAM: program}
      const {status, stdout} = await run('node -e "$PROGRAM" & wait $!; echo "child $?"', {limits}, {env})
      expect(stdout).toBe('child 137\n')
      expect(status).toMatchObject({exitCode: 0, signal: null, isOutOfMemory: false, hasLostChild: true})
      expect((await run('sh -c "exit 3"; true', {limits}, {env})).status).not.toHaveProperty('hasLostChild')
    })

    it('fills its own small disk and no other', async () => {
      const limits = {...defaultSandboxLimits, tmpBytes: 8 << 20}
      const {stderr, stdout} = await run('dd if=/dev/zero of=/tmp/fill bs=1M count=100; ls -s /tmp', {limits})
      expect(stderr).toContain('No space left on device')
      expect(stdout).toContain('fill')
    })

    it('writes to a volume of its image into memory, which ends with it', async () => {
      const image = await buildImage('FROM autokestra-test-base\nVOLUME /data\n')
      const {stdout} = await run('df /data | tail -1; touch /data/x && echo written', {
        image,
        limits: {...defaultSandboxLimits, tmpBytes: 4 << 20},
      })
      expect(stdout).toMatch(/^tmpfs +4096 /)
      expect(stdout).toContain('written')
    })

    it('has a /tmp and volumes of its own also where those of its image are closed to it', async () => {
      const image = await buildImage(
        'FROM autokestra-test-base\nRUN chmod 755 /tmp && mkdir -m 700 /data && chmod 700 /data\nVOLUME /data\n',
      )
      const {stdout, stderr} = await run('echo a > /tmp/x && echo b > /data/x && cat /tmp/x /data/x', {image})
      expect([stdout, stderr]).toEqual(['a\nb\n', ''])
    })

    it('has no swap, leaves no core dump, and what it prints is nowhere on the disk', async () => {
      const runtime = await openDockerRuntime()
      const group = '/sys/fs/cgroup'
      const script = `ulimit -c; ulimit -Hc; cat ${group}/memory/memory.memsw.limit_in_bytes ${group}/memory.swap.max 2>/dev/null; echo up; sleep 100`
      const started = await runtime.start(containerShell(script))
      let text = ''
      for await (const chunk of started.stdout) {
        text += String(chunk)
        if (text.includes('up\n')) break
      }
      const [soft, hard, swap] = text.split('\n')
      expect([soft, hard]).toEqual(['0', '0'])
      // Version 1 counts memory and swap together, version 2 swap alone, and some kernels count none.
      expect(['0', String(defaultSandboxLimits.memoryBytes), 'up']).toContain(swap)
      const id = (await ownContainers())[0] ?? ''
      const asked = request({socketPath: inject('docker').socketPath, path: `/containers/${id}/json`}).end()
      const [answer] = (await once(asked, 'response')) as [Readable]
      expect(await json(answer)).toMatchObject({LogPath: '', HostConfig: {LogConfig: {Type: 'none'}}})
      await started.kill(0)
    })

    it('gains nothing by what its image says about user, health check, entry point and command', async () => {
      const image = await buildImage(
        'FROM autokestra-test-base\nUSER root\nHEALTHCHECK --interval=1s CMD touch /tmp/checked\nENTRYPOINT echo hijacked\nCMD ["hijacked"]\nENV GREETING=hello\n',
      )
      const {stdout} = await run('id -u; sleep 1.5; ls /tmp; echo "$GREETING"', {image})
      expect(stdout).toBe(`${process.getuid?.() === 0 ? 65_534 : process.getuid?.()}\nhello\n`)
    })

    it('gains nothing by a program of its image that runs as root', async () => {
      const image = await buildImage('FROM autokestra-test-base\nRUN cp /bin/id /bin/rootid && chmod 4755 /bin/rootid\n')
      expect((await run('rootid -u', {image})).stdout.trim()).not.toBe('0')
    })

    it('does not fill the memory of this process with output that nobody takes', async () => {
      const runtime = await openDockerRuntime()
      const flood = await runtime.start(containerShell('exec head -c 2000000000 /dev/zero', {stdin: 'none'}))
      flood.stderr.resume()
      let seen = 0
      const before = process.memoryUsage().rss
      await new Promise<void>((resolve) => {
        flood.stdout.on('data', (chunk: Buffer) => {
          seen += chunk.length
          if (seen > 20_000_000) {
            flood.stdout.pause()
            setTimeout(resolve, 300)
          }
        })
      })
      expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20)
      await flood.kill(0)
    })

    it('is gone soon after the grace time when it ignores SIGTERM', async () => {
      const runtime = await openDockerRuntime()
      const deaf = await runtime.start(containerShell("trap '' TERM; echo up; while :; do sleep 0.05; done", {graceMs: 300}))
      await firstLine(deaf)
      const startedAt = performance.now()
      await deaf.kill()
      expect(performance.now() - startedAt).toBeLessThan(300 + 2000)
      expect(await ownContainers()).toEqual([])
    })
  })

  describe('a program that cannot be started', () => {
    const failure = (command: readonly [string, ...string[]], more: Partial<StartSpec> = {}): Promise<unknown> =>
      run('', {}, {command, ...more}).then(
        () => undefined,
        (error: unknown) => error,
      )

    it('is told apart by the reason, and leaves nothing behind', async () => {
      expect(await failure(['/no/such/program'])).toMatchObject({code: 'ENTRYPOINT_NOT_FOUND'})
      expect(await failure(['usr/nothing'])).toMatchObject({code: 'ENTRYPOINT_NOT_FOUND'})
      expect(await failure(['/etc'])).toMatchObject({code: 'ENTRYPOINT_NOT_EXECUTABLE'})
      expect(await failure(['/etc/passwd'])).toMatchObject({code: 'ENTRYPOINT_NOT_EXECUTABLE'})
      expect(await failure(['sh', '-c', 'x'.repeat(200_000)])).toMatchObject({code: 'ARGUMENTS_TOO_LONG'})
      expect(await failure(['sh', '-c', 'a\0b'])).toMatchObject({code: 'ARGUMENTS_INVALID'})
      expect(await failure(['true'], {env: {'': 'x'}})).toMatchObject({code: 'ARGUMENTS_INVALID'})
      expect(await ownContainers()).toEqual([])
    })

    it('may stand in a granted directory', async () => {
      const dir = sharedDir()
      writeFileSync(path.join(dir, 'tool'), '#!/bin/sh\necho from the mount\n', {mode: 0o755})
      const {stdout} = await run('', {mounts: [mount(dir, '/tools')]}, {command: ['tool'], env: {PATH: '/bin:/tools'}})
      expect(stdout).toBe('from the mount\n')
    })

    it('has an image that is not here: the command to type is named, and nothing is pulled', async () => {
      const image = `sha256:${'0'.repeat(64)}`
      await expect(run('true', {image})).rejects.toMatchObject({
        code: 'IMAGE_MISSING',
        message: expect.stringContaining('workflow plugin build') as string,
      })
    })
  })
})

async function buildImage(dockerfile: string): Promise<string> {
  const client = await dockerClient()
  const dir = temporaryDir()
  writeFileSync(path.join(dir, 'Dockerfile'), dockerfile)
  let id = ''
  const options = {tags: [], dockerfile: 'Dockerfile', labels: {'dev.autokestra.test': 'yes'}, isCacheUsed: false, isBasePulled: false}
  for await (const message of client.build(Readable.from([execFileSync('tar', ['-C', dir, '-c', '.'])]), options)) {
    if (message.error !== undefined) throw new Error(message.error)
    id = message.aux?.ID ?? id
  }
  onTestFinished(() => client.removeImage(id))
  return id
}
