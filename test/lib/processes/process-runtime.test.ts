// Child processes of this machine: the runtime contract, and what only a runtime with processes can be asked.

import {chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it, onTestFinished} from 'vitest'
import {ProcessRuntime} from '../../../src/lib/processes/process-runtime.ts'
import type {StartSpec} from '../../../src/lib/runtimes/runtime.ts'
import {collect, describeRuntime, firstLine} from '../../contracts/runtime.ts'
import {tagHolders, isAlive, stateOf, until, watchdogOf} from '../../rig/processes.ts'
import {bundleScript, runScript} from '../../rig/script-process.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

let tags = 0
const shell = (script: string, more: Partial<StartSpec> = {}): StartSpec => ({
  command: ['sh', '-c', script],
  env: {PATH: process.env['PATH'] ?? '/usr/bin:/bin'},
  cwd: '/',
  tag: `test-${++tags}`,
  graceMs: 3000,
  ...more,
})

describeRuntime('ProcessRuntime', {open: () => new ProcessRuntime(), shell})
// The suite's programs that read their input are started directly here, too: a launcher's programs have none.
describeRuntime('ProcessRuntime with launchers', {
  open: () => {
    const runtime = new ProcessRuntime()
    runtime.expect(100)
    return runtime
  },
  shell: (script, more) => shell(script, {...(!/\b(cat|read|stdin)\b/.test(script) && {stdin: 'none'}), ...more}),
})

