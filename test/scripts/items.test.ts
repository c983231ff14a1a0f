// Tasks with items, in the built command: results, logs, secrets, and what a killed run leaves.

import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import type {RunDetails} from '../../src/lib/engine/run-details.ts'
import {expectLawfulBeginnings} from '../rig/journal-laws.ts'
import {tagHolders, until} from '../rig/processes.ts'
import {endOf, Project} from '../rig/project.ts'

const list = Array.from({length: 12}, (_, index) => index).join(', ')
const seventhFails = `id: w
failFast: false
tasks:
  - id: score
    type: core/shell.run
    forEach: {items: [${list}], parallelism: 2, failFast: false}
    env: {N: '{{ item }}'}
    inputs: {command: 'echo "row $N"; test "$N" != 7'}
  - id: next
    needs: [score]
    if: '{{ always() }}'
    type: core/shell.run
    env: {ALL: '{{ tasks.score.items.filter(one, one.status == "failed").map(one, one.key) }} {{ tasks.score.output.size() }}'}
    inputs: {command: 'echo "$ALL"'}
`

describe('a task with forEach', () => {
  it('keeps the place of the item that failed, and the results of the others', async () => {
    const project = new Project({'w.yaml': seventhFails})
    const {exitCode, result, task, error} = await project.runJson('w.yaml')
    expect(exitCode).toBe(1)
    expect(result.counts).toEqual({succeeded: 1, failed: 1, skipped: 0, cancelled: 0})
    expect(error('score')).toMatchObject({
      code: 'ITEMS_FAILED',
      message: '1 of 12 items failed; score[7]: the process ended with exit code 1',
    })
    const items = task('score').items ?? []
    expect(items.map(({key}) => key)).toEqual(Array.from({length: 12}, (_, index) => String(index)))
    expect(items[7]).toMatchObject({id: 'score[7]', status: 'failed', error: {code: 'EXIT_CODE'}})
    expect(items.filter(({status}) => status === 'succeeded').map(({output}) => output)).toEqual(
      items.flatMap(({key}) => (key === '7' ? [] : [{exitCode: 0, stdout: `row ${key}`, stderr: ''}])),
    )
    expect(task('next').output).toMatchObject({stdout: '["7"] 12'})
  })

  it('has a log per item, and one of all; what failed is shown with the command for its log', async () => {
    const project = new Project({'w.yaml': seventhFails})
    const {stderr} = await project.run(['run', 'w.yaml', '--progress', 'quiet'])
    expect(stderr).toContain('score[7]: EXIT_CODE: the process ended with exit code 1')
    expect(stderr).toMatch(/workflow runs logs \S+ --task 'score\[7\]'/)
    const log = async (task: string): Promise<string> => (await project.run(['runs', 'logs', 'latest', '--task', task])).stdout
    expect(await log('score[3]')).toBe('row 3\n')
    expect(
      (await log('score'))
        .split('\n')
        .filter((line) => line !== '')
        .sort(),
    ).toEqual(Array.from({length: 12}, (_, index) => `score[${index}] | row ${index}`).sort())
    expect(await project.run(['runs', 'logs', 'latest', '--task', 'score[70]'])).toMatchObject({exitCode: 2})
    const details = (await project.json(['runs', 'show'])) as RunDetails
    expect(details.tasks[0]).toMatchObject({id: 'score', status: 'failed', attempts: 0})
    expect(details.tasks[0]?.items?.[7]).toMatchObject({id: 'score[7]', key: '7', status: 'failed', attempts: 1})
    expect((await project.run(['runs', 'show'])).stdout).toMatch(/score\[7\]\tfailed/)
  })

  it('is planned without being run', async () => {
    const project = new Project({'w.yaml': seventhFails})
    const {stdout} = await project.run(['run', 'w.yaml', '--dry-run'])
    expect(stdout).toContain('12 items')
  })

  it('gives each item its data, whatever it is', async () => {
    const hostile = ["'; rm -rf x", '$(touch pwned)', '`touch pwned`', 'two\nlines', '{{ run.id }}', '"', '\\']
    const project = new Project({
      'w.yaml': `id: w\nvars: {list: ${JSON.stringify(hostile)}}\ntasks:\n  - id: t\n    type: core/shell.run\n    forEach: {items: '{{ vars.list }}'}\n    env: {V: '{{ item }}'}\n    inputs: {command: 'printf %s "$V"'}\noutputs: {all: '{{ tasks.t.output.map(one, one.stdout) }}'}\n`,
    })
    const {result} = await project.runJson('w.yaml')
    expect(result.outputs).toEqual({all: hostile})
    expect(project.has('pwned')).toBe(false)
  })
})

