// What every Runtime does, whatever it runs programs in. Each implementation's test calls this suite.

import {constants} from 'node:os'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import type {ExitStatus, RunningProcess, Runtime, StartSpec} from '../../src/lib/runtimes/runtime.ts'
import {StartError} from '../../src/lib/runtimes/start-error.ts'

interface RuntimeUnderTest {
  readonly open: () => Runtime | Promise<Runtime>
  /** A spec of that runtime for a POSIX shell script; `tag` and the rest are filled in. */
  readonly shell: (script: string, more?: Partial<StartSpec>) => StartSpec
  /** The programs share a container, which ends with the first of them, and of which the engine tells less than the system does of a process. */
  readonly isContainer?: boolean
}

interface Ended {
  readonly stdout: Buffer
  readonly stderr: Buffer
  readonly status: ExitStatus
}

/** Reads a process to its end. */
export async function collect(process: RunningProcess): Promise<Ended> {
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  process.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  process.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  const status = await process.exited
  return {stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr), status}
}

/** Resolves with the first line a process writes; what follows is dropped. */
export function firstLine(process: RunningProcess): Promise<string> {
  process.stderr.resume()
  return new Promise((resolve) => {
    let text = ''
    process.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const end = text.indexOf('\n')
      if (end >= 0) resolve(text.slice(0, end))
    })
  })
}

