// Files of tasks: what is written before them, what they leave, who sees it, and how long it is kept.

import {existsSync, readdirSync, utimesSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {expectNoLeaks} from '../rig/canary.ts'
import {parseEvents, Project} from '../rig/project.ts'
import {storeSecrets} from '../rig/secret-store.ts'

const clean = `
  - id: clean
    type: core/shell.run
    files:
      in: {raw.json: {rows: [1, 2], by: '{{ run.workflow }}'}, 'deep/note.txt': "{{ vars.note }}"}
      out: {all: 'out/*.csv', one: out/b.csv}
    inputs:
      command: 'cd "$AUTOKESTRA_FILES"; test ! -e out; mkdir out; cp deep/note.txt out/a.csv; cp raw.json out/b.csv; pwd'
`
const awkward = `'; touch /tmp/never; $(touch never) \n"`

describe('the files of a task', () => {
  it('are there before it starts, and known to the tasks after it', async () => {
    const project = new Project({
      'w.yaml': `id: w
vars: {note: ${JSON.stringify(awkward)}}
tasks:${clean}
  - id: read
    type: core/shell.run
    needs: [clean]
    env: {FILE: '{{ tasks.clean.files.all[0].path }}', HASH: '{{ tasks.clean.files.one.sha256 }}', DIR: '{{ run.dir }}'}
    inputs: {command: 'cat "$FILE"; test -d "$DIR/clean"; echo "$HASH" > hash; sha256sum "$DIR/clean/out/b.csv" | cut -d" " -f1 | diff - hash'}
outputs: {names: '{{ tasks.clean.files.all.map(f, f.name) }}', size: '{{ tasks.clean.files.one.size }}'}
`,
    })
    const run = await project.runJson('w.yaml', ['--events', 'events'])
    expect(run.exitCode, run.stderr).toBe(0)
    expect(run.task('read').output).toMatchObject({stdout: awkward})
    expect(run.result.outputs).toEqual({names: ['out/a.csv', 'out/b.csv'], size: '{"rows":[1,2],"by":"w"}'.length})
    const directory = path.join(project.home, 'runs', run.result.run, 'clean')
    expect(run.task('clean').files).toMatchObject({
      all: [{path: path.join(directory, 'out/a.csv')}, {name: 'out/b.csv'}],
      one: {name: 'out/b.csv'},
    })
    const end = parseEvents(project.read('events')).find((event) => event.type === 'task.finished' && event.task === 'clean')
    expect(end).toMatchObject({files: run.task('clean').files})
  })

  it('cost nothing where there are none', async () => {
    const project = new Project({
      'w.yaml': 'id: w\ntasks:\n  - {id: t, type: core/shell.run, inputs: {command: "echo ${AUTOKESTRA_FILES-unset}"}}\n',
    })
    const run = await project.runJson('w.yaml')
    expect(run.task('t').output).toMatchObject({stdout: 'unset'})
    expect(existsSync(path.join(project.home, 'runs'))).toBe(false)
  })

  it('are new for each attempt', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks:
  - id: t
    type: core/shell.run
    retry: {max: 2, delay: 1ms}
    files: {in: {n: original}, out: {n: 'n*'}}
    inputs: {command: 'cd "$AUTOKESTRA_FILES"; cat n; echo changed > n; touch n2; test -e "$OLDPWD/again" || { touch "$OLDPWD/again"; exit 1; }; rm n2'}
`,
    })
    const run = await project.runJson('w.yaml')
    expect(run.task('t')).toMatchObject({
      status: 'succeeded',
      attempts: 2,
      output: {stdout: 'original'},
      files: {n: [{name: 'n', size: 8}]},
    })
  })

  it('fail it when one is missing, and say which', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks:
  - {id: t, type: core/shell.run, inputs: {command: 'true'}, files: {out: {pdf: report.pdf, maybe: {path: '*.log', optional: true}}}}
`,
    })
    const run = await project.runJson('w.yaml')
    expect([run.exitCode, run.error('t').code]).toEqual([1, 'FILES_MISSING'])
    expect(run.error('t').message).toContain('"report.pdf" (files.out.pdf)')
  })

  it('are checked with the workflow', async () => {
    const project = new Project({
      'w.yaml': `id: w
secrets: [KEY]
tasks:
  - id: a
    type: core/shell.run
    inputs: {command: 'true'}
    files:
      in: {/etc/x: 1, ../x: 1, a//b: 1, '': 1, "n\\0": 1, d: 1, d/e: 1, '{{ run.id }}': 1, ok: '{{ secrets.KEY }}', bad: '{{ vars.none }}'}
      out: {up: ../x, abs: /x, open: '[a', tpl: '{{ run.id }}.csv', '1x': y, fine: '*'}
  - {id: b, type: core/console.log, needs: [a], inputs: {message: '{{ tasks.a.files.fin }} {{ run.dirs }} {{ tasks.a.files.fine[0].path }}'}}
`,
    })
    const {exitCode, stdout} = await project.run(['validate', 'w.yaml', '--format', 'json'])
    expect(exitCode).toBe(3)
    const [{diagnostics}] = JSON.parse(stdout) as [{diagnostics: {code: string; message: string; hint?: string}[]}]
    expect(diagnostics.map(({message, hint}) => [message, hint].join(' | '))).toMatchInlineSnapshot(`
      [
        ""/etc/x" is not a name for a file: it is absolute | write a relative path, such as data/rows.json",
        ""../x" is not a name for a file: it contains ".." | write a relative path, such as data/rows.json",
        ""a//b" is not a name for a file: it contains an empty name or "." | write a relative path, such as data/rows.json",
        """ is not a name for a file: it is empty | write a relative path, such as data/rows.json",
        ""n\\u0000" is not a name for a file: it contains a NUL byte | write a relative path, such as data/rows.json",
        ""d" cannot be a file and the directory of "d/e" | ",
        ""{{ run.id }}" is not a name for a file: templates are not evaluated in names | write a relative path, such as data/rows.json",
        "vars has no "none" | ",
        ""../x" is not a path or a pattern: it contains ".." | paths are relative to the directory of the files of the task, such as out/*.csv",
        ""/x" is not a path or a pattern: it is absolute | paths are relative to the directory of the files of the task, such as out/*.csv",
        ""[a" is not a path or a pattern: a [ is not closed | paths are relative to the directory of the files of the task, such as out/*.csv",
        "templates are not evaluated in the paths of "out" | use a pattern, such as out/*.csv",
        ""1x" is not a valid name for files | letters, digits, - and _, starting with a letter",
        "tasks.a.files has no "fin" | did you mean "fine"?",
        "run has no "dirs" | did you mean "dir"?",
      ]
    `)
  })
})

