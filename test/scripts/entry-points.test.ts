// What `workflow run FILE` runs, and in which order, when the file or the command line says more than `needs`.

import {describe, expect, it} from 'vitest'
import type {PlanDescription} from '../../src/lib/ui/views/plan-text.ts'
import {Project} from '../rig/project.ts'

const ok = 'type: core/shell.run, inputs: {command: "true"}'

/** Needs by task, as `--dry-run` shows them. */
async function plannedNeeds(project: Project, args: readonly string[]): Promise<Record<string, readonly string[]>> {
  const plan = (await project.json(['run', '--dry-run', ...args])) as PlanDescription
  return Object.fromEntries(plan.tasks.map(({id, needs}) => [id, needs]))
}

describe('order: listed', () => {
  const listed = `id: listed
order: listed
tasks:
  - {id: first, ${ok}}
  - {id: second, type: core/shell.run, env: {FROM: '{{ tasks.first.status }}'}, inputs: {command: 'echo "after $FROM"'}}
  - {id: beside, needs: [], ${ok}}
  - {id: after-beside, ${ok}}
  - {id: last, needs: [second, after-beside], ${ok}}
`

  it('runs tasks one after the other, and tasks above are upstream', async () => {
    const project = new Project({'w.yaml': listed})
    expect(await plannedNeeds(project, ['w.yaml'])).toEqual({
      first: [],
      second: ['first'],
      beside: [],
      'after-beside': ['beside'],
      last: ['second', 'after-beside'],
    })
    const {exitCode, result} = await project.runJson('w.yaml')
    expect({exitCode, counts: result.counts}).toEqual({exitCode: 0, counts: {succeeded: 5, failed: 0, skipped: 0, cancelled: 0}})
    const {stdout} = await project.run(['runs', 'logs', '--task', 'second'])
    expect(stdout).toContain('after succeeded')
  })

  it('stops at a failure, also with --keep-going', async () => {
    const project = new Project({
      'w.yaml': `id: w\norder: listed\ntasks:\n  - {id: a, ${ok.replace('true', 'exit 1')}}\n  - {id: b, ${ok}}\n`,
    })
    const {exitCode, task} = await project.runJson('w.yaml', ['--keep-going'])
    expect({exitCode, b: task('b')}).toMatchObject({exitCode: 1, b: {status: 'skipped', reason: "needed task 'a' failed"}})
  })

  it('explains a cycle that it is part of', async () => {
    const project = new Project({'w.yaml': `id: w\norder: listed\ntasks:\n  - {id: a, needs: [b], ${ok}}\n  - {id: b, ${ok}}\n`})
    const {exitCode, stderr} = await project.run(['validate', 'w.yaml'])
    expect(exitCode).toBe(3)
    expect(stderr).toBe('')
    const {stdout} = await project.run(['validate', 'w.yaml'])
    expect(stdout).toContain('4:21')
    expect(stdout).toContain('"b" needs "a" because of order: listed')
  })
})

