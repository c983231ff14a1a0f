// Tasks with files and a cache, as users see them: the built command in a project of its own.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import type {CacheFact} from '../../src/lib/engine/task-result.ts'
import {Project} from '../rig/project.ts'
import {storeSecrets} from '../rig/secret-store.ts'

const clean = `id: clean
vars: {rows: [1, 2]}
tasks:
  - id: clean
    type: core/shell.run
    inputs: {command: 'echo ran >> count; cd "$AUTOKESTRA_FILES"; mkdir out; cp rows.json out/a.json; printf "#!/bin/sh" > out/b; chmod 755 out/b; echo "$AUTOKESTRA_FILES/out/b"'}
    files: {in: {rows.json: '{{ vars.rows }}'}, out: {all: 'out/*', first: out/a.json, extra: {path: none.txt, optional: true}}}
    cache: {}
  - id: use
    type: core/shell.run
    needs: [clean]
    inputs: {command: 'echo ran >> used; cat "$FIRST"', args: ['{{ tasks.clean.files.first.path }}']}
    env: {FIRST: '{{ tasks.clean.files.first.path }}', ALL: '{{ tasks.clean.files.all.map(f, f.path).join(" ") }}', NONE: '{{ tasks.clean.files.extra }}'}
    cache: {}
outputs: {files: '{{ tasks.clean.files }}', text: '{{ tasks.use.output.stdout }}', printed: '{{ tasks.clean.output.stdout }}'}
`

function open(files: Readonly<Record<string, string>> = {}): Project {
  return new Project({'w.yaml': clean, ...files})
}

type Json = Awaited<ReturnType<Project['runJson']>>

function factsOf(run: Json): Record<string, readonly string[] | 'hit'> {
  expect(run.result.status).toBe('succeeded')
  const fact = (task: string): readonly string[] | 'hit' => {
    const cache: CacheFact | undefined = run.task(task).cache
    if (cache === undefined) throw new Error('the task has no cache')
    return cache.isHit ? 'hit' : cache.reasons
  }
  return {clean: fact('clean'), use: fact('use')}
}

const keptDir = (project: Project): string => path.join(project.home, 'cache', 'files')
const contentsIn = (project: Project): string[] =>
  existsSync(keptDir(project))
    ? readdirSync(keptDir(project), {recursive: true, encoding: 'utf8'})
        .map((name) => path.join(keptDir(project), name))
        .filter((file) => statSync(file).isFile())
    : []

interface Left {
  readonly all: readonly {readonly path: string; readonly name: string}[]
  readonly first: {readonly path: string}
  readonly extra: null
}

test('a hit has the files in the directory of its own run, with their content and modes', async () => {
  const project = open()
  const first = await project.runJson('w.yaml')
  expect(factsOf(first)).toEqual({clean: ['no earlier result'], use: ['no earlier result']})
  rmSync(path.join(project.home, 'runs', first.result.run), {recursive: true})
  const second = await project.runJson('w.yaml')
  expect(factsOf(second)).toEqual({clean: 'hit', use: 'hit'})
  const directory = path.join(project.home, 'runs', second.result.run, 'clean')
  const left = second.result.outputs?.['files'] as unknown as Left
  expect(left.all.map((file) => [file.name, file.path])).toEqual([
    ['out/a.json', path.join(directory, 'out/a.json')],
    ['out/b', path.join(directory, 'out/b')],
  ])
  expect(left.extra).toBeNull()
  expect(readFileSync(left.first.path, 'utf8')).toBe('[1,2]')
  expect(statSync(path.join(directory, 'out/b')).mode & 0o777).toBe(0o700)
  // What was written before the task is not what it has left.
  expect(readdirSync(directory)).toEqual(['out'])
  // A path that the task has printed leads to the file of this run.
  expect(second.result.outputs).toMatchObject({text: '[1,2]', printed: path.join(directory, 'out/b')})
  expect([project.read('count'), project.read('used')]).toEqual(['ran\n', 'ran\n'])
})