export function describeRuntime(name: string, {open, shell, isContainer = false}: RuntimeUnderTest): void {
  describe(`${name} as a runtime`, () => {
    let runtime: Runtime

    beforeEach(async () => {
      runtime = await open()
    })
    afterEach(async () => {
      await runtime.close()
    })

    const run = async (script: string, more?: Partial<StartSpec>, input?: string | Buffer): Promise<Ended> => {
      const process = await runtime.start(shell(script, more))
      process.stdin?.end(input)
      return collect(process)
    }

    it('carries input, both outputs and the exit code', async () => {
      const {stdout, stderr, status} = await run('cat; echo problem >&2; exit 3', {}, 'hello')
      expect(stdout.toString()).toBe('hello')
      expect(stderr.toString()).toBe('problem\n')
      expect(status).toMatchObject({exitCode: 3, signal: null, isOutOfMemory: false})
    })

    it.each([0, 1, 2, 126, 127, 137, 255])('reports exit code %i as it is', async (code) => {
      const {status} = await run(`exit ${code}`)
      expect(status).toMatchObject({exitCode: code, signal: null})
    })

    it.each(['SIGSEGV', 'SIGABRT', 'SIGKILL', 'SIGTERM'] as const)('reports the end by a %s of its own', async (signal) => {
      const {status} = await run(`kill -${signal.slice(3)} $$`)
      const told = isContainer ? {exitCode: 128 + constants.signals[signal], signal: null} : {exitCode: null, signal}
      expect(status).toMatchObject({...told, isOutOfMemory: false})
    })

    it('gives the process exactly the environment it is told, and the tag', async () => {
      const env = {PATH: process.env['PATH'] ?? '/usr/bin:/bin', GREETING: 'good day', EMPTY: ''}
      const started = await runtime.start(shell('env -0', {env}))
      started.stdin?.end()
      const {stdout} = await collect(started)
      const variables = stdout
        .toString()
        .split('\0')
        .filter((text) => text !== '' && !/^(PWD|SHLVL|_|OLDPWD)=/.test(text))
        // Where the container's user lives, the engine fills in; that there is no network, its host must know.
        .filter((text) => !isContainer || !/^(HOME=|AUTOKESTRA_NETWORK=none$)/.test(text))
      expect(variables.sort()).toEqual([`AUTOKESTRA_TASK_TAG=${started.tag}`, 'EMPTY=', 'GREETING=good day', `PATH=${env.PATH}`])
    })

    it('gives empty input when there is none', async () => {
      const process = await runtime.start(shell('cat; echo end', {stdin: 'none'}))
      expect(process.stdin).toBeNull()
      expect((await collect(process)).stdout.toString()).toBe('end\n')
    })

    it('loses nothing of a large output that ends with the process', async () => {
      const {stdout} = await run('head -c 5000000 /dev/zero')
      expect(stdout.length).toBe(5_000_000)
    })

    it('lives with a process that does not read 8 MB of input', async () => {
      const input = Buffer.alloc(8 * 1024 * 1024, 'x')
      expect((await run('exit 0', {}, input)).status.exitCode).toBe(0)
      expect((await run('exec 0<&-; sleep 0.1; exit 4', {}, input)).status.exitCode).toBe(4)
    })

    it('waits for a process that has closed its outputs', async () => {
      const {status} = await run('exec >&- 2>&-; sleep 0.2; exit 5')
      expect(status.exitCode).toBe(5)
    })

    it('settles soon after the exit although a child in the background holds the outputs open', async () => {
      const startedAt = performance.now()
      const {stdout} = await run('sleep 100 & echo started')
      expect(stdout.toString()).toBe('started\n')
      expect(performance.now() - startedAt).toBeLessThan(5000)
    })

    it('says that a program does not exist', async () => {
      const spec = {...shell(''), command: ['no-such-program-here'] as const}
      await expect(runtime.start(spec)).rejects.toMatchObject({name: 'StartError', code: 'ENTRYPOINT_NOT_FOUND', isRetryable: false})
    })

    if (!isContainer) {
      it('keeps what a child in the background writes right after the exit', async () => {
        const {stdout} = await run('(sleep 0.05; echo late) & echo early')
        expect(stdout.toString()).toBe('early\nlate\n')
      })

      it('blames a missing working directory, not the program', async () => {
        await expect(runtime.start(shell('true', {cwd: '/no/such/directory'}))).rejects.toMatchObject({code: 'WORKING_DIR_NOT_FOUND'})
      })
    }

    it('ends a process with SIGTERM when that is enough', async () => {
      const process = await runtime.start(shell('echo up; sleep 100'))
      await firstLine(process)
      const startedAt = performance.now()
      await process.kill()
      expect(await process.exited).toMatchObject({signal: 'SIGTERM'})
      expect(performance.now() - startedAt).toBeLessThan(4000)
    })

    it('lets a process clean up within the grace time', async () => {
      const process = await runtime.start(shell("trap 'sleep 0.2; echo cleaned; exit 9' TERM; echo up; while :; do sleep 0.05; done"))
      await firstLine(process)
      const output = collect(process)
      await process.kill()
      const {stdout, status} = await output
      expect(stdout.toString()).toContain('cleaned')
      expect(status.exitCode).toBe(9)
    })

    it('ends a process that ignores SIGTERM after the grace time', async () => {
      const process = await runtime.start(shell("trap '' TERM; echo up; while :; do sleep 0.05; done", {graceMs: 200}))
      await firstLine(process)
      const startedAt = performance.now()
      await process.kill()
      const took = performance.now() - startedAt
      expect(await process.exited).toMatchObject({signal: 'SIGKILL', isOutOfMemory: false})
      expect(took).toBeGreaterThan(180)
      expect(took).toBeLessThan(2000)
    })

    it('ends a process that was stopped', async () => {
      const process = await runtime.start(shell('echo up; kill -STOP $$; sleep 100'))
      await firstLine(process)
      await process.kill()
      expect((await process.exited).signal).not.toBeNull()
    })

    it('can be told to kill more than once, and after the end', async () => {
      const process = await runtime.start(shell('echo up; sleep 100'))
      await firstLine(process)
      await Promise.all([process.kill(), process.kill()])
      await process.kill()
      const ended = await runtime.start(shell('exit 0'))
      await collect(ended)
      await ended.kill()
    })

    it('ends everything when it is closed, and starts nothing after that', async () => {
      const processes = await Promise.all([1, 2, 3].map(() => runtime.start(shell('echo up; sleep 100'))))
      await Promise.all(processes.map(firstLine))
      await runtime.close()
      for (const process of processes) expect((await process.exited).signal).not.toBeNull()
      await expect(runtime.start(shell('true'))).rejects.toBeInstanceOf(StartError)
    })

    it('ends also what was started in the same moment in which it is closed', async () => {
      const starting = runtime.start(shell('sleep 100'))
      await runtime.close()
      const process = await starting
      expect((await process.exited).signal).not.toBeNull()
    })

    it('runs many processes at once', async () => {
      const outputs = await Promise.all(Array.from({length: isContainer ? 20 : 50}, (_, index) => run(`echo ${index}`)))
      expect(outputs.map(({stdout}) => Number(stdout.toString()))).toEqual(outputs.map((_, index) => index))
    })
  })
}
