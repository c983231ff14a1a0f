// The filter of system calls, asked on the kernel from inside of a container, call by call.

import {chmodSync, mkdtempSync, rmSync} from 'node:fs'
import {once} from 'node:events'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import type {Sandbox} from '../../src/lib/runtimes/sandbox.ts'
import {collect, firstLine} from '../contracts/runtime.ts'
import {containerShell, describeInDocker, openDockerRuntime} from '../rig/docker.ts'

interface Told {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | null
}

const paths = '/usr/local/bin:/usr/bin:/bin'

async function run(program: 'node -e' | 'python3 -c', code: string, more: Partial<Sandbox> = {}): Promise<Told> {
  const runtime = await openDockerRuntime(more)
  const started = await runtime.start(containerShell(`exec ${program} "$CODE"`, {stdin: 'none', env: {PATH: paths, CODE: code}}))
  const {stdout, stderr, status} = await collect(started)
  return {stdout: stdout.toString(), stderr: stderr.toString(), exitCode: status.exitCode}
}

/** Name -> number on x86-64, number on others (the generic table), and arguments that the kernel itself answers otherwise than with EPERM, where it can. */
const refused: Readonly<Record<string, readonly [number, number, ...number[]]>> = {
  io_uring_setup: [425, 425, 0, 0],
  io_uring_enter: [426, 426, -1, 0, 0, 0, 0, 0],
  io_uring_register: [427, 427, -1, 0, 0, 0],
  add_key: [248, 217, 0, 0, 0, 0, 0],
  request_key: [249, 218, 0, 0, 0, 0],
  keyctl: [250, 219, 9999, 0, 0, 0, 0],
  userfaultfd: [323, 282, -1],
  bpf: [321, 280, 9999, 0, 0],
  perf_event_open: [298, 241, 0, 0, -1, -1, 0],
  ptrace: [101, 117, 0, 0, 0, 0],
  process_vm_readv: [310, 270, 1, 0, 0, 0, 0, 0],
  process_vm_writev: [311, 271, 1, 0, 0, 0, 0, 0],
  process_madvise: [440, 440, -1, 0, 0, 0, 0],
  pidfd_getfd: [438, 438, -1, 0, 0],
  kcmp: [312, 272, 1, 1, 99, 0, 0],
  memfd_secret: [447, 447, 0],
  name_to_handle_at: [303, 264, -1, 0, 0, 0, 0],
  open_by_handle_at: [304, 265, -1, 0, 0],
  fanotify_init: [300, 262, -1, 0],
  unshare: [272, 97, 0x10000000],
  setns: [308, 268, -1, 0],
  mount: [165, 40, 0, 0, 0, 0, 0],
  umount2: [166, 39, 0, 0],
  pivot_root: [155, 41, 0, 0],
  chroot: [161, 51, 0],
  fsopen: [430, 430, 0, 0],
  open_tree: [428, 428, -1, 0, -1],
  move_mount: [429, 429, -1, 0, -1, 0, -1],
  mount_setattr: [442, 442, -1, 0, 0, 0, 0],
  quotactl: [179, 60, 0, 0, 0, 0],
  swapon: [167, 224, 0, 0],
  reboot: [169, 142, 0, 0, 0, 0],
  init_module: [175, 105, 0, 0, 0],
  finit_module: [313, 273, -1, 0, 0],
  delete_module: [176, 106, 0, 0],
  kexec_load: [246, 104, 0, 0, 0, 0],
  syslog: [103, 116, 10, 0, 0],
  acct: [163, 89, 0],
  lookup_dcookie: [212, 18, 0, 0, 0],
  clock_settime: [227, 112, 0, 0],
  adjtimex: [159, 171, 0],
  mq_open: [240, 180, 0, 0, 0, 0],
  move_pages: [279, 239, 0, 0, 0, 0, 0, -1],
  mbind: [237, 235, 0, 0, 99, 0, 0, -1],
  set_mempolicy: [238, 237, 99, 0, 0],
  vhangup: [153, 58],
  sethostname: [170, 161, 0, 0],
}

/** socket(2): family, type, protocol. */
const refusedSockets: Readonly<Record<string, readonly [number, number, number]>> = {
  vsock: [40, 1, 0],
  'vsock that the kernel sees when it cuts off the upper half': [2 ** 32 + 40, 1, 0],
  packet: [17, 3, 0],
  'raw IPv4': [2, 3, 1],
  'raw IPv6': [10, 3, 58],
  'ping IPv4': [2, 2, 1],
  alg: [38, 5, 0],
  bluetooth: [31, 3, 0],
  can: [29, 3, 1],
  key: [15, 3, 2],
  rds: [21, 5, 0],
  sctp: [2, 1, 132],
  mptcp: [2, 1, 262],
  tipc: [30, 1, 0],
  xdp: [44, 3, 0],
  'netlink of netfilter': [16, 3, 12],
  'netlink of audit': [16, 3, 9],
  smc: [43, 1, 0],
  qipcrtr: [42, 2, 0],
}

