// Homes that are shared, full, closed, damaged, or none.

import {execFileSync} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import Sqlite from 'better-sqlite3'
import {describe, expect, it} from 'vitest'
import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {actionSource, endOf, oneTask, Project} from '../rig/project.ts'
import {processesIn} from '../rig/processes.ts'
import {nodeWithoutPrivileges} from '../rig/without-privileges.ts'
import {builtCommand} from '../rig/workflow-command.ts'

const mark = 'id: w\ntasks:\n  - {id: t, type: core/shell.run, inputs: {command: "touch started"}}\n'
const plugin = 'namespace: test\nname: p\nversion: 1.0.0\nmain: index.ts\nactions: [{name: act}]\n'
const source = actionSource('return null')
const isRoot = process.getuid?.() === 0
const unprivileged = [...nodeWithoutPrivileges, builtCommand] as const

/** `run` must end with exit code 9, the code, the words and a hint, and start nothing. */
async function expectRefusal(project: Project, code: string, words: RegExp, options: Parameters<Project['run']>[1] = {}): Promise<void> {
  const {exitCode, stdout, stderr} = await project.run(['run', 'w.yaml'], options)
  expect({exitCode, stdout}, stderr).toEqual({exitCode: 9, stdout: ''})
  expect(stderr).toMatch(new RegExp(`^error\\[${code}\\]: .+\\nhint: .+\\n$`, 'm'))
  expect(stderr).toMatch(words)
  expect(project.has('started')).toBe(false)
}

describe('several runs at once on one empty home', () => {
  it.each([2, 8])(
    '%i all finish, and none of them sees a lock',
    async (count) => {
      const tasks = ['a', 'b', 'c', 'd'].map(
        (id) => `  - {id: ${id}, type: core/shell.run, inputs: {command: 'until [ -e go ]; do sleep 0.01; done; seq 500'}}\n`,
      )
      const project = new Project({'w.yaml': `id: w\ntasks:\n${tasks.join('')}`})
      const running = Array.from({length: count}, () => project.start(['run', 'w.yaml', '--progress', 'plain']))
      await Promise.all(running.map((command) => command.printed('a: started')))
      project.write({go: ''})
      for (const command of running) {
        const {exitCode, stderr} = await endOf(command)
        expect({exitCode, isLocked: /locked|busy/i.test(stderr)}, stderr.slice(-2000)).toEqual({exitCode: 0, isLocked: false})
      }
      const runs = (await project.json(['runs', 'list'])) as RunSummary[]
      expect(runs.map(({status}) => status)).toEqual(Array.from({length: count}, () => 'succeeded'))
      expect(new Set(runs.map(({id}) => id)).size).toBe(count)
      const {stdout} = await project.run(['runs', 'logs', 'latest', '--task', 'c'])
      expect(stdout).toBe(Array.from({length: 500}, (_, n) => `${String(n + 1)}\n`).join(''))
    },
    60_000,
  )
})

