// Files of tasks when the disk is full, and when the command dies while it writes them.

import {spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, readdirSync, readFileSync, statSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {Project} from '../rig/project.ts'
import {storeSecrets} from '../rig/secret-store.ts'
import {until} from '../rig/processes.ts'
import {builtCommand} from '../rig/workflow-command.ts'

/** A mount of its own: a small disk at `$0`, then the command. */
const smallDisk: readonly [string, ...string[]] = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o size=256k none "$0" && exec "$@"']
const mayMount = spawnSync('unshare', ['--mount', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0

describe('files of a task', () => {
  it.runIf(mayMount)('fail it with a sentence when the disk is full', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks:
  - {id: big, type: core/shell.run, inputs: {command: 'touch "$OLDPWD/started"'}, files: {in: {big: '{{ "0123456789".split("").map(a, "0123456789".split("").map(b, "0123456789".split("").map(c, "${'x'.repeat(1000)}"))) }}'}}}
`,
    })
    const disk = path.join(project.home, 'runs')
    mkdirSync(disk, {mode: 0o700})
    const run = await project.runJson('w.yaml', [], {command: [...smallDisk, disk, process.execPath, builtCommand]})
    expect(run.error('big')).toMatchObject({
      code: 'FILE_FAILED',
      message: 'writing the files of the task failed: the disk is full',
      retryable: true,
    })
    expect(project.has('started')).toBe(false)
  })

  it('are whole or absent when the command is killed while it writes them', async () => {
    const names = Array.from({length: 300}, (_, nth) => `f${String(nth)}`)
    const text = 'x'.repeat(20_000)
    const project = new Project({
      'w.yaml': `id: w
vars: {text: ${text}}
tasks:
  - id: t
    type: core/shell.run
    inputs: {command: sleep 600}
    files: {in: {${names.map((name) => `${name}: '{{ vars.text }}'`).join(', ')}}}
`,
    })
    const root = path.join(project.home, 'runs')
    for (let nth = 0; nth < 10; nth++) {
      const command = project.start(['run', 'w.yaml'])
      await until(() => runsIn(root).length > nth && readdirSync(path.join(root, runsIn(root).at(-1) ?? '')).length > 0)
      await new Promise((resolve) => setTimeout(resolve, nth * 3))
      command.kill('SIGKILL')
      await command.ended
    }
    const sizes = runsIn(root).flatMap((run) => {
      const directory = path.join(root, run, 't')
      // Killed before it made one.
      if (!existsSync(directory)) return []
      const written = readdirSync(directory).filter((name) => !name.startsWith('.'))
      return written.map((name) => statSync(path.join(directory, name)).size)
    })
    expect(sizes.length).toBeGreaterThan(0)
    expect(sizes.filter((size) => size !== text.length)).toEqual([])
    expect((await project.run(['run', 'w.yaml', '--timeout', '1s'])).exitCode).toBe(7)
  }, 60_000)

  it('hold no secret of a dead run when another run has used files', async () => {
    const key = 'canary-of-a-dead-run'
    const project = new Project({
      'w.yaml': `id: w
secrets: [KEY]
tasks:
  - {id: before, type: core/shell.run, inputs: {command: 'true'}, files: {in: {kept: kept}}}
  - {id: t, type: core/shell.run, needs: [before], inputs: {command: 'touch started; sleep 600'}, files: {in: {key: '{{ secrets.KEY }}'}}}
`,
      'next.yaml': 'id: next\ntasks:\n  - {id: t, type: core/shell.run, inputs: {command: "true"}, files: {in: {a: b}}}\n',
    })
    await storeSecrets(project, {KEY: key})
    const command = project.start(['run', 'w.yaml'])
    await project.appears('started', command)
    command.kill('SIGKILL')
    await command.ended
    const root = path.join(project.home, 'runs')
    const [dead = ''] = runsIn(root)
    expect(readFileSync(path.join(root, dead, 't/key'), 'utf8')).toBe(key)
    await project.runJson('next.yaml')
    expect(readdirSync(path.join(root, dead))).toEqual(['before'])
  })
})

function runsIn(root: string): string[] {
  try {
    return readdirSync(root).sort()
  } catch {
    // Not made yet.
    return []
  }
}
