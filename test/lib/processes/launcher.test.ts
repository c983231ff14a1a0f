// Programs started by a shell instead of by this process: nobody must be able to tell the difference.

import {chmodSync, mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {launchScript} from '../../../src/lib/processes/launcher.ts'
import {ProcessRuntime} from '../../../src/lib/processes/process-runtime.ts'
import type {StartSpec} from '../../../src/lib/runtimes/runtime.ts'
import {collect, firstLine} from '../../contracts/runtime.ts'
import {tagHolders, until} from '../../rig/processes.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

/** Where launchers keep the pipes of their programs. */
const pipeDirectories = (): string[] => readdirSync('/dev/shm').filter((name) => name.startsWith(`autokestra-${String(process.pid)}-`))
const PATH = process.env['PATH'] ?? '/usr/bin:/bin'

describe.runIf(process.platform === 'linux')('a program started by a launcher', () => {
  let runtime: ProcessRuntime
  let count = 0

  beforeEach(() => {
    runtime = new ProcessRuntime()
    runtime.expect(100)
  })
  afterEach(async () => {
    await runtime.close()
    expect(tagHolders()).toEqual([])
  })

  const start = (script: string, more: Partial<StartSpec> = {}) =>
    runtime.start({
      command: ['sh', '-c', script],
      env: {PATH},
      cwd: '/',
      tag: `l-${String(++count)}`,
      graceMs: 3000,
      stdin: 'none',
      ...more,
    })
  const run = async (script: string, more?: Partial<StartSpec>) => {
    const {stdout, stderr, status} = await collect(await start(script, more))
    return {stdout: stdout.toString(), stderr: stderr.toString(), status}
  }

  it('has the launcher as its parent, and the next ones have the same', async () => {
    const parents: string[] = []
    for (let index = 0; index < 4; index += 1) parents.push((await run('echo $PPID')).stdout)
    expect(parents[0]).not.toBe(`${String(process.pid)}\n`)
    expect(new Set(parents).size).toBe(1)
  })

  it('tells every exit code, also those that look like a signal', async () => {
    for (const code of [0, 1, 2, 126, 127, 128, 129, 130, 137, 143, 255]) {
      expect((await run(`exit ${String(code)}`)).status).toMatchObject({exitCode: code, signal: null})
    }
  })

  it.each(['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGABRT', 'SIGHUP', 'SIGUSR1'] as const)('tells that %s ended it', async (signal) => {
    expect((await run(`kill -${signal.slice(3)} $$`)).status).toMatchObject({exitCode: null, signal})
    expect((await run('exit 3')).status).toMatchObject({exitCode: 3, signal: null})
  })

  it('gets exactly the environment, the arguments and the directory that were asked for', async () => {
    const dir = path.join(temporaryDir(), `it's "a" $(touch x) dir`)
    mkdirSync(dir)
    const nasty = `'"$HOME\`id\`\\ \n\t*?[]{}~!#&|;<>()=é\u{1f600}`
    const env = {PATH, EMPTY: '', NASTY: nasty, IFS: 'x', OPTIND: '9'}
    const print =
      'const {AUTOKESTRA_TASK_TAG, PWD, ...env} = process.env; console.log(JSON.stringify([env, process.argv.slice(1), process.cwd()]))'
    const {stdout} = await run('', {command: [process.execPath, '-e', print, '--', '-x', nasty, ''], env, cwd: dir})
    expect(JSON.parse(stdout)).toEqual([env, ['-x', nasty, ''], dir])
  })

  it('is called by the name it was asked by', async () => {
    expect((await run('echo "$0"')).stdout).toBe('sh\n')
    expect((await run('', {command: ['sh', '-c', 'nothing-of-that-name']})).stderr).toMatch(/^sh: /)
  })

  it('has empty standard input and the default reaction to every signal', async () => {
    expect((await run('cat; grep SigIgn /proc/self/status')).stdout).toMatch(/^SigIgn:\s0{16}\n$/)
  })

  it('has no other descriptors open than a program that was started directly', async () => {
    // Expanded by the shell itself, so nothing else is open at that moment.
    const list = 'cd /proc/$$/fd; echo *'
    const direct = await start(list, {stdin: 'pipe'})
    direct.stdin?.end()
    const {stdout} = await collect(direct)
    expect((await run(list)).stdout).toBe(stdout.toString())
  })

  it('cannot write into the output of the next one, however long it lives', async () => {
    const first = await start('echo first; (trap "" HUP; while :; do echo stray; sleep 0.01; done) & exit 0')
    const [, second] = [collect(first), await run('echo second; sleep 0.1; echo end')]
    expect(second.stdout).toBe('second\nend\n')
  })

  it('leaves the next ones alone when it is killed', async () => {
    const victim = await start('echo up; sleep 60')
    await firstLine(victim)
    const [, other] = await Promise.all([victim.kill(), run('echo other')])
    expect(other.stdout).toBe('other\n')
    expect((await victim.exited).signal).toBe('SIGTERM')
    expect((await run('echo after')).stdout).toBe('after\n')
  })

  it('has its SIGTERM handler run, and its exit code counts', async () => {
    const polite = await start('trap "echo bye; exit 7" TERM; echo up; while :; do sleep 0.01; done')
    await firstLine(polite)
    await polite.kill()
    expect(await polite.exited).toMatchObject({exitCode: 7, signal: null})
  })

  it('may kill its launcher: it counts as killed, and the next one runs', async () => {
    expect((await run('kill -9 $PPID; sleep 60')).status).toMatchObject({exitCode: null, signal: 'SIGKILL'})
    expect((await run('echo next')).stdout).toBe('next\n')
  })

  it('leaves no pipes behind, also when its launcher is killed', async () => {
    const before = new Set(pipeDirectories())
    await run('true')
    await run('kill -9 $PPID')
    await run('true')
    expect(pipeDirectories().filter((name) => !before.has(name))).not.toEqual([])
    await runtime.close()
    await until(() => pipeDirectories().every((name) => before.has(name)))
  })

  it('is found when it leaves its group and stays behind', async () => {
    await run('setsid sleep 60 >/dev/null 2>&1 &')
    await until(() => tagHolders().length === 0)
  })

  it('is started directly when the shell could not do exactly the same', async () => {
    const parent = async (more: Partial<StartSpec>) => (await run('echo $PPID', more)).stdout.trim()
    expect(await parent({env: {PATH, 'a.b': '1'}})).toBe(String(process.pid))
    expect(await parent({env: {PATH, UID: '1'}})).toBe(String(process.pid))
    expect(await parent({env: {PATH, BIG: 'x'.repeat(40_000)}})).toBe(String(process.pid))
    await expect(start('true', {cwd: '/no/such/dir'})).rejects.toMatchObject({code: 'WORKING_DIR_NOT_FOUND'})
    await expect(start('true', {command: ['no-such-program']})).rejects.toMatchObject({code: 'ENTRYPOINT_NOT_FOUND'})
    const file = path.join(temporaryDir(), 'text')
    writeFileSync(file, 'plain text\n')
    chmodSync(file, 0o755)
    await expect(start('true', {command: [file]})).rejects.toMatchObject({code: 'ENTRYPOINT_NOT_EXECUTABLE'})
  })

  it('runs by hundreds, several at a time, each with its own output', async () => {
    const outputs = await Promise.all(Array.from({length: 300}, (_, index) => run(`echo ${String(index)}; echo e${String(index)} >&2`)))
    expect(outputs.map(({stdout, stderr}) => `${stdout}${stderr}`)).toEqual(
      outputs.map((_, index) => `${String(index)}\ne${String(index)}\n`),
    )
  })

  it('is refused as a script what a shell would read otherwise', () => {
    expect(launchScript({command: ['a\0b'], env: {}, cwd: '/'})).toBeUndefined()
  })
})