describe('a secret in a file', () => {
  it('is there for its task, and gone afterwards with all that could show it', async () => {
    const key = 'canary-in-a-file-7a1c'
    const project = new Project({
      'w.yaml': `id: w
secrets: [KEY]
tasks:
  - id: use
    type: core/shell.run
    files: {in: {'conf/key.txt': 'token={{ secrets.KEY }}', plain.txt: plain}, out: {named: 'out/*', plain: plain.txt}}
    inputs: {command: 'cd "$AUTOKESTRA_FILES"; cat conf/key.txt; mkdir out; touch "out/$(cut -d= -f2 conf/key.txt)"'}
  - {id: next, type: core/shell.run, needs: [use], files: {in: {again: '{{ tasks.use.output.stdout }}'}}, inputs: {command: 'wc -c < "$AUTOKESTRA_FILES/again"'}}
  - {id: fails, type: core/shell.run, needs: [use], continueOnError: true, files: {in: {key: '{{ secrets.KEY }}'}}, inputs: {command: 'cat "$AUTOKESTRA_FILES/key"; exit 3'}}
`,
    })
    await storeSecrets(project, {KEY: key})
    const run = await project.runJson('w.yaml', ['--events', 'events'])
    expect(run.exitCode, run.stderr).toBe(0)
    expect(run.task('next').output).toMatchObject({stdout: String(`token=${key}`.length)})
    expect(run.task('use').files).toMatchObject({named: [{name: 'out/***SECRET***'}]})
    const directory = path.join(project.home, 'runs', run.result.run)
    expect(readdirSync(directory).sort()).toEqual(['fails', 'next', 'use'])
    expect(readdirSync(path.join(directory, 'use')).sort()).toEqual(['conf', 'out', 'plain.txt'])
    // The name is the doing of the task itself.
    expect(readdirSync(path.join(directory, 'use/out'))).toEqual([key])
    const shown = await Promise.all(
      [['show'], ['show', '--json'], ['show', '--events'], ['logs']].map((args) => project.run(['runs', ...args])),
    )
    expectNoLeaks({KEY: key}, project.home, {
      stdout: run.stdout,
      stderr: run.stderr,
      events: project.read('events'),
      shown: shown.map(({stdout, stderr}) => stdout + stderr).join(''),
    })
  })

  it('never follows a directory that the task has replaced with a link', async () => {
    const project = new Project({
      'w.yaml': `id: w
secrets: [KEY]
tasks:
  - id: t
    type: core/shell.run
    env: {MINE: '{{ run.dir }}'}
    files: {in: {'conf/key': '{{ secrets.KEY }}'}}
    inputs: {command: 'mkdir mine; echo precious > mine/key; rm -r "$AUTOKESTRA_FILES/conf"; ln -s "$PWD/mine" "$AUTOKESTRA_FILES/conf"'}
`,
    })
    await storeSecrets(project, {KEY: 'canary-behind-a-link'})
    expect((await project.runJson('w.yaml')).exitCode).toBe(0)
    expect(project.read('mine/key')).toBe('precious\n')
  })
})