test.each<[string, string, (text: string) => string, Record<string, unknown>]>([
  [
    'a file before it',
    'files.in rows.json changed',
    (text) => text.replace('[1, 2]', '[3]'),
    {use: ['env ALL changed', 'env FIRST changed', 'input args changed']},
  ],
  ['one file more', 'files.in more was added', (text) => text.replace('in: {', 'in: {more: x, '), {use: 'hit'}],
  ['what it leaves', 'files.out all changed', (text) => text.replace("'out/*'", "'out/**'"), {use: 'hit'}],
  [
    'what it leaves less',
    'files.out extra was removed',
    (text) => text.replace(', extra: {path: none.txt, optional: true}', '').replace(", NONE: '{{ tasks.clean.files.extra }}'", ''),
    {use: 'hit'},
  ],
])('%s: %s', async (_what, reason, change, rest) => {
  const project = open()
  await project.runJson('w.yaml')
  project.write({'w.yaml': change(clean)})
  expect((await project.run(['run', 'w.yaml', '--dry-run'])).stdout).toMatch(new RegExp(`clean +miss: ${reason}`))
  expect(factsOf(await project.runJson('w.yaml'))).toEqual({clean: [reason], ...rest})
  expect(factsOf(await project.runJson('w.yaml'))).toEqual({clean: 'hit', use: 'hit'})
})

test('asking writes nothing, and knows the tasks that read the files', async () => {
  const project = open()
  await project.runJson('w.yaml')
  const state = (): unknown => contentsIn(project).map((file) => [file, statSync(file).mtimeMs, statSync(file).atimeMs])
  const before = state()
  const {stdout} = await project.run(['run', 'w.yaml', '--dry-run'])
  expect(stdout).toMatch(/clean +hit/)
  expect(stdout).toMatch(/use +hit/)
  expect(state()).toEqual(before)
  expect(readdirSync(path.join(project.home, 'runs'))).toHaveLength(1)
})

const contentOf = (project: Project, text: string): string => {
  const found = contentsIn(project).find((file) => readFileSync(file, 'utf8') === text)
  if (found === undefined) throw new Error(`no content ${text}`)
  return found
}

test.each<[string, string, string | RegExp, (file: string) => void]>([
  ['missing', 'file out/a.json is not kept any more', /clean +miss: file out\/a.json is not kept any more/, (file) => rmSync(file)],
  ['torn', 'file out/a.json is not kept any more', /clean +miss/, (file) => truncateSync(file, 2)],
  ['another of the same size', 'the kept file out/a.json was damaged', /clean +hit/, (file) => writeFileSync(file, '[9,9]')],
  [
    'a directory in its place',
    'file out/a.json is not kept any more',
    /clean +miss/,
    (file) => {
      rmSync(file)
      mkdirSync(file)
    },
  ],
])('a content that is %s makes the task run, and is kept again', async (what, reason, outlook, damage) => {
  const project = open()
  await project.runJson('w.yaml')
  const file = contentOf(project, '[1,2]')
  damage(file)
  expect((await project.run(['run', 'w.yaml', '--dry-run'])).stdout).toMatch(outlook)
  const run = await project.runJson('w.yaml')
  expect(factsOf(run)).toEqual({clean: [reason], use: 'hit'})
  const left = run.result.outputs?.['files'] as unknown as Left
  expect(readFileSync(left.first.path, 'utf8')).toBe('[1,2]')
  if (what === 'a directory in its place') return
  expect(readFileSync(file, 'utf8')).toBe('[1,2]')
  expect(factsOf(await project.runJson('w.yaml'))).toMatchObject({clean: 'hit'})
})

test('a file that is not one of another task makes its reader run each time', async () => {
  const project = open({
    'w.yaml': clean.replace("args: ['{{ tasks.clean.files.first.path }}']", "args: ['{{ run.dir }}/clean/rows.json']"),
  })
  await project.runJson('w.yaml')
  expect(factsOf(await project.runJson('w.yaml'))).toEqual({clean: 'hit', use: ['input args changed']})
})

