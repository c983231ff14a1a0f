// A command that dies without a chance to tidy up: what it has started ends with it, with nobody else on the machine to see to that.

import {spawnSync} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {expectLawfulBeginnings} from '../rig/journal-laws.ts'
import {tagHolders, until} from '../rig/processes.ts'
import {actionSource, Project, sdkPlugin, shellPlugin} from '../rig/project.ts'
import {runScript} from '../rig/script-process.ts'
import {temporaryDir} from '../rig/temporary-dir.ts'
import {builtCommand} from '../rig/workflow-command.ts'

const killedCommands = path.resolve(import.meta.dirname, '../rig/killed-commands.mjs')

interface Report {
  readonly kills: number
  /** Those that had started something when they were killed. */
  readonly withChildren: number
  readonly left: readonly string[]
  readonly directories: readonly string[]
}

/** A pid namespace with a /proc and a /dev/shm of its own. Where none is permitted, processes are told apart by their marks alone. */
function findNamespace(): readonly string[] {
  const own = ['--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c', 'mount -t tmpfs none /dev/shm && exec "$@"', 'sh']
  return (
    [
      ['unshare', ...own],
      ['unshare', '--user', '--map-root-user', ...own],
    ].find(([program = '', ...args]) => spawnSync(program, [...args, 'true']).status === 0) ?? []
  )
}

const task = (id: string, command: string): string =>
  `  - {id: ${id}, type: core/shell.run, timeout: 1h, inputs: {command: "${command}"}}\n`
const grandchildren = "setsid sh -c 'trap : TERM HUP; setsid sleep 600 & sleep 600; sleep 600' & env -i sleep 600 & sleep 600"

describe('a command that dies at once', () => {
  it('at any of 100 moments takes everything with it within a second', {timeout: 120_000}, async () => {
    const project = new Project({
      // Started by shells of ours.
      'launched.yaml': `id: launched\nparallelism: 16\ntasks:\n${task('leaves', grandchildren)}${Array.from({length: 11}, (_, n) => task(`t${String(n)}`, n % 3 === 0 ? 'sleep 600; true' : 'while sleep 0.02; do :; done')).join('')}`,
      // A stream of short ones, so that some are just being started.
      'short.yaml': `id: short\nparallelism: 8\ntasks:\n${Array.from({length: 400}, (_, n) => task(`t${String(n)}`, 'sleep 0.03')).join('')}`,
      'direct.yaml': `id: direct\ntasks:\n${task('leaves', grandchildren)}  - {id: plain, type: test/plain.act, timeout: 1h}\n`,
      'sdk.yaml': `id: sdk\ntasks:\n  - {id: single, type: test/single.act, timeout: 1h}\n  - {id: reuse, type: test/reuse.act, timeout: 1h}\n`,
      ...shellPlugin('plain', "trap '' TERM; sleep 600; sleep 600"),
      ...sdkPlugin(
        'single',
        actionSource(
          "spawn('setsid', ['sleep', '600']); await new Promise(() => {})",
          "import {spawn} from 'node:child_process'\nsetInterval(() => {}, 1000)",
        ),
      ),
      ...sdkPlugin('reuse', actionSource('await new Promise(() => {})', 'setInterval(() => {}, 1000)'), {
        manifest: 'worker: reuse\nactions: [{name: act}]',
      }),
    })
    const namespace = findNamespace()
    const homes = Array.from({length: 6}, () => temporaryDir())
    const reports = await Promise.all(
      homes.map(async (home) => {
        const options = {
          command: [process.execPath, builtCommand],
          dir: project.dir,
          home,
          workflows: ['launched.yaml', 'launched.yaml', 'direct.yaml', 'direct.yaml', 'short.yaml', 'short.yaml', 'sdk.yaml', 'sdk.yaml'],
          kills: 18,
          longestMs: 1000,
          limitMs: 1000,
        }
        const [program, ...args] = [...namespace, process.execPath]
        const script = runScript(killedCommands, [JSON.stringify(options)], {node: [program, ...args]})
        return JSON.parse(await script.line('{')) as Report
      }),
    )
    expect(reports.map(({kills, left, directories}) => ({kills, left, directories}))).toEqual(
      reports.map(() => ({kills: 18, left: [], directories: []})),
    )
    // Not all of them before their first task.
    expect(reports.reduce((sum, {withChildren}) => sum + withChildren, 0)).toBeGreaterThanOrEqual(6 * 9)
    // Between any two events: what is in the journal is the beginning of a run. Some were killed before theirs was created.
    expect(homes.reduce((sum, home) => sum + expectLawfulBeginnings(home), 0)).toBeGreaterThanOrEqual(6 * 4)
  })

  it('takes a plugin with it that never looks up from its work', async () => {
    const project = new Project({
      ...sdkPlugin('p', actionSource("writeFileSync('busy', ''); for (;;);", "import {writeFileSync} from 'node:fs'")),
      'w.yaml': 'id: w\ntasks:\n  - {id: t, type: test/p.act, timeout: 1h}\n',
    })
    const running = project.start(['run', 'w.yaml'])
    await project.appears('busy', running)
    running.kill('SIGKILL')
    await running.ended
    await until(() => tagHolders(running.pid).length === 0)
  })

  it('at a second Ctrl-C takes with it what has left its group', async () => {
    const project = new Project({
      'w.yaml': `id: w\ntasks:\n${task('t', "trap '' TERM INT; setsid sh -c 'trap : TERM HUP; touch up; sleep 600; sleep 600' & while :; do sleep 1; done")}`,
    })
    const running = project.start(['run', 'w.yaml', '--progress', 'plain'])
    await project.appears('up', running)
    running.kill('SIGINT')
    await running.printed('stopping')
    running.kill('SIGINT')
    await running.ended
    await until(() => tagHolders(running.pid).length === 0)
  })

  it('leaves alone whatever it has not started', async () => {
    const project = new Project({'w.yaml': `id: w\ntasks:\n${task('t', 'touch up; sleep 600')}`})
    const killed = project.start(['run', 'w.yaml'])
    const other = project.start(['run', 'w.yaml'], {env: {NOTE: 'AUTOKESTRA_TASK_TAG=1:2:3'}})
    await project.appears('up', killed)
    await until(() => tagHolders(other.pid).length === 2 && tagHolders(killed.pid).length === 2)
    killed.kill('SIGKILL')
    await killed.ended
    await until(() => tagHolders(killed.pid).length === 0)
    expect(tagHolders(other.pid)).toHaveLength(2)
    other.kill('SIGKILL')
    await other.ended
    await until(() => tagHolders(other.pid).length === 0)
  })
})

describe('a command that ends', () => {
  it('leaves no watchdog behind, however it ends', async () => {
    const project = new Project({'w.yaml': `id: w\ntasks:\n${task('t', 'exit 3')}`})
    const running = project.start(['run', 'w.yaml'])
    await running.ended
    const watchdogs = (): string[] => commandLines().filter((line) => line.includes(`watchdog ${String(running.pid)}:`))
    await until(() => watchdogs().length === 0)
  })
})

/** Of all processes, their arguments with blanks between. */
function commandLines(): string[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      return [readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')]
    } catch {
      // It has ended in the meantime.
      return []
    }
  })
}