describe('files of runs', () => {
  const workflow = `id: w
tasks:
  - {id: t, type: core/shell.run, inputs: {command: 'exit "$CODE"'}, env: {CODE: '{{ vars.code }}'}, files: {in: {a: b}}}
vars: {code: 0}
`
  const runsOf = (project: Project): string[] => readdirSync(path.join(project.home, 'runs')).sort()

  it('are kept as long as the configuration says', async () => {
    const project = new Project({'w.yaml': workflow, 'autokestra.yaml': 'runs: {keepFiles: 2d}\n'})
    const first = await project.runJson('w.yaml')
    const second = await project.runJson('w.yaml')
    expect(runsOf(project)).toEqual([first.result.run, second.result.run].sort())
    const old = new Date(Date.now() - 3 * 24 * 3_600_000)
    utimesSync(path.join(project.home, 'runs', first.result.run), old, old)
    const third = await project.runJson('w.yaml')
    expect(runsOf(project)).toEqual([second.result.run, third.result.run].sort())
  })

  it('are gone at once with 0, unless the run has failed', async () => {
    const project = new Project({'w.yaml': workflow, 'autokestra.yaml': 'runs: {keepFiles: 0}\n'})
    await project.runJson('w.yaml')
    const failed = await project.runJson('w.yaml', ['--var', 'code=3'])
    expect(runsOf(project)).toEqual([failed.result.run])
  })

  it.each(['soon', '-1s', '1y'])('are not kept for %s', async (text) => {
    const project = new Project({'w.yaml': workflow, 'autokestra.yaml': `runs: {keepFiles: ${text}}\n`})
    const {exitCode, stderr} = await project.run(['run', 'w.yaml'])
    expect(exitCode).toBe(3)
    expect(stderr).toContain(`keepFiles is not a duration: ${text}`)
  })
})

describe('the files of a task with items', () => {
  const workflow = (fail: string, read: string): string => `id: w
tasks:
  - id: score
    type: core/shell.run
    forEach: {items: [b, a], key: '{{ item }}', failFast: false, parallelism: 2}
    continueOnError: true
    env: {NAME: '{{ item }}'}
    inputs: {command: 'cd "$AUTOKESTRA_FILES"; test "$NAME" != ${fail}; echo "$NAME" > "$NAME.csv"; echo note > n'}
    files: {out: {csv: '*.csv', note: n}}
  - {id: sum, type: core/shell.run, needs: [score], inputs: {command: 'cat "$@"', args: '{{ ${read} }}'}}
outputs:
  names: '{{ tasks.score.files.map(one, one == null ? "none" : one.csv[0].name) }}'
  items: '{{ tasks.score.items.map(one, one.files == null ? one.status : one.files.note.name) }}'
`

  it('are a list in the order of the items', async () => {
    const project = new Project({'w.yaml': workflow('c', 'tasks.score.files.map(one, one.csv[0].path)')})
    const run = await project.runJson('w.yaml')
    expect(run.result.outputs).toEqual({names: ['b.csv', 'a.csv'], items: ['n', 'n']})
    expect(run.task('sum').output).toMatchObject({stdout: 'b\na'})
  })

  it('are null for an item that failed', async () => {
    const project = new Project({'w.yaml': workflow('b', 'tasks.score.files.filter(one, one != null).map(one, one.csv[0].path)')})
    const run = await project.runJson('w.yaml')
    expect(run.result.outputs).toEqual({names: ['none', 'a.csv'], items: ['failed', 'n']})
    expect(run.task('sum').output).toMatchObject({stdout: 'a'})
  })

  it.each([
    ['tasks.score.files.csv', 'tasks.score.files is a list and has no "csv"', 'write tasks.score.files[0].csv for the first'],
    ['tasks.score.files[0].cvs', 'tasks.score.files[0] has no "cvs"', 'did you mean "csv"?'],
    ['tasks.score.items[0].files.cvs', 'tasks.score.items[0].files has no "cvs"', 'did you mean "csv"?'],
  ])('are checked before the run: %s', async (read, message, hint) => {
    const project = new Project({'w.yaml': workflow('c', read)})
    const {exitCode, stdout, stderr} = await project.run(['validate', 'w.yaml'])
    expect(exitCode).toBe(3)
    expect(stdout + stderr).toContain(message)
    expect(stdout + stderr).toContain(hint)
  })

  it('are an empty list when there are no items', async () => {
    const text = workflow('c', 'tasks.score.files.map(one, one.csv[0].path)').replace('items: [b, a]', 'items: []')
    const run = await new Project({'w.yaml': text}).runJson('w.yaml')
    expect(run.result.outputs).toEqual({names: [], items: []})
  })
})