describe('ProcessRuntime', () => {
  let runtime: ProcessRuntime

  beforeEach(() => {
    runtime = new ProcessRuntime()
  })
  afterEach(async () => {
    await runtime.close()
    expect(tagHolders()).toEqual([])
  })

  const program = (name: string, text: string | Buffer, mode = 0o755): string => {
    const file = path.join(temporaryDir(), name)
    writeFileSync(file, text)
    chmodSync(file, mode)
    return file
  }
  const failure = (command: readonly [string, ...string[]], more: Partial<StartSpec> = {}): Promise<unknown> =>
    runtime.start(shell('', {command, ...more})).then(
      () => undefined,
      (error: unknown) => error,
    )

  it('settles at most the drain time after the exit when a grandchild holds the pipes, and ends the grandchild', async () => {
    const process = await runtime.start(shell('sleep 999 & echo $!'))
    const startedAt = performance.now()
    const {stdout} = await collect(process)
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    await until(() => !isAlive(Number(stdout.toString())))
  })

  it('ends a silent child in the background at once', async () => {
    const process = await runtime.start(shell('sleep 999 >/dev/null 2>&1 & echo $!'))
    const startedAt = performance.now()
    const {stdout} = await collect(process)
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    await until(() => !isAlive(Number(stdout.toString())))
  })

  it('ends a child in its group that no sweep can find', async () => {
    const process = await runtime.start(shell('env -i sleep 985 >/dev/null 2>&1 & echo $!'))
    const {stdout} = await collect(process)
    await until(() => !isAlive(Number(stdout.toString())))
  })

  it('ends it also after programs that a launcher has started, at the latest when it is closed', async () => {
    const many = new ProcessRuntime()
    many.expect(100)
    const process = await many.start(shell('env -i sleep 984 >/dev/null 2>&1 & echo $!', {stdin: 'none'}))
    const {stdout} = await collect(process)
    await many.close()
    await until(() => !isAlive(Number(stdout.toString())))
  })

  it.each(['pipe', 'none'] as const)('lets a process that was stopped end in its own way (input: %s)', async (stdin) => {
    const many = new ProcessRuntime()
    onTestFinished(() => many.close())
    many.expect(100)
    const process = await many.start(shell("trap 'exit 7' TERM; echo $$; kill -STOP $$; while :; do sleep 0.05; done", {stdin}))
    const pid = Number(await firstLine(process))
    await until(() => stateOf(pid) === 'T')
    await process.kill()
    // Without being told to go on, it would never hear of SIGTERM.
    expect(await process.exited).toMatchObject({exitCode: 7, signal: null})
  })

  it('finds a grandchild that left the group when the task is killed', async () => {
    const process = await runtime.start(shell('setsid sh -c \'echo $$; trap "" TERM; while :; do sleep 0.1; done\' & wait'))
    const grandchild = Number(await firstLine(process))
    expect(isAlive(grandchild)).toBe(true)
    await process.kill()
    expect(isAlive(grandchild)).toBe(false)
  })

  it('finds a grandchild that left the group of a task that ended normally, soon and without being asked', async () => {
    const process = await runtime.start(shell('setsid sleep 998 >/dev/null 2>&1 & sleep 0.1'))
    await collect(process)
    await until(() => tagHolders().length === 0)
  })

  it('finds it at the latest when it is closed', async () => {
    const process = await runtime.start(shell('setsid sleep 997 >/dev/null 2>&1 & sleep 0.1'))
    await collect(process)
    expect(tagHolders().length).toBeGreaterThan(0)
    await runtime.close()
    expect(tagHolders()).toEqual([])
  })

  it('sweeps only what belongs to ended tasks', async () => {
    const kept = await runtime.start(shell('setsid sh -c "echo up; sleep 996" & wait'))
    await firstLine(kept)
    const ended = await runtime.start(shell('echo up; sleep 995'))
    await firstLine(ended)
    await ended.kill()
    expect(isAlive(kept.pid)).toBe(true)
    expect(tagHolders().length).toBeGreaterThanOrEqual(2)
  })

  it('leaves the processes of another runtime alone', async () => {
    const other = new ProcessRuntime()
    const kept = await other.start(shell('echo up; sleep 987'))
    await firstLine(kept)
    const own = await runtime.start(shell('echo up; sleep 986'))
    await firstLine(own)
    await own.kill()
    await runtime.close()
    expect(isAlive(kept.pid)).toBe(true)
    await other.close()
    expect(isAlive(kept.pid)).toBe(false)
  })

  it('marks children also for the runtime it runs under', async () => {
    const inner = new ProcessRuntime({outerTag: '1:2:outer-0:x'})
    onTestFinished(() => inner.close())
    const process = await inner.start(shell('echo "$AUTOKESTRA_TASK_TAG"'))
    const {stdout} = await collect(process)
    expect(stdout.toString()).toMatch(/^\d+:\d+:[\w-]+:[0-9a-f]{8}-test-\d+,1:2:outer-0:x\n$/)
  })

  it('tells apart why a program cannot be started', async () => {
    const directory = temporaryDir()
    expect(await failure([path.join(directory, 'nothing')])).toMatchObject({code: 'ENTRYPOINT_NOT_FOUND'})
    expect(await failure([directory])).toMatchObject({code: 'ENTRYPOINT_NOT_EXECUTABLE'})
    expect(await failure([program('plain', '#!/bin/sh\n', 0o644)])).toMatchObject({code: 'ENTRYPOINT_NOT_EXECUTABLE'})
    expect(await failure([program('noise', Buffer.from([0, 1, 2, 3]))])).toMatchObject({code: 'ENTRYPOINT_NOT_EXECUTABLE'})
    const lost = await failure([program('lost', '#!/no/such/interpreter\n')])
    expect(lost).toMatchObject({
      code: 'ENTRYPOINT_NOT_FOUND',
      message: expect.stringContaining("interpreter '/no/such/interpreter'") as string,
    })
    expect(await failure(['sh', '-c', 'x'.repeat(3_000_000)])).toMatchObject({code: 'ARGUMENTS_TOO_LONG'})
    expect(await failure(['sh', '-c', 'a\0b'])).toMatchObject({code: 'ARGUMENTS_INVALID'})
    expect(await failure(['sh'], {cwd: program('file', '')})).toMatchObject({
      code: 'WORKING_DIR_NOT_FOUND',
      message: expect.stringContaining('is not a directory') as string,
    })
  })

  it('looks a program up in the PATH of the task, not of this process', async () => {
    const directory = path.dirname(program('only-here', '#!/bin/sh\necho found\n'))
    expect(await failure(['only-here'])).toMatchObject({code: 'ENTRYPOINT_NOT_FOUND'})
    const process = await runtime.start(shell('', {command: ['only-here'], env: {PATH: `/nowhere:${directory}:/bin`}}))
    expect((await collect(process)).stdout.toString()).toBe('found\n')
  })

  it('notices when a program it has found before is gone, and when it is back elsewhere', async () => {
    const base = temporaryDir()
    const env = {PATH: `${base}/a:${base}/b:/usr/bin:/bin`}
    for (const name of ['a', 'b']) {
      mkdirSync(`${base}/${name}`)
      writeFileSync(`${base}/${name}/tool`, `#!/bin/sh\necho ${name}\n`, {mode: 0o755})
    }
    const start = async (): Promise<string> => (await collect(await runtime.start(shell('', {command: ['tool'], env})))).stdout.toString()
    expect(await start()).toBe('a\n')
    chmodSync(`${base}/a/tool`, 0o644)
    rmSync(`${base}/a/tool`)
    expect(await failure(['tool'], {env})).toMatchObject({code: 'ENTRYPOINT_NOT_FOUND'})
    expect(await start()).toBe('b\n')
  })

  it('calls a lack of file handles a reason to try again', async () => {
    const script = await bundleScript(`
      import {openSync} from 'node:fs'
      import {ProcessRuntime} from 'src/lib/processes/process-runtime.ts'
      const runtime = new ProcessRuntime()
      const spec = {command: ['/bin/sh', '-c', 'true'], env: {PATH: '/bin'}, cwd: '/', tag: 'x', graceMs: 100}
      try { for (;;) openSync('/dev/null', 'r') } catch {}
      const error = await runtime.start(spec).then(() => undefined, (error) => error)
      process.stdout.write(JSON.stringify({code: error?.code, isRetryable: error?.isRetryable}) + '\\n')
    `)
    const limited = await runtime.start(shell(`ulimit -n 64; exec "${process.execPath}" "${script}"`))
    expect((await collect(limited)).stdout.toString()).toBe('{"code":"SPAWN_FAILED","isRetryable":true}\n')
  })

  it('measures memory and CPU time of the whole tree', async () => {
    const burn = 'const b = Buffer.alloc(120e6, 1); const end = Date.now() + 400; while (Date.now() < end) b[0]++'
    const process_ = await runtime.start(shell(`"${process.execPath}" -e "${burn}"; exit 0`))
    const {status} = await collect(process_)
    expect(status.metrics.peakMemoryBytes).toBeGreaterThan(120e6)
    expect(status.metrics.peakMemoryBytes).toBeLessThan(400e6)
    expect(status.metrics.cpuTimeMs).toBeGreaterThan(50)
  })

  it('does not give a process the memory of this process as its own', async () => {
    const ballast = Buffer.alloc(300e6, 1)
    const process_ = await runtime.start(shell('sleep 0.3'))
    const {status} = await collect(process_)
    expect(ballast.length).toBe(300e6)
    expect(status.metrics.peakMemoryBytes).toBeLessThan(50e6)
  })

  it('leaves nothing when the owner is killed together with its watchdog and the next one looks for leftovers', async () => {
    const script = await bundleScript(`
      import {ProcessRuntime} from 'src/lib/processes/process-runtime.ts'
      const runtime = new ProcessRuntime()
      const task = await runtime.start({command: ['/bin/sh', '-c', 'setsid sleep 994 & sleep 993'], env: {PATH: '/usr/bin:/bin'}, cwd: '/', tag: 'x', graceMs: 100})
      process.stdout.write('pid ' + task.pid + '\\n')
    `)
    const reap = await bundleScript(`
      import {sweepLeftovers} from 'src/lib/processes/reaper.ts'
      process.stdout.write('swept ' + await sweepLeftovers() + '\\n')
    `)
    const owner = runScript(script, [])
    const pid = Number((await owner.line('pid ')).slice(4))
    await until(() => tagHolders(owner.pid).length === 3)
    // What it finds may be those of another test; these here have an owner that lives.
    await runScript(reap, []).line('swept')
    expect(tagHolders(owner.pid)).toHaveLength(3)
    expect(isAlive(pid)).toBe(true)
    process.kill(watchdogOf(owner.pid), 'SIGKILL')
    owner.kill('SIGKILL')
    await owner.exit
    // Any run that starts now on this machine may end some of them first, so it is not counted who did; when the sweep is over, none may be left.
    await runScript(reap, []).line('swept')
    expect(tagHolders(owner.pid)).toEqual([])
    expect(readdirSync('/dev/shm').filter((name) => name.startsWith(`autokestra-${String(owner.pid)}-`))).toEqual([])
  })

  it('takes a reused process id for what it is: the tag names the start time, too', async () => {
    const process_ = await runtime.start(shell('echo "$AUTOKESTRA_TASK_TAG"'))
    const {stdout} = await collect(process_)
    const [pid, startTime, system] = stdout.toString().split(':')
    expect(Number(pid)).toBe(process.pid)
    expect(startTime).toBe(readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ')[19])
    expect(system).toMatch(/^[0-9a-f]{8}-\d+$/)
  })

  it('leaves no listeners and no warnings behind after 200 processes', async () => {
    const warnings: Error[] = []
    const listener = (warning: Error): void => void warnings.push(warning)
    process.on('warning', listener)
    onTestFinished(() => void process.off('warning', listener))
    await Promise.all(Array.from({length: 200}, async () => collect(await runtime.start(shell('exit 0')))))
    expect(warnings).toEqual([])
  })
})