describe('tasks that are asked for', () => {
  const file = `id: build
default: [pack]
tasks:
  - {id: gen, name: Generate, type: core/shell.run, inputs: {command: 'echo 1', parse: json}}
  - id: pack
    description: makes the archive
    needs: [gen]
    type: core/shell.run
    env: {N: '{{ tasks.gen.output.value ?? 0 }}', ARGS: '{{ toJson(run.args) }}'}
    inputs: {command: 'printf "%s %s" "$N" "$ARGS"'}
  - {id: test, needs: [pack], type: core/shell.run, env: {S: '{{ tasks.pack.status }}'}, inputs: {command: 'echo "$S"'}}
  - {id: lint, ${ok}}
  - {id: report, needs: [test, lint], ${ok}}
outputs:
  gen: '{{ tasks.gen.output.value }}'
  lint: {status: ['{{ tasks.lint.status }}']}
  guarded: '{{ has(tasks.lint.status) ? tasks.lint.status : "none" }}'
`
  const planned = async (args: readonly string[]): Promise<string[]> => {
    const {exitCode, stdout} = await new Project({'w.yaml': file}).run(['run', '--dry-run', '--json', 'w.yaml', ...args])
    expect(exitCode).toBe(0)
    return (JSON.parse(stdout) as PlanDescription).tasks.map(({id, needs}) => `${id}<${needs.join()}`)
  }

  it.each<[string, string[], string[]]>([
    ['none: those of `default` with their needs', [], ['gen<', 'pack<gen']],
    ['one, with its needs', ['test'], ['gen<', 'pack<gen', 'test<pack']],
    ['several', ['lint', 'pack'], ['gen<', 'pack<gen', 'lint<']],
    ['twice', ['lint', 'lint'], ['lint<']],
    ['--only, without needs', ['--only', 'pack', '--only', 'report'], ['pack<', 'report<']],
    ['--only with a list', ['--only', 'lint,report'], ['lint<', 'report<lint']],
    ['--from, with all that need it', ['--from', 'lint'], ['lint<', 'report<lint']],
    ['--from with several', ['--from=pack', '--from=lint'], ['pack<', 'test<pack', 'lint<', 'report<test,lint']],
  ])('%s', async (_title, args, expected) => {
    expect(await planned(args)).toEqual(expected)
  })

  it('are the only ones in the journal, and outputs that read others are null', async () => {
    const project = new Project({'w.yaml': file})
    const {exitCode, result, stderr} = await project.runJson('w.yaml')
    expect(exitCode).toBe(0)
    expect(result.tasks.map(({id}) => id)).toEqual(['gen', 'pack'])
    expect(result.outputs).toEqual({gen: 1, lint: null, guarded: 'none'})
    expect(stderr).toContain('warning[output-left-out]: the output "lint" will be null: the task "lint" does not run\n  --> w.yaml:16:23')
    expect(stderr.match(/output-left-out/g)).toHaveLength(1)
  })

  it('may read a task that is left out only with a default', async () => {
    const project = new Project({'w.yaml': file})
    expect((await project.runJson('w.yaml', ['--only', 'pack'])).task('pack').output).toMatchObject({stdout: '0 []'})
    const {exitCode, stderr} = await project.run(['run', 'w.yaml', '--only', 'test'])
    expect({exitCode, stderr}).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('error[task-left-out]: "test" reads the task "pack", which does not run\n  --> w.yaml:11:') as string,
    })
    expect(stderr).toContain('hint: select that task too, or give the value a default')
    // Nothing has happened.
    expect(await project.json(['runs', 'list'])).toHaveLength(1)
  })

  it('point at the file when one of them fails, though the plan has fewer tasks', async () => {
    const project = new Project({
      'w.yaml': `id: w\nvars: {list: []}\ntasks:\n  - {id: a, ${ok}}\n  - {id: b, type: core/console.log, inputs: {message: '{{ vars.list[3] }}'}}\n`,
    })
    const {error} = await project.runJson('w.yaml', ['b'])
    expect(error('b').message).toContain('w.yaml:5:')
  })

  it.each<[string, string[], string]>([
    ['unknown', ['tset'], 'the workflow has no task "tset"\nhint: did you mean "test"?'],
    ['far from known', ['--only', 'zzzzzz'], 'the workflow has no task "zzzzzz"\nhint: `workflow tasks FILE` lists its tasks'],
    ['empty', ['--from', ''], 'the workflow has no task ""'],
    ['asked for in two ways', ['test', '--only', 'lint'], 'TASK arguments, --only and --from cannot be used together'],
  ])('%s: a usage error', async (_title, args, message) => {
    const {exitCode, stderr} = await new Project({'w.yaml': file}).run(['run', 'w.yaml', ...args])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(message)
  })

  it('by default must exist', async () => {
    const {exitCode, stdout} = await new Project({'w.yaml': `id: w\ndefault: [pakc]\ntasks: [{id: pack, ${ok}}]\n`}).run([
      'validate',
      'w.yaml',
    ])
    expect(exitCode).toBe(3)
    expect(stdout).toContain('w.yaml:2:11')
    expect(stdout).toContain('did you mean "pack"?')
  })

  it('are listed', async () => {
    const project = new Project({
      'w.yaml': file,
      'all.yaml': `id: all\norder: listed\ntasks: [{id: a, ${ok}}, {id: b, type: no/such.thing}]\n`,
    })
    const {stdout} = await project.run(['tasks', 'w.yaml'])
    expect(stdout.split('\n')).toEqual([
      'gen\t\t\tGenerate',
      'pack\tdefault\tgen\tmakes the archive',
      'test\t\tpack\tcore/shell.run',
      'lint\t\t\tcore/shell.run',
      'report\t\ttest, lint\tcore/shell.run',
      '',
    ])
    expect(await project.json(['tasks', 'all.yaml'])).toEqual({
      workflow: 'all',
      file: 'all.yaml',
      hasDefault: false,
      tasks: [
        {id: 'a', type: 'core/shell.run', needs: [], isDefault: true},
        {id: 'b', type: 'no/such.thing', needs: ['a'], isDefault: true},
      ],
    })
  })

  it('are not listed of a file that is wrong', async () => {
    const project = new Project({'w.yaml': `id: w\ndefault: [x]\ntasks:\n  - {id: a, needs: [b], taip: x, ${ok}}\n`})
    const {exitCode, stderr} = await project.run(['tasks', 'w.yaml'])
    expect(exitCode).toBe(3)
    expect(stderr).toMatch(/unknown-task[^]*unknown-need[^]*unknown-property/)
  })
})

describe('arguments behind --', () => {
  const file = `id: w\ntasks:\n  - {id: t, type: core/shell.run, env: {ARGS: '{{ toJson(run.args) }}', N: '{{ size(run.args) }}'}, inputs: {command: 'printf %s "$N$ARGS"'}}\n  - {id: other, ${ok}}\n`

  it.each<[string, string[]]>([
    ['that look like flags', ['--json', '-v', '--help', '--debug', '--version', '-']],
    ['that are dashes', ['--', '--']],
    ['that are empty or have several lines', ['', 'a\nb', ' ', '\t']],
    ['that could be templates or code', ['{{ run.id }}', '$(touch pwned)', "'; rm -rf .", 'a=b', '\u{1F600}']],
    ['that are none', []],
  ])('%s arrive as they are', async (_title, args) => {
    const project = new Project({'w.yaml': file})
    const {exitCode, result, task} = await project.runJson('w.yaml', ['t', '--', ...args])
    expect(exitCode).toBe(0)
    expect(result.tasks.map(({id}) => id)).toEqual(['t'])
    expect(task('t').output).toMatchObject({stdout: `${args.length}${JSON.stringify(args)}`})
    expect(project.has('pwned')).toBe(false)
  })

  it('are none of the flags before them', async () => {
    const {exitCode, stderr} = await new Project({'w.yaml': file}).run(['run', '--var', '--', 'w.yaml'])
    expect({exitCode, stderr}).toMatchObject({exitCode: 2, stderr: expect.stringContaining('--var expects a value') as string})
    expect((await new Project({'w.yaml': file}).run(['run', '--', 'w.yaml'])).stderr).toContain('missing argument FILE')
  })
})
