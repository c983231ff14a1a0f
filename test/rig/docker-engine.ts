// Finds a Docker engine for the tests, or starts one of its own, whose files and processes are gone after the tests.

import {execFileSync, spawn, type ChildProcess} from 'node:child_process'
import {closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync} from 'node:fs'
import {request} from 'node:http'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

export interface TestEngine {
  /** Absolute path of its socket. */
  readonly socketPath: string
  /** Ends an engine that was started here; leaves another one alone. */
  stop(): Promise<void>
}

const startLimitMs = 60_000
const stopLimitMs = 20_000
const wayOut = '`npm test -- --no-docker` leaves the tests out that need one'

/** Rejects with the reason when there is no engine and no right to start one. */
export async function ensureEngine(env: NodeJS.ProcessEnv): Promise<TestEngine> {
  const socketPath = (env['DOCKER_HOST'] ?? '').replace(/^unix:\/\//, '') || '/var/run/docker.sock'
  if (await answers(socketPath)) return {socketPath, stop: () => Promise.resolve()}
  if (process.getuid?.() !== 0) throw new Error(`no Docker engine answers at ${socketPath}, and starting one needs root; ${wayOut}`)
  installEngine()
  return await startEngine()
}

/** Debian's package: engine, containerd, runc and the init process. */
function installEngine(): void {
  if (findProgram('dockerd') && findProgram('docker')) return
  console.log(`installing a Docker engine for the tests (apt-get install docker.io); ${wayOut}`)
  const options = {env: {...process.env, DEBIAN_FRONTEND: 'noninteractive'}, stdio: 'ignore' as const}
  try {
    execFileSync('apt-get', ['update', '-qq'], options)
    const install = (name: string): void => {
      execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], options)
    }
    install('docker.io')
    // Debian 13 has the command in a package of its own.
    if (!findProgram('docker')) install('docker-cli')
  } catch (cause) {
    throw new Error(`no Docker engine answers, and \`apt-get install docker.io\` failed; ${wayOut}`, {cause})
  }
}

/**
 * An engine with a socket, a disk and a network of its own: an engine changes the interfaces of where it runs, and takes away the bridge of another one.
 */
export async function startEngine(): Promise<TestEngine> {
  const dir = mkdtempSync(path.join(tmpdir(), 'autokestra-engine-'))
  const socketPath = path.join(dir, 'docker.sock')
  const log = path.join(dir, 'log')
  const output = openSync(log, 'a')
  const engine = spawn(
    'unshare',
    [
      // Loopback, where registries of tests are: it is down in a new namespace.
      ...['--net', 'sh', '-c', 'ip link set lo up || true; exec dockerd "$@"', 'dockerd'],
      ...['--host', `unix://${socketPath}`, '--data-root', path.join(dir, 'data'), '--exec-root', path.join(dir, 'exec')],
      ...['--pidfile', path.join(dir, 'pid'), '--iptables=false', '--ip6tables=false', '--ip-masq=false', '--log-level=warn'],
    ],
    // Out of the group that gets a Ctrl-C: it is ended after the containers.
    {stdio: ['ignore', output, output], detached: true},
  )
  closeSync(output)
  const deadline = Date.now() + startLimitMs
  while (!(await answers(socketPath))) {
    if (engine.exitCode !== null || Date.now() > deadline) {
      const said = readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n')
      await end(engine, dir)
      throw new Error(`a Docker engine could not be started; ${wayOut}\n${said}`)
    }
    await sleep(100)
  }
  return {socketPath, stop: () => end(engine, dir)}
}

async function end(engine: ChildProcess, dir: string): Promise<void> {
  if (engine.exitCode === null && engine.signalCode === null) {
    const ended = new Promise((resolve) => engine.once('exit', resolve))
    engine.kill('SIGTERM')
    if ((await Promise.race([ended, sleep(stopLimitMs, 'late', {ref: false})])) === 'late') engine.kill('SIGKILL')
    await ended
  }
  unmountBelow(dir)
  rmSync(dir, {recursive: true, force: true, maxRetries: 10})
}

/** What an engine that had to be killed leaves mounted cannot be removed. */
function unmountBelow(dir: string): void {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  const points = mounts.flatMap((line) => line.split(' ')[4] ?? []).filter((point) => point.startsWith(`${dir}/`))
  for (const point of points.reverse()) execFileSync('umount', ['--lazy', point])
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    request({socketPath, path: '/_ping', timeout: 5000}, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    })
      .on('error', () => {
        resolve(false)
      })
      .on('timeout', () => {
        resolve(false)
      })
      .end()
  })
}

function findProgram(name: string): boolean {
  return [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'].some((dir) => existsSync(path.join(dir, name)))
}
