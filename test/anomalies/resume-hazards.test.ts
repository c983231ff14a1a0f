// What can befall a run besides a kill, and that it goes on afterwards: a process that was suspended, a full disk, a clock that jumps, a lock that is held.

import {chmodSync} from 'node:fs'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import BetterSqlite from 'better-sqlite3'
import {describe, expect, it} from 'vitest'
import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {haltOnce, killAt, resume, resumed} from '../rig/interrupted-run.ts'
import {stateOf, tagHolders, until} from '../rig/processes.ts'
import {Project} from '../rig/project.ts'
import {nodeWithoutPrivileges} from '../rig/without-privileges.ts'
import {builtCommand} from '../rig/workflow-command.ts'

const task = (id: string, command: string, more = ''): string =>
  `  - id: ${id}\n    type: core/shell.run\n${more}    inputs: {command: ${JSON.stringify(`echo ${id} >> effects; ${command}`)}}\n`
const idempotent = '    idempotent: true\n'
const halting = `id: w\ntasks:\n${task('a', 'true')}${task('b', haltOnce('halted'), `${idempotent}    needs: [a]\n`)}${task('c', 'true', '    needs: [b]\n')}`

async function statuses(project: Project): Promise<string[]> {
  return ((await project.json(['runs', 'list'])) as RunSummary[]).map(({status}) => status)
}

describe('a process that was suspended for longer than its lease', () => {
  it('loses the run to one of two that resume it, writes nothing more, and takes its programs with it', {timeout: 120_000}, async () => {
    const project = new Project({'w.yaml': halting})
    const old = project.start(['run', 'w.yaml', '--progress', 'plain'])
    await project.appears('halted', old)
    old.kill('SIGSTOP')
    await until(() => stateOf(old.pid) === 'T')
    const ended = await Promise.all([resume(project), resume(project)])
    const [winner, other] = ended[0].stderr.includes('succeeded in') ? ended : [ended[1], ended[0]]
    expect(winner.exitCode, winner.stderr).toBe(0)
    expect(other.stderr).toMatch(/RUN_TAKEN_OVER|nothing to resume/)
    expect(tagHolders(old.pid)).toEqual([])
    const before = await project.events()
    old.kill('SIGCONT')
    expect(await old.ended).toMatchObject({exitCode: 9, stderr: expect.stringContaining('RUN_TAKEN_OVER') as string})
    expect(await project.events()).toEqual(before)
    expect(project.read('effects')).toBe('a\nb\nb\nc\n')
    expect(await statuses(project)).toEqual(['succeeded'])
  })
})

describe('the disk', () => {
  it('that is full ends a run, which is resumed when there is room again', async () => {
    const project = new Project({
      'w.yaml': `id: w\ntasks:\n${task('a', 'true')}${task('b', 'test -e second || { touch second; cat /dev/zero > home/ballast 2> /dev/null; }; seq 3000', `${idempotent}    needs: [a]\n`)}${task('c', 'true', '    needs: [b]\n')}`,
      'small-disk.sh': `set -e
mkdir home && mount -t tmpfs -o size=8M tmpfs home
export AUTOKESTRA_HOME="$PWD/home"
try() { name=$1; shift; code=0; "$NODE" "$COMMAND" "$@" > "$name.out" 2> "$name.err" || code=$?; echo $code > "$name.code"; }
try first run w.yaml
try full runs resume latest
rm home/ballast
try second runs resume latest
try list runs list --json
`,
    })
    const [program, ...args] = [
      'unshare',
      ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']),
      '--mount',
      'sh',
      'small-disk.sh',
    ] as const
    const {exitCode, stderr} = await project.run([], {command: [program, ...args], env: {NODE: process.execPath, COMMAND: builtCommand}})
    expect(exitCode, `a small disk could not be made (this needs root, or user namespaces): ${stderr}`).toBe(0)
    const codes = ['first', 'full', 'second', 'list'].map((name) => Number(project.read(`${name}.code`)))
    expect(codes, project.read('second.err')).toEqual([9, 9, 0, 0])
    for (const name of ['first', 'full'])
      expect(project.read(`${name}.err`)).toMatch(/^error\[STORAGE_NOT_WRITABLE\]: the disk is full: .*\nhint: free some space/m)
    expect(JSON.parse(project.read('list.out'))).toMatchObject([{status: 'succeeded'}])
    expect(project.read('effects')).toBe('a\nb\nb\nc\n')
  })

  it('that cannot be written keeps a run from being resumed, and changes nothing', async () => {
    const project = new Project({'w.yaml': halting})
    await killAt(project, 'halted', ['run', 'w.yaml'])
    const files = ['', 'autokestra.db'].map((name) => path.join(project.home, name))
    for (const [index, file] of files.entries()) chmodSync(file, index === 0 ? 0o500 : 0o400)
    const {exitCode, stderr} = await resume(project, [], {command: [...nodeWithoutPrivileges, builtCommand]})
    for (const [index, file] of files.entries()) chmodSync(file, index === 0 ? 0o700 : 0o600)
    expect(exitCode, stderr).toBe(9)
    expect(stderr).toMatch(/^error\[STORAGE_NOT_WRITABLE\]: .+\nhint: .+\n$/m)
    expect(project.read('effects')).toBe('a\nb\n')
    expect((await resumed(project)).exitCode).toBe(0)
    expect(project.read('effects')).toBe('a\nb\nb\nc\n')
  })
})