describe('a current directory that was removed', () => {
  const removed = ['sh', '-c', 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"', process.execPath, builtCommand] as const

  it('keeps nobody from what needs none', async () => {
    const project = new Project({'w.yaml': mark})
    for (const args of [
      ['version'],
      ['run', project.path('w.yaml')],
      ['validate', project.path('w.yaml')],
      ['runs', 'list'],
      ['secrets', 'list'],
      ['plugin', 'list'],
    ]) {
      const {exitCode, stderr} = await project.run(args, {command: removed})
      expect({args, exitCode}, stderr).toEqual({args, exitCode: 0})
    }
    expect(project.has('started')).toBe(true)
  })

  it('is told by what needs one', async () => {
    const project = new Project({'w.yaml': mark})
    for (const args of [
      ['run', 'w.yaml'],
      ['run', '-'],
      ['validate', 'w.yaml'],
      ['init'],
      ['plugin', 'init', 'x'],
      ['plugin', 'inspect', 'core/shell', '--workflow', 'w.yaml'],
    ]) {
      const {exitCode, stdout, stderr} = await project.run(args, {command: removed})
      expect({args, exitCode}, stderr).toEqual({args, exitCode: 2})
      expect(stdout + stderr).toMatch(/the current directory was removed\nhint: change to a directory that exists/)
    }
    expect(await project.run(['runs', 'list'], {command: removed, env: {AUTOKESTRA_HOME: 'home'}})).toMatchObject({exitCode: 2})
  })
})

describe('plugins.paths with a directory that does not exist', () => {
  it('are warned about by everything that looks for plugins, also when one is then not found', async () => {
    const project = new Project({'w.yaml': mark, 'other.yaml': oneTask('test/p.act'), 'autokestra.yaml': 'plugins: {paths: [none]}\n'})
    const warning = new RegExp(
      `^warning\\[missing-plugin-path\\]: the plugin directory ${project.path('none')} does not exist\\n  --> .*autokestra.yaml:1:19$`,
      'm',
    )
    for (const [exitCode, ...args] of [
      [0, 'run', 'w.yaml'],
      [0, 'validate', 'w.yaml'],
      [0, 'plugin', 'list'],
      [5, 'run', 'other.yaml'],
      [5, 'validate', 'other.yaml'],
    ] as const) {
      const result = await project.run(args)
      expect({args, exitCode: result.exitCode}, result.stderr).toEqual({args, exitCode})
      expect(result.stdout + result.stderr).toMatch(warning)
    }
  })
})

describe('a home', () => {
  it('is made for its owner only', async () => {
    const project = new Project({'w.yaml': mark})
    const home = path.join(project.home, 'new', 'home')
    expect(await project.run(['run', 'w.yaml'], {env: {AUTOKESTRA_HOME: home}})).toMatchObject({exitCode: 0})
    expect(statSync(home).mode & 0o777).toBe(0o700)
    expect(statSync(path.join(home, 'autokestra.db')).mode & 0o777).toBe(0o600)
  })

  it('is ~/.autokestra when nothing else is said', async () => {
    const project = new Project({'w.yaml': mark})
    expect(await project.run(['run', 'w.yaml'], {env: {AUTOKESTRA_HOME: undefined}})).toMatchObject({exitCode: 0})
    expect(existsSync(path.join(project.home, '.autokestra', 'autokestra.db'))).toBe(true)
  })

  it('that nobody knows is an error of the configuration', async () => {
    const project = new Project({'w.yaml': mark})
    const {exitCode, stderr} = await project.run(['run', 'w.yaml'], {env: {AUTOKESTRA_HOME: undefined, HOME: undefined}})
    expect(exitCode).toBe(3)
    expect(stderr).toMatch(/^error\[CONFIG_INVALID\]: .*HOME.*\nhint: .*AUTOKESTRA_HOME.*\n$/)
    expect(project.has('started')).toBe(false)
    expect(await project.run(['version'], {env: {AUTOKESTRA_HOME: undefined, HOME: undefined}})).toMatchObject({exitCode: 0})
  })

  it('that is a file is refused', async () => {
    const project = new Project({'w.yaml': mark, home: 'mine'})
    await expectRefusal(project, 'STORAGE_UNREADABLE', /is not a directory/, {env: {AUTOKESTRA_HOME: project.path('home')}})
    expect(project.read('home')).toBe('mine')
  })

  // Node's mkdir never ends there.
  it('below /proc is refused, and keeps nobody from checking a workflow', async () => {
    const project = new Project({
      'w.yaml': mark,
      'plugins/p/plugin.yaml': plugin,
      'plugins/p/index.ts': source,
      'typed.yaml': oneTask('test/p.act'),
    })
    const env = {AUTOKESTRA_HOME: '/proc/nope/home'}
    await expectRefusal(project, 'STORAGE_NOT_WRITABLE', /cannot be created/, {env})
    expect(await project.run(['validate', 'w.yaml'], {env})).toMatchObject({exitCode: 0})
    expect(await project.run(['run', 'typed.yaml'], {env})).toMatchObject({exitCode: 9})
    expect(await project.run(['plugin', 'list'], {env})).toMatchObject({exitCode: 0})
  })

  it('that may not be written is refused', async () => {
    const project = new Project({'w.yaml': mark})
    const home = project.path('home')
    mkdirSync(home)
    chmodSync(home, 0o555)
    await expectRefusal(project, 'STORAGE_NOT_WRITABLE', /do not have permission to write/, {
      command: unprivileged,
      env: {AUTOKESTRA_HOME: home},
    })
    await expectRefusal(project, 'STORAGE_NOT_WRITABLE', /cannot be created|do not have permission/, {
      command: unprivileged,
      env: {AUTOKESTRA_HOME: path.join(home, 'new')},
    })
  })

  it('that may not even be entered is refused', async () => {
    const project = new Project({'w.yaml': mark})
    const home = project.path('home')
    mkdirSync(home)
    chmodSync(home, 0)
    for (const args of [
      ['run', 'w.yaml'],
      ['runs', 'list'],
      ['secrets', 'list'],
      ['plugin', 'list'],
    ]) {
      const {exitCode, stderr} = await project.run(args, {command: unprivileged, env: {AUTOKESTRA_HOME: home}})
      expect({args, exitCode}, stderr).toEqual({args, exitCode: 9})
      expect(stderr).toBe(
        `error[STORAGE_UNREADABLE]: you do not have permission to enter the home directory ${home}\nhint: chmod u+x ${home}\n`,
      )
    }
    expect(project.has('started')).toBe(false)
  })

  it('with a database of garbage is refused, and left as it is', async () => {
    const bytes = Buffer.from('this is no database, '.repeat(100))
    const project = new Project({'w.yaml': mark})
    const file = path.join(project.home, 'autokestra.db')
    writeFileSync(file, bytes)
    await expectRefusal(project, 'STORAGE_UNREADABLE', /is not a database/)
    expect(readFileSync(file).equals(bytes)).toBe(true)
    expect(await project.run(['runs', 'list'])).toMatchObject({exitCode: 9, stdout: ''})
  })

  it('with a database that is damaged in the middle is told apart from a bug', async () => {
    const project = new Project({'w.yaml': mark})
    await project.run(['run', 'w.yaml'])
    const file = path.join(project.home, 'autokestra.db')
    const bytes = readFileSync(file)
    bytes.fill(0x5a, 4096, bytes.length)
    writeFileSync(file, bytes)
    for (const args of [
      ['run', 'w.yaml'],
      ['runs', 'list'],
      ['runs', 'show'],
    ]) {
      const {exitCode, stderr} = await project.run(args)
      expect({args, exitCode}, stderr).toEqual({args, exitCode: 9})
      expect(stderr).toMatch(/^error\[STORAGE_UNREADABLE\]: /m)
    }
  })

  it.each(['runs', 'events', 'sealed_outputs', 'secret_store'])(
    'with a database that lost the table %s is told apart from a bug',
    async (table) => {
      const project = new Project({'w.yaml': mark})
      await project.run(['run', 'w.yaml'])
      const file = path.join(project.home, 'autokestra.db')
      const database = new Sqlite(file)
      database.pragma('foreign_keys = OFF')
      database.exec(`DROP TABLE ${table}`)
      database.close()
      for (const args of [
        ['run', 'w.yaml'],
        ['runs', 'list'],
        ['secrets', 'list'],
      ]) {
        const {exitCode, stderr} = await project.run(args)
        expect({args, exitCode}, stderr).toEqual({args, exitCode: 9})
        expect(stderr).toMatch(/^error\[STORAGE_UNREADABLE\]: the database .* is damaged\nhint: restore it/m)
      }
    },
  )

  it('with the database of a newer version is refused, and left as it is', async () => {
    const project = new Project({'w.yaml': mark})
    const other = new Project({'w.yaml': mark})
    await other.run(['run', 'w.yaml'])
    const database = new Sqlite(path.join(other.home, 'autokestra.db'))
    database.pragma('user_version = 1000')
    database.close()
    const file = path.join(project.home, 'autokestra.db')
    writeFileSync(file, readFileSync(path.join(other.home, 'autokestra.db')))
    const before = readFileSync(file)
    await expectRefusal(project, 'STORAGE_NEWER', /newer version/)
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(await project.run(['runs', 'list'])).toMatchObject({exitCode: 9})
  })

  it('with the database of another program is refused', async () => {
    const project = new Project({'w.yaml': mark})
    const database = new Sqlite(path.join(project.home, 'autokestra.db'))
    database.exec('CREATE TABLE mine (x)')
    database.close()
    await expectRefusal(project, 'STORAGE_UNREADABLE', /another program/)
  })

  it('with a database that is a directory, or a named pipe, is refused', async () => {
    const project = new Project({'w.yaml': mark})
    const file = path.join(project.home, 'autokestra.db')
    mkdirSync(file)
    await expectRefusal(project, 'STORAGE_UNREADABLE', /is a directory/)
    const piped = new Project({'w.yaml': mark})
    execFileSync('mkfifo', [path.join(piped.home, 'autokestra.db')])
    await expectRefusal(piped, 'STORAGE_UNREADABLE', /not a regular file/)
  })

  it('on a full disk is refused, and a run that fills it ends with a clear error', async () => {
    const project = new Project({
      'w.yaml': mark,
      'fill.yaml':
        'id: fill\ntasks:\n  - {id: t, type: core/shell.run, inputs: {command: "yes a line of text that fills the disk | head -n 200000; sleep 1000", parse: none}}\n',
      // Everything happens within one mount namespace, which takes the small disk with it when it ends.
      'small-disk.sh': `set -e
mkdir home && mount -t tmpfs -o size=3M tmpfs home
export AUTOKESTRA_HOME="$PWD/home"
try() { name=$1; shift; code=0; "$NODE" "$COMMAND" "$@" > "$name.out" 2> "$name.err" || code=$?; echo $code > "$name.code"; }
try first run w.yaml
try filling run fill.yaml --progress quiet
cat /dev/zero > home/ballast 2> /dev/null || true
export AUTOKESTRA_HOME="$PWD/home/fresh"
try fresh run w.yaml
export AUTOKESTRA_HOME="$PWD/home"
rm home/ballast
try list runs list --json
`,
    })
    const [program, ...args] = ['unshare', ...(isRoot ? [] : ['--user', '--map-root-user']), '--mount', 'sh', 'small-disk.sh'] as const
    const {exitCode, stderr} = await project.run([], {command: [program, ...args], env: {NODE: process.execPath, COMMAND: builtCommand}})
    expect(exitCode, `a small disk could not be made (this needs root, or user namespaces): ${stderr}`).toBe(0)
    const end = (name: string): readonly [code: number, stderr: string] => [
      Number(project.read(`${name}.code`)),
      project.read(`${name}.err`),
    ]

    expect(end('first')[0]).toBe(0)
    expect(end('filling')).toEqual([
      9,
      expect.stringMatching(/^error\[STORAGE_NOT_WRITABLE\]: the disk is full: .*\nhint: free some space/m),
    ])
    expect(end('fresh')).toEqual([9, expect.stringMatching(/^error\[STORAGE_NOT_WRITABLE\]: .*\nhint: .*\n$/)])
    expect(processesIn(project.dir)).toEqual([])
    // What was written before can still be read.
    expect(end('list')).toEqual([0, ''])
    const runs = JSON.parse(project.read('list.out')) as RunSummary[]
    expect(runs.map(({workflow, status}) => [workflow, status])).toEqual([
      ['fill', 'interrupted'],
      ['w', 'succeeded'],
    ])
  })
})
