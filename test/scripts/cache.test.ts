// Tasks with a cache, as users see them: the built command in a project of its own.

import {chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import type {CacheFact} from '../../src/lib/engine/task-result.ts'
import {Project, shellPlugin} from '../rig/project.ts'

const workflow = `id: build
vars: {release: 1}
tasks:
  - id: compile
    type: core/shell.run
    inputs: {command: 'echo ran >> count; mkdir -p dist && cat src/* > dist/all && wc -c < dist/all'}
    env: {MODE: dev}
    cache: {files: ['src/**', '!**/*.md'], key: ['{{ vars.release }}'], makes: ['dist/**']}
outputs: {bytes: '{{ tasks.compile.output.stdout }}'}
`

function open(files: Readonly<Record<string, string>> = {}): Project {
  return new Project({'w.yaml': workflow, 'src/a': 'a\n', 'src/note.md': 'x', ...files})
}

function runsOf(project: Project): number {
  return project.has('count') ? project.read('count').split('\n').length - 1 : 0
}

/** The reasons of a miss, or `hit`. */
async function ask(project: Project, args: readonly string[] = [], task = 'compile'): Promise<readonly string[] | 'hit'> {
  const run = await project.runJson('w.yaml', args)
  expect(run.result.status).toBe('succeeded')
  const cache: CacheFact | undefined = run.task(task).cache
  if (cache === undefined) throw new Error('the task has no cache')
  return cache.isHit ? 'hit' : cache.reasons
}

test('the second run starts no program, and has the output of the first', async () => {
  const project = open()
  const first = await project.runJson('w.yaml')
  expect(first.task('compile').cache).toEqual({isHit: false, reasons: ['no earlier result']})
  const second = await project.runJson('w.yaml')
  expect(second.task('compile')).toMatchObject({status: 'succeeded', cache: {isHit: true, run: first.result.run}})
  expect(second.result.outputs).toEqual({bytes: '3'})
  // The run of the program, not the last one that used its result.
  const third = await project.runJson('w.yaml')
  expect(third.task('compile').cache).toEqual({isHit: true, run: first.result.run})
  expect(runsOf(project)).toBe(1)
})

test.each<[string, readonly string[], (project: Project) => unknown]>([
  ['a file', ['file src/a changed'], (project) => project.write({'src/a': 'b\n'})],
  ['a file more', ['file src/b was added'], (project) => project.write({'src/b': 'b\n'})],
  ['a file that is excepted', [], (project) => project.write({'src/note.md': 'y'})],
  ['a value of the key', ['key 1 changed'], () => ['--var', 'release=2']],
  ['env', ['env MODE changed'], (project) => project.write({'w.yaml': workflow.replace('MODE: dev', 'MODE: prod')})],
  ['env more', ['env MORE was added'], (project) => project.write({'w.yaml': workflow.replace('MODE: dev', 'MODE: dev, MORE: x')})],
  ['an input', ['input command changed'], (project) => project.write({'w.yaml': workflow.replace('wc -c', 'wc  -c')})],
  [
    'the patterns of products',
    ['cache.makes changed'],
    (project) => project.write({'w.yaml': workflow.replace("['dist/**']", "['dist/*']")}),
  ],
  ['what does not count', [], (project) => project.write({'w.yaml': workflow.replace('type: core', 'timeout: 1m\n    type: core')})],
  ['a deleted product', ['product dist/all is missing'], (project) => rmSync(project.path('dist/all'))],
  ['a changed product', ['product dist/all changed'], (project) => project.write({'dist/all': 'x'})],
  ['a product that may be executed now', ['product dist/all changed'], (project) => chmodSync(project.path('dist/all'), 0o755)],
])('%s: %j', async (_what, reasons, change) => {
  const project = open()
  await ask(project)
  const answer = change(project)
  const args = Array.isArray(answer) ? (answer as readonly string[]) : []
  expect(await ask(project, args)).toEqual(reasons.length === 0 ? 'hit' : reasons)
  expect(await ask(project, args)).toBe('hit')
})

test('a plugin counts with its content', async () => {
  const plugin = shellPlugin('tool', 'echo 1')
  const project = new Project({...plugin, 'w.yaml': 'id: w\ntasks: [{id: compile, type: test/tool.act, cache: {}}]\n'})
  expect(await ask(project)).toEqual(['no earlier result'])
  expect(await ask(project)).toBe('hit')
  project.write(shellPlugin('tool', 'echo 2'))
  expect(await ask(project)).toEqual(['plugin test/tool changed'])
  project.write({'plugins/tool/node_modules/x/index.js': ''})
  expect(await ask(project)).toBe('hit')
})

test('variables that the workflow inherits by name count', async () => {
  const project = open({'w.yaml': workflow.replace('vars:', 'inheritEnv: ["LEVEL_*"]\nvars:')})
  const run = async (value: string): Promise<CacheFact | undefined> =>
    (await project.runJson('w.yaml', [], {env: {LEVEL_A: value, LEVEL: value}})).task('compile').cache
  await run('1')
  expect(await run('1')).toMatchObject({isHit: true})
  expect(await run('2')).toEqual({isHit: false, reasons: ['env LEVEL_A changed']})
})

test('--no-cache runs every task and keeps the results', async () => {
  const project = open()
  expect(await ask(project, ['--no-cache'])).toEqual(['--no-cache'])
  expect(await ask(project)).toBe('hit')
  expect(await ask(project, ['--no-cache'])).toEqual(['--no-cache'])
  expect(runsOf(project)).toBe(2)
})

test('patterns start in the working directory of the task, for a run and for asking', async () => {
  const project = open({'w.yaml': workflow.replace('cache:', 'workingDir: sub\n    cache:'), 'sub/src/a': 'below', 'sub/count': ''})
  expect(await ask(project)).toEqual(['no earlier result'])
  project.write({'src/a': 'above'})
  expect((await project.run(['run', 'w.yaml', '--dry-run'])).stdout).toMatch(/compile {2}hit/)
  project.write({'sub/src/a': 'changed'})
  expect((await project.run(['run', 'w.yaml', '--dry-run'])).stdout).toContain('compile  miss: file src/a changed')
  expect(await ask(project)).toEqual(['file src/a changed'])
})

test('a failed task is not kept', async () => {
  const project = new Project({
    'w.yaml': `id: w\ntasks: [{id: compile, type: core/shell.run, inputs: {command: 'test -e ok'}, cache: {}}]\n`,
  })
  const first = await project.runJson('w.yaml')
  expect(first.task('compile')).toMatchObject({status: 'failed', cache: {isHit: false, reasons: ['no earlier result']}})
  project.write({ok: ''})
  expect(await ask(project)).toEqual(['no earlier result'])
  expect(await ask(project)).toBe('hit')
})

test('a file that changed while the task ran, and a pattern that names nothing, are said', async () => {
  const project = open({'w.yaml': workflow.replace('echo ran', 'date +%N >> src/a; echo ran')})
  const run = await project.run(['run', 'w.yaml', '--progress', 'plain'])
  expect(run.stderr).toContain('warning[NOT_CACHED]: compile: its result is not kept: src/a changed while it ran')
  project.write({'w.yaml': workflow.replace("['dist/**']", "['dits/**']")})
  const mistyped = await project.run(['run', 'w.yaml', '--progress', 'plain'])
  expect(mistyped.stderr).toContain('its result is not kept: it made nothing that "dits/**" names')
})

test('an output that holds a secret is not kept, and no digest without a key is stored', async () => {
  const project = open({
    'w.yaml': `id: w\nsecrets: [PIN]\ntasks:
  - {id: compile, type: core/shell.run, inputs: {command: 'echo "it is $P"'}, env: {P: '{{ secrets.PIN }}'}, cache: {}}
  - {id: quiet, type: core/shell.run, inputs: {command: 'test -n "$P"'}, env: {P: '{{ secrets.PIN }}'}, cache: {}}\n`,
  })
  const secret = 'horse-battery-4711'
  const run = async (value: string) => await project.runJson('w.yaml', ['--events', 'events.ndjson'], {env: {PIN: value}})
  const first = await run(secret)
  expect(project.read('events.ndjson')).toContain('its result is not kept: its output contains a secret')
  expect(first.task('compile').output).toMatchObject({stdout: expect.not.stringContaining('4711') as string})
  const second = await run(secret)
  expect(second.task('compile').cache).toEqual({isHit: false, reasons: ['no earlier result']})
  expect(second.task('quiet').cache).toMatchObject({isHit: true})
  const other = await run('another-one-entirely')
  expect(other.task('quiet').cache).toEqual({isHit: false, reasons: ['env P changed']})
  const stored = readFileSync(path.join(project.home, 'autokestra.db')).toString('latin1')
  expect(stored).not.toContain('4711')
  expect(statSync(path.join(project.home, 'cache.key')).mode & 0o777).toBe(0o600)
})

test('another key finds nothing, and half a key is replaced', async () => {
  const project = open()
  await ask(project)
  writeFileSync(path.join(project.home, 'cache.key'), 'short')
  expect((await ask(project)).includes('no earlier result')).toBe(false)
  expect(await ask(project)).toBe('hit')
  expect(readFileSync(path.join(project.home, 'cache.key'))).toHaveLength(32)
})

test('a template that makes a pattern which cannot be used fails the task', async () => {
  const project = open({'w.yaml': workflow.replace("'src/**', '!**/*.md'", '"{{ vars.release }}/../**"')})
  const run = await project.runJson('w.yaml')
  expect(run.error('compile')).toMatchObject({code: 'CACHE_FAILED', message: 'the pattern "1/../**" cannot be used: it contains ".."'})
  expect(runsOf(project)).toBe(0)
})

test('validate refuses a cache where each try must really ask', async () => {
  const project = open({'w.yaml': workflow.replace('    cache:', "    until: {if: '{{ output.exitCode == 0 }}', every: 1s}\n    cache:")})
  const {stderr, stdout, exitCode} = await project.run(['validate', 'w.yaml'])
  expect(exitCode).not.toBe(0)
  expect(stdout + stderr).toContain('a task with "until" cannot have a cache: each try must really ask')
})

test('validate refuses patterns and periods that cannot be used', async () => {
  const project = open({'w.yaml': workflow.replace("makes: ['dist/**']", "makes: ['../up', '/abs', '[a'], ttl: 1y")})
  const {stderr, stdout, exitCode} = await project.run(['validate', 'w.yaml'])
  expect(exitCode).not.toBe(0)
  for (const text of [
    'the pattern "../up" cannot be used: it contains ".."',
    'the pattern "/abs" cannot be used: it is absolute',
    'the pattern "[a" cannot be used: a [ is not closed',
    '"1y" is not a duration',
    'write 90s, 12h, 7d, 2w; at most ten years',
  ])
    expect(stdout + stderr).toContain(text)
})

test('progress and runs show say what was used again, and why not', async () => {
  const project = open()
  const first = await project.run(['run', 'w.yaml', '--progress', 'plain'])
  expect(first.stderr).toMatch(/compile: succeeded in .* \(ran: no earlier result\)/)
  const second = await project.run(['run', 'w.yaml', '--progress', 'plain'])
  expect(second.stderr).toMatch(/compile: succeeded in .* \(cached, from run [0-9a-f-]+\)/)
  expect((await project.run(['runs', 'show'])).stdout).toMatch(/cached, from run [0-9a-f-]+/)
})

const chain = `id: chain
tasks:
  - {id: first, type: core/shell.run, inputs: {command: 'cat src/*'}, cache: {files: [src]}}
  - {id: second, type: core/shell.run, needs: [first], inputs: {command: 'echo "$A"'}, env: {A: '{{ tasks.first.output.stdout }}'}, cache: {}}
  - {id: always, type: core/shell.run, inputs: {command: 'true'}}
  - {id: last, type: core/shell.run, needs: [always, second], inputs: {command: 'true'}, cache: {}}
  - {id: never, type: core/shell.run, needs: [first], if: '{{ tasks.first.output.stdout == "z" }}', inputs: {command: 'true'}, cache: {}}
  - {id: sealed, type: core/shell.run, inputs: {command: 'true'}, env: {P: '{{ secrets.PIN }}'}, cache: {}}
secrets: [PIN]
`

test('--dry-run says what would run, as far as it can be known', async () => {
  const project = new Project({'w.yaml': chain, 'src/a': 'a'})
  const env = {PIN: 'horse-battery-4711'}
  const asked = async (): Promise<Record<string, unknown>> => {
    const {stdout, exitCode} = await project.run(['run', 'w.yaml', '--dry-run', '--json'], {env})
    expect(exitCode).toBe(0)
    const {tasks} = JSON.parse(stdout) as {tasks: {id: string; cache?: unknown}[]}
    return Object.fromEntries(tasks.map(({id, cache}) => [id, cache]))
  }
  const unknown = (reason: string): object => ({state: 'unknown', reason})
  const sealed = unknown('until the run reads PIN')
  expect(await asked()).toEqual({
    first: {state: 'miss', reasons: ['no earlier result']},
    second: unknown('until first has run'),
    last: unknown('until always has run'),
    never: unknown('until first has run'),
    sealed,
  })
  const {result} = await project.runJson('w.yaml', [], {env})
  const hit = {state: 'hit', run: result.run}
  const never = unknown('its condition is false: {{ tasks.first.output.stdout == "z" }}')
  expect(await asked()).toEqual({first: hit, second: hit, last: unknown('until always has run'), never, sealed})
  project.write({'src/b': 'b'})
  expect((await asked())['first']).toEqual({state: 'miss', reasons: ['file src/b was added']})
  const {stdout} = await project.run(['run', 'w.yaml', '--dry-run'], {env})
  expect(stdout).toContain('  first   miss: file src/b was added\n  second  not known: until first has run\n')
})

test('asking writes nothing', async () => {
  const project = open()
  const dryRun = async (): Promise<void> => {
    const {exitCode} = await project.run(['run', 'w.yaml', '--dry-run'])
    expect(exitCode).toBe(0)
  }
  await dryRun()
  expect(readdirSync(project.home).filter((name) => name !== 'cache')).toEqual([])
  await ask(project)
  const look = (): unknown =>
    readdirSync(project.home)
      .filter((name) => name !== 'cache')
      .map((name) => {
        const file = path.join(project.home, name)
        return [name, statSync(file).mtimeMs, readFileSync(file).toString('base64')]
      })
  const before = look()
  await dryRun()
  project.write({'src/a': 'b'})
  await dryRun()
  expect(look()).toEqual(before)
})

test('asking reads a database that another process has open, and leaves it alone', async () => {
  const project = open()
  await ask(project)
  project.write({'hold.yaml': `id: hold\ntasks: [{id: hold, type: core/shell.run, inputs: {command: 'touch held; sleep 100'}}]\n`})
  const holding = project.start(['run', 'hold.yaml'])
  await project.appears('held', holding)
  const file = path.join(project.home, 'autokestra.db')
  const before = [statSync(file).mtimeMs, readFileSync(file).toString('base64')]
  const {stdout} = await project.run(['run', 'w.yaml', '--dry-run'])
  expect(stdout).toMatch(/compile {2}hit, from run/)
  expect([statSync(file).mtimeMs, readFileSync(file).toString('base64')]).toEqual(before)
  holding.kill('SIGINT')
  await holding.ended
})