describe('the clock of the day', () => {
  it.each([
    ['back', -86_400_000],
    ['ahead', 86_400_000],
  ])('that jumps %s between two processes makes no wait longer and no duration negative', async (_, jumpMs) => {
    const project = new Project({
      'w.yaml': `id: w\ntasks:\n${task('a', 'test $(wc -l < effects) -gt 1', '    retry: {max: 2, delay: 2s}\n')}`,
      'clock.cjs': `const now = Date.now
const jump = Number(process.env.JUMP_MS)
Date.now = () => now() + jump
globalThis.Date = new Proxy(Date, {construct: (target, args) => (args.length === 0 ? new target(Date.now()) : new target(...args))})
`,
    })
    const running = project.start(['run', 'w.yaml', '--progress', 'plain'])
    await running.printed('attempt', 'stderr')
    running.kill('SIGKILL')
    await running.ended
    const startedAt = performance.now()
    const {result} = await resumed(project, [], {env: {NODE_OPTIONS: `--require ${project.path('clock.cjs')}`, JUMP_MS: String(jumpMs)}})
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    expect(result.status).toBe('succeeded')
    expect(result.durationMs).toBeGreaterThanOrEqual(0)
    expect(result.durationMs).toBeLessThan(60_000)
    for (const event of await project.events()) if ('durationMs' in event) expect(event.durationMs).toBeGreaterThanOrEqual(0)
    expect(project.read('effects')).toBe('a\na\n')
  })
})

describe('a lock on the database', () => {
  /** Another program that writes. */
  function hold(project: Project): () => void {
    const db = new BetterSqlite(path.join(project.home, 'autokestra.db'), {timeout: 10_000})
    db.exec('BEGIN IMMEDIATE')
    return () => {
      db.exec('ROLLBACK')
      db.close()
    }
  }

  it('that is held for seconds makes a run wait', async () => {
    const project = new Project({
      'w.yaml': `id: w\ntasks:\n${task('a', 'touch up; until test -e go; do sleep 0.05; done')}${task('b', 'true', '    needs: [a]\n')}`,
    })
    const running = project.start(['run', 'w.yaml'])
    await project.appears('up', running)
    const release = hold(project)
    project.write({go: ''})
    await sleep(2000)
    release()
    expect(await running.ended).toMatchObject({exitCode: 0})
    expect(project.read('effects')).toBe('a\nb\n')
  })

  it('that is held for too long ends the run with a clear message, and it is resumed', {timeout: 90_000}, async () => {
    const project = new Project({
      'w.yaml': `id: w\ntasks:\n${task('a', 'touch up; test -e second && exit 0; touch second; until test -e go; do sleep 0.05; done', idempotent)}${task('b', 'true', '    needs: [a]\n')}`,
    })
    const running = project.start(['run', 'w.yaml'])
    await project.appears('up', running)
    const release = hold(project)
    project.write({go: ''})
    const {exitCode, stderr} = await running.ended
    release()
    expect(exitCode, stderr).toBe(9)
    expect(stderr).toMatch(/^error\[STORAGE_BUSY\]: .+\nhint: .+\n$/m)
    expect(tagHolders(running.pid)).toEqual([])
    expect((await resumed(project)).exitCode).toBe(0)
    expect(project.read('effects')).toBe('a\na\nb\n')
  })
})