describe('a secret', () => {
  const value = 'correct-zebra-8812'

  it('in the data of items is masked in all they show', async () => {
    const project = new Project({
      'w.yaml': `id: w
secrets: [TOKEN]
tasks:
  - {id: list, type: core/shell.run, env: {T: '{{ secrets.TOKEN }}'}, inputs: {command: 'echo "[\\"$T\\", \\"b\\"]"', parse: json}}
  - id: each
    needs: [list]
    type: core/shell.run
    forEach: {items: '{{ tasks.list.output.value }}'}
    env: {V: '{{ item }}'}
    inputs: {command: 'echo "got $V"; test "$V" = b || echo "$V" | rev'}
`,
    })
    const run = await project.runJson('w.yaml', ['--events', 'events.ndjson'], {env: {TOKEN: value}})
    expect(run.exitCode).toBe(0)
    expect(run.task('each').items?.map(({output}) => output)).toMatchObject([
      {stdout: expect.stringContaining('got ***SECRET***') as string},
      {stdout: 'got b'},
    ])
    const stored = readFileSync(path.join(project.home, 'autokestra.db')).toString('latin1')
    for (const text of [run.stdout, run.stderr, project.read('events.ndjson'), stored]) expect(text).not.toContain(value)
  })

  it('in a key fails the task before an item starts', async () => {
    const project = new Project({
      'w.yaml': `id: w
secrets: [TOKEN]
tasks:
  - {id: list, type: core/shell.run, env: {T: '{{ secrets.TOKEN }}'}, inputs: {command: 'echo "[\\"a\\", \\"$T\\"]"', parse: json}}
  - {id: each, needs: [list], type: core/shell.run, forEach: {items: '{{ tasks.list.output.value }}', key: 'k-{{ item }}'}, inputs: {command: 'touch ran'}}
`,
    })
    const run = await project.runJson('w.yaml', ['--events', 'events.ndjson'], {env: {TOKEN: value}})
    expect(run.error('each')).toMatchObject({code: 'TEMPLATE_FAILED'})
    expect(run.error('each').message).toContain('the key of item 1 contains a secret')
    expect(project.has('ran')).toBe(false)
    const stored = readFileSync(path.join(project.home, 'autokestra.db')).toString('latin1')
    for (const text of [run.stdout, run.stderr, project.read('events.ndjson'), stored]) expect(text).not.toContain(value)
  })

  it('cannot be read by forEach or matrix', async () => {
    const project = new Project({
      'w.yaml': `id: w\nsecrets: [TOKEN]\ntasks:\n  - {id: a, type: core/shell.run, forEach: {items: ['{{ secrets.TOKEN }}']}, inputs: {command: 'true'}}\n  - {id: b, type: core/shell.run, matrix: {x: ['{{ secrets.TOKEN }}']}, inputs: {command: 'true'}}\n`,
    })
    const {exitCode, stdout} = await project.run(['validate', 'w.yaml'])
    expect(exitCode).toBe(3)
    expect(stdout.match(/secret-not-allowed/g)).toHaveLength(2)
  })
})

describe('a run that ends early', () => {
  const hanging = `id: w\ntasks:\n  - {id: each, type: core/shell.run, forEach: {items: [1, 2, 3, 4], parallelism: 2}, env: {N: '{{ item }}'}, inputs: {command: 'test "$N" = 1 || { touch hangs; exec sleep 1000; }'}}\n`

  it('by kill -9 leaves a journal that says which items ran', async () => {
    const project = new Project({'w.yaml': hanging})
    const running = project.start(['run', 'w.yaml', '--progress', 'quiet'])
    await project.appears('hangs', running)
    running.kill('SIGKILL')
    await running.ended
    await until(() => tagHolders(running.pid).length === 0)
    const details = (await project.json(['runs', 'show'])) as RunDetails
    expect(details.tasks[0]).toMatchObject({id: 'each', status: 'interrupted'})
    const statuses = details.tasks[0]?.items?.map(({status}) => status)
    expect(statuses).toContain('interrupted')
    expect(statuses).toHaveLength(4)
    expect(expectLawfulBeginnings(project.home)).toBe(1)
  })

  it('by Ctrl-C stops the items that run and skips the others', async () => {
    const project = new Project({'w.yaml': hanging})
    const running = project.start(['run', 'w.yaml', '--progress', 'quiet'])
    await project.appears('hangs', running)
    running.kill('SIGINT')
    expect(await endOf(running)).toMatchObject({exitCode: 130})
    const details = (await project.json(['runs', 'show'])) as RunDetails
    expect(details.tasks[0]?.status).toBe('cancelled')
    expect(details.tasks[0]?.items?.map(({status}) => status).at(-1)).toBe('skipped')
  })
})