test('a result whose files hold a secret is not kept, and none of them', async () => {
  const secret = 'hunter2-correct-horse'
  const project = new Project({
    'w.yaml': `id: w
secrets: [TOKEN]
tasks:
  - {id: t, type: core/shell.run, inputs: {command: 'cd "$AUTOKESTRA_FILES"; printf "%s" "$T" | base64 > b64'}, env: {T: '{{ secrets.TOKEN }}'}, files: {out: {b: b64}}, cache: {}}
`,
  })
  await storeSecrets(project, {TOKEN: secret})
  for (let nth = 0; nth < 2; nth++) {
    const run = await project.runJson('w.yaml')
    expect(run.task('t').cache).toEqual({isHit: false, reasons: ['no earlier result']})
    expect(run.stderr).toContain('t: its result is not kept: the file b64 contains a secret')
  }
  expect(contentsIn(project)).toEqual([])
})

test('what is kept stays within its limit, and what is used least goes first', async () => {
  const big = (name: string): string =>
    `  - {id: ${name}, type: core/shell.run, inputs: {command: 'cd "$AUTOKESTRA_FILES"; head -c 4000 /dev/zero | tr "\\\\0" ${name} > big; echo ran'}, files: {out: {big: big}}, cache: {}}\n`
  const project = new Project({
    'w.yaml': `id: w\norder: listed\ntasks:\n${['a', 'b', 'c'].map(big).join('')}`,
    'huge.yaml': `id: huge\ntasks:\n${big('h').replace('4000', '6000')}`,
  })
  writeFileSync(path.join(project.home, 'config.yaml'), 'cache: {maxSize: 10000}\n')
  await project.runJson('w.yaml')
  const sizes = contentsIn(project).map((file) => statSync(file).size)
  expect(sizes).toEqual([4000, 4000])
  const huge = await project.runJson('huge.yaml')
  expect(huge.stderr).toContain('its result is not kept: its files have 5.9 KiB, more than 4.9 KiB, half of cache.maxSize')
  const again = await project.runJson('w.yaml')
  expect(again.task('a').cache).toEqual({isHit: false, reasons: ['file big is not kept any more']})
  expect(contentsIn(project)).toHaveLength(2)
})

test('what was not used for 90 days, and what a killed process left, goes with the next result', async () => {
  const project = open()
  await project.runJson('w.yaml')
  const old = contentOf(project, '[1,2]')
  const stale = path.join(path.dirname(old), '.x.1.tmp')
  writeFileSync(stale, '')
  const longAgo = Date.now() / 1000 - 91 * 24 * 3600
  for (const file of [old, stale]) utimesSync(file, longAgo, longAgo)
  project.write({'w.yaml': clean.replace('[1, 2]', '[3]')})
  await project.runJson('w.yaml')
  expect([existsSync(old), existsSync(stale)]).toEqual([false, false])
})

test('runs at the same time share what is kept, and each has its own files', async () => {
  const project = open()
  const runs = await Promise.all(Array.from({length: 4}, () => project.runJson('w.yaml')))
  const texts = runs.map((run) => readFileSync((run.result.outputs?.['files'] as unknown as Left).first.path, 'utf8'))
  expect(texts).toEqual(['[1,2]', '[1,2]', '[1,2]', '[1,2]'])
  expect(contentsIn(project)).toHaveLength(2)
  expect(factsOf(await project.runJson('w.yaml'))).toEqual({clean: 'hit', use: 'hit'})
})

test('items keep their files apart', async () => {
  const project = new Project({
    'w.yaml': `id: w
tasks:
  - id: t
    type: core/shell.run
    forEach: {items: [x, y]}
    inputs: {command: 'cd "$AUTOKESTRA_FILES"; cp in out', args: ['{{ item }}']}
    files: {in: {in: '{{ item }}'}, out: {out: out}}
    cache: {}
`,
  })
  await project.runJson('w.yaml')
  const run = await project.runJson('w.yaml')
  expect(run.task('t').items?.map(({cache}) => cache?.isHit)).toEqual([true, true])
  const dir = path.join(project.home, 'runs', run.result.run)
  expect(['t.0', 't.1'].map((name) => readFileSync(path.join(dir, name, 'out'), 'utf8'))).toEqual(['x', 'y'])
})

test('a home that has moved still knows them', async () => {
  const project = open()
  await project.runJson('w.yaml')
  const moved = `${project.home}-moved`
  renameSync(project.home, moved)
  const run = await project.runJson('w.yaml', [], {env: {AUTOKESTRA_HOME: moved}})
  expect(factsOf(run)).toMatchObject({clean: 'hit'})
  renameSync(moved, project.home)
})