const eperm = 1

const caller = `
import ctypes, json, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    answer = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) for a in arguments])
    return ctypes.get_errno() if answer == -1 else 0
`
const onX64 = process.arch === 'x64'
const socketCall = onX64 ? 41 : 198

describeInDocker('the filter of system calls', () => {
  it('refuses what no task needs, call by call', async () => {
    const calls = Object.fromEntries(
      Object.entries(refused).map(([name, [x64, generic, ...args]]) => [name, [onX64 ? x64 : generic, ...args]]),
    )
    const {stdout, stderr} = await run(
      'python3 -c',
      `${caller}\nprint(json.dumps({name: call(*each) for name, each in json.loads('${JSON.stringify(calls)}').items()}))`,
    )
    const answers = JSON.parse(stdout || '{}') as Record<string, number>
    expect(Object.keys(answers), stderr).toEqual(Object.keys(refused))
    expect(Object.entries(answers).filter(([, errno]) => errno !== eperm)).toEqual([])
  })

  it('refuses sockets of every family but those of files and the Internet, in every form of the number', async () => {
    const {stdout, stderr} = await run(
      'python3 -c',
      `${caller}\nprint(json.dumps({name: call(${String(socketCall)}, *each) for name, each in json.loads('${JSON.stringify(refusedSockets)}').items()}))`,
    )
    const answers = JSON.parse(stdout || '{}') as Record<string, number>
    expect(Object.keys(answers), stderr).toEqual(Object.keys(refusedSockets))
    expect(Object.entries(answers).filter(([, errno]) => errno !== eperm)).toEqual([])
  })

  it('lets nobody make a namespace, and has libraries do without clone3', async () => {
    const namespaces = [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]
    const [clone, clone3] = [onX64 ? 56 : 220, 435]
    // 17 is SIGCHLD. A clone that is allowed would return twice.
    const code = `${caller}
import os
found = [call(${String(clone)}, flag | 17, 0, 0, 0, 0) for flag in ${JSON.stringify(namespaces)}]
print(json.dumps([found, call(${String(clone3)}, 0, 0)]))`
    const {stdout, stderr} = await run('python3 -c', code)
    expect(JSON.parse(stdout || '[]'), stderr).toEqual([namespaces.map(() => eperm), 38])
  })

  it('knows one architecture: a program that calls as another one is ended', async () => {
    // mov eax, 20 (getpid of 32-bit x86); int 0x80; ret
    const bytes = onX64 ? [0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3] : []
    const code = `${caller}
import mmap
code = bytes(${JSON.stringify(bytes)})
if code:
    area = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    area.write(code)
    ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))()
    print('answered')
else:
    import os, signal
    os.kill(os.getpid(), signal.SIGSYS)`
    const {stdout, exitCode} = await run('python3 -c', code)
    // 128 and SIGSYS
    expect([stdout, exitCode]).toEqual(['', 159])
  })

  it('keeps Python working: threads, processes, loops, sockets of its own, files', async () => {
    const code = `
import asyncio, concurrent.futures, hashlib, json, multiprocessing, os, select, signal, socket, ssl, subprocess, sys, tempfile, threading, time
def double(n): return 2 * n
async def loop():
    async def serve(reader, writer):
        writer.write(await reader.readline()); await writer.drain(); writer.close()
    server = await asyncio.start_server(serve, '127.0.0.1', 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b'echo\\n'); answer = await reader.readline(); writer.close(); server.close()
    process = await asyncio.create_subprocess_exec('sh', '-c', 'echo async', stdout=subprocess.PIPE)
    return answer.decode().strip(), (await process.communicate())[0].decode().strip()
def unix():
    server = socket.socket(socket.AF_UNIX); server.bind('/tmp/own.sock'); server.listen(1)
    client = socket.socket(socket.AF_UNIX); client.connect('/tmp/own.sock'); client.send(b'own')
    return server.accept()[0].recv(9).decode()
box = []
thread = threading.Thread(target=lambda: box.append('thread')); thread.start(); thread.join()
ours, theirs = multiprocessing.get_context('fork').Pipe()
child = multiprocessing.get_context('fork').Process(target=lambda: theirs.send(double(21))); child.start(); child.join()
with tempfile.NamedTemporaryFile() as file:
    file.write(b'x' * 100); file.flush(); os.sendfile(os.open('/dev/null', os.O_WRONLY), file.fileno(), 0, 10); size = os.path.getsize(file.name)
with concurrent.futures.ThreadPoolExecutor(4) as pool: doubled = list(pool.map(double, [1, 2]))
signal.signal(signal.SIGALRM, lambda *_: box.append('alarm')); signal.setitimer(signal.ITIMER_REAL, 0.01); signal.pause()
print(json.dumps([*asyncio.run(loop()), *box, ours.recv(), size, doubled, subprocess.run(['sh', '-c', 'seq 3 | sort -r | head -1'], capture_output=True, text=True).stdout,
  socket.getaddrinfo('localhost', 80, socket.AF_INET)[0][4][0], os.sched_getaffinity(0) != set(), unix(), type(ssl.create_default_context()).__name__, len(os.urandom(8))]))`
    const {stdout, stderr} = await run('python3 -c', code)
    expect(JSON.parse(stdout || '[]'), stderr).toEqual([
      ...['echo', 'async', 'thread', 'alarm', 42, 100, [2, 4], '3\n', '127.0.0.1', true, 'own', 'SSLContext', 8],
    ])
  })

  it('keeps Node working: workers, children, files, loopback, sockets of its own', async () => {
    const code = `
const {Worker} = require('node:worker_threads'), {execFileSync, fork, spawn} = require('node:child_process'), {once} = require('node:events')
const fs = require('node:fs'), net = require('node:net'), os = require('node:os'), crypto = require('node:crypto'), zlib = require('node:zlib'), dgram = require('node:dgram')
const talk = async (...where) => {
  const server = net.createServer((socket) => socket.pipe(socket)).listen(...where)
  await once(server, 'listening')
  const {port} = server.address()
  const client = port === undefined ? net.connect(...where) : net.connect(port, '127.0.0.1')
  client.write('echo')
  const [answer] = await once(client, 'data')
  client.destroy(); server.close()
  return answer.toString()
}
(async () => {
  const [fromWorker] = await once(new Worker('require("node:worker_threads").parentPort.postMessage("worker")', {eval: true}), 'message')
  fs.writeFileSync('/tmp/child.js', 'process.send("forked")')
  const [fromFork] = await once(fork('/tmp/child.js'), 'message')
  fs.mkdirSync('/tmp/a/b', {recursive: true}); fs.cpSync('/tmp/child.js', '/tmp/a/b/c.js'); fs.watch('/tmp').close()
  const udp = dgram.createSocket('udp4').bind(0, '127.0.0.1'); await once(udp, 'listening'); udp.close()
  console.log(JSON.stringify([fromWorker, fromFork, execFileSync('sh', ['-c', 'echo sh'], {encoding: 'utf8'}), await talk(0, '127.0.0.1'), await talk('/tmp/own.sock'),
    fs.readdirSync('/tmp/a/b'), crypto.randomBytes(4).length, crypto.scryptSync('a', 'b', 16).length, zlib.gunzipSync(zlib.gzipSync('zip')).toString(),
    typeof os.networkInterfaces(), os.cpus().length > 0, await import('node:fs/promises').then(({readFile}) => readFile('/tmp/child.js', 'utf8')) !== '']))
})()`
    const {stdout, stderr} = await run('node -e', code)
    expect(JSON.parse(stdout || '[]'), stderr).toEqual([
      ...['worker', 'forked', 'sh\n', 'echo', 'echo', ['c.js'], 4, 16, 'zip', 'object', true, true],
    ])
  })

  describe('where directories are granted, and no network', () => {
    /** Tries to connect to a socket that is made in a granted directory after the container has started. */
    async function knock(more: Partial<Sandbox>): Promise<string> {
      const dir = mkdtempSync(path.join(tmpdir(), 'workflow-test-'))
      onTestFinished(() => {
        rmSync(dir, {recursive: true, force: true})
      })
      chmodSync(dir, 0o755)
      const code = `
        console.log('up')
        process.stdin.once('data', () => require('node:net').connect('/granted/late.sock')
          .on('connect', () => { console.log('connected'); process.exit() }).on('error', (error) => { console.log(error.code); process.exit() }))`
      const runtime = await openDockerRuntime({mounts: [{source: dir, target: '/granted', isReadOnly: true}], ...more})
      const started = await runtime.start(containerShell('exec node -e "$CODE"', {env: {PATH: paths, CODE: code}}))
      await firstLine(started)
      const server = createServer().listen(path.join(dir, 'late.sock'))
      await once(server, 'listening')
      onTestFinished(() => {
        server.close()
      })
      chmodSync(path.join(dir, 'late.sock'), 0o777)
      started.stdin?.end('now')
      return (await collect(started)).stdout.toString().trim()
    }

    it('a socket that is made while the task runs cannot be connected', async () => {
      expect(await knock({})).toMatch(/EPERM$/)
    })
  })
})
