import {existsSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {directoryName, RunDirectory} from '../../../../src/lib/execution/files/run-directory.ts'
import {sweepRunDirectories} from '../../../../src/lib/execution/files/sweep-run-directories.ts'
import {writeFiles} from '../../../../src/lib/execution/files/write-files.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

const runs = ['20260101-000000-00000a', '20260102-000000-00000b', '20260103-000000-00000c'] as const
const dayMs = 24 * 3_600_000

describe('the directory of a run', () => {
  it('is made when it is first needed, for its user alone', async () => {
    const home = temporaryDir()
    let made = 0
    const directory = new RunDirectory(join(home, 'runs', 'r'), {onMade: () => (made += 1)})
    expect([directory.isMade, readdirSync(home)]).toEqual([false, []])
    const files = await directory.makeFresh({task: 'a'})
    await directory.makeFresh({task: 'b'})
    expect([directory.isMade, made, files]).toEqual([true, 1, join(home, 'runs', 'r', 'a')])
    expect([join(home, 'runs'), directory.path, files].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700, 0o700])
  })

  it('gives each attempt an empty directory, and follows no link that a task left there', async () => {
    const other = temporaryDir()
    writeFileSync(join(other, 'keep'), '')
    const directory = new RunDirectory(join(temporaryDir(), 'r'))
    const files = await directory.makeFresh({task: 'a'})
    symlinkSync(other, join(files, 'link'))
    writeFileSync(join(files, 'old'), '')
    expect(readdirSync(await directory.makeFresh({task: 'a'}))).toEqual([])
    expect(existsSync(join(other, 'keep'))).toBe(true)
  })

  it('has one name for each task and item, and none that leads elsewhere', () => {
    const items = ['0', '1', '../x', 'a/b', 'a%2Fb', '.', '..', '', 'x'.repeat(1000), 'x'.repeat(1001), '~', '\0', '\ud800', 'A', 'é']
    const names = [directoryName({task: 'a'}), directoryName({task: 'a0'}), ...items.map((item) => directoryName({task: 'a', item}))]
    expect(new Set(names).size).toBe(names.length)
    expect(names.every((name) => /^[\w.~%!'()*-]{1,200}$/.test(name) && name.startsWith('a'))).toBe(true)
  })

  it('gets files for its user alone, whatever their values are', async () => {
    const directory = new RunDirectory(join(temporaryDir(), 'r'))
    const files = await directory.makeFresh({task: 'a'})
    await writeFiles(files, {'deep/er/x.json': {a: [1, "'; rm -rf"]}, text: 'as\nit is', number: 5, none: null}, directory)
    expect(readdirSync(files).sort()).toEqual(['deep', 'none', 'number', 'text'])
    expect(statSync(join(files, 'text')).mode & 0o777).toBe(0o600)
    expect(statSync(join(files, 'deep/er/x.json')).size).toBe('{"a":[1,"\'; rm -rf"]}'.length)
  })
})

describe('the directories of earlier runs', () => {
  it('are removed when they have been kept long enough and the run is over', async () => {
    const root = temporaryDir()
    for (const [nth, run] of runs.entries()) {
      await new RunDirectory(join(root, run)).makeFresh({task: 'a'})
      const at = new Date(nth * dayMs)
      utimesSync(join(root, run), at, at)
    }
    writeFileSync(join(root, 'notes.txt'), '')
    const isActive = (run: string): Promise<boolean> => Promise.resolve(run === runs[0])
    await sweepRunDirectories(root, {keepMs: dayMs, nowMs: 2.5 * dayMs, isActive})
    expect(readdirSync(root)).toEqual([runs[0], runs[2], 'notes.txt'])
  })

  it('go a few at a time', async () => {
    const root = temporaryDir()
    for (let nth = 0; nth < 8; nth++) await new RunDirectory(join(root, `20260101-00000${String(nth)}-00000a`)).makeFresh({task: 'a'})
    const sweep = (): Promise<void> =>
      sweepRunDirectories(root, {keepMs: 0, nowMs: Date.now() + dayMs, isActive: () => Promise.resolve(false)})
    await sweep()
    expect(readdirSync(root)).toHaveLength(3)
    await sweep()
    expect(readdirSync(root)).toEqual([])
  })

  it('lose what may hold secrets as soon as their run is dead', async () => {
    const root = temporaryDir()
    const [dead, alive] = runs
    for (const run of [dead, alive]) {
      const directory = new RunDirectory(join(root, run))
      await directory.makeFresh({task: 'a'})
      await directory.makeFresh({task: 'b'})
      directory.markSecret({task: 'a'})
    }
    const isActive = (run: string): Promise<boolean> => Promise.resolve(run === alive)
    await sweepRunDirectories(root, {keepMs: dayMs, nowMs: Date.now(), isActive})
    expect(readdirSync(join(root, dead))).toEqual(['b'])
    expect(readdirSync(join(root, alive))).toEqual(['.secret-a', 'a', 'b'])
  })

  it('need not exist', async () => {
    const root = join(temporaryDir(), 'none')
    await expect(sweepRunDirectories(root, {keepMs: 0, nowMs: 0, isActive: () => Promise.resolve(false)})).resolves.toBeUndefined()
  })
})
