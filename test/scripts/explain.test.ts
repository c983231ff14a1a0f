// `workflow explain RUN TASK` on the built command.

import {rmSync} from 'node:fs'
import path from 'node:path'
import BetterSqlite from 'better-sqlite3'
import {expect, test} from 'vitest'
import type {Explanation} from '../../src/lib/explain/explanation.ts'
import {Project} from '../rig/project.ts'
import {Terminal} from '../rig/terminal.ts'

const workflow = `id: chain
vars: {who: you, n: 2}
env: {MODE: dev}
secrets: [PIN]
timeout: 10m
failFast: false
defaults: {timeout: 5m}
tasks:
  - id: fetch
    type: core/shell.run
    retry: {max: 2, delay: 10ms}
    inputs: {command: 'exit 3'}
    env: {W: '{{ vars.who }} and {{ run.workflow }}', P: '{{ secrets.PIN }}'}
  - {id: mid, type: core/shell.run, needs: [fetch], inputs: {command: 'true'}}
  - {id: last, type: core/shell.run, needs: [mid], inputs: {command: 'true'}}
  - {id: count, type: core/shell.run, cache: {}, inputs: {command: 'echo 4'}}
  - id: use
    type: core/shell.run
    needs: [count]
    if: '{{ tasks.count.output.stdout == "4" }}'
    timeout: 2s
    inputs: {command: 'echo $X'}
    env: {X: 'it is {{ tasks.count.output.stdout }} of {{ vars.n }}'}
  - {id: never, type: core/shell.run, needs: [count], if: '{{ vars.n == 3 }}', inputs: {command: 'true'}}
  - {id: slow, type: core/time.sleep, timeout: 500ms, retry: {max: 2, on: [error]}, inputs: {duration: 9s}}
`
const secret = 'horse-battery-4711'

async function ran(): Promise<Project> {
  const project = new Project({'w.yaml': workflow})
  const {exitCode} = await project.run(['run', 'w.yaml', '-q', '--var', 'who=me'], {env: {PIN: secret}})
  expect(exitCode).toBe(1)
  return project
}

async function explain(project: Project, task: string): Promise<Explanation> {
  return (await project.json(['explain', 'latest', task])) as Explanation
}

test('a failed task: its attempts, why there was no other, where its values came from', async () => {
  const project = await ran()
  const {why, attempts, plan, ...facts} = await explain(project, 'fetch')
  expect(facts).toMatchObject({task: 'fetch', type: 'core/shell.run', status: 'failed', runStatus: 'failed', notes: []})
  expect(why).toEqual([
    'It needs no other task.',
    'It failed: EXIT_CODE: the process ended with exit code 3',
    'It was not tried again: retry.max is 2.',
  ])
  expect(attempts).toMatchObject([
    {attempt: 1, status: 'failed', waitMs: 10, error: {code: 'EXIT_CODE'}},
    {attempt: 2, status: 'failed', error: {code: 'EXIT_CODE'}},
  ])
  expect(plan).toMatchObject({secrets: ['PIN'], timeout: {from: 'defaults', attemptMs: 300_000, runMs: 600_000}})
  expect(plan?.values).toEqual([
    {name: 'input command', from: 'literal', line: 12, value: 'exit 3', reads: []},
    {
      ...{name: 'env W', from: '{{ vars.who }} and {{ run.workflow }}', line: 13, value: 'me and chain'},
      reads: [
        {path: 'vars.who', from: '--var, or the file has changed since', value: 'me'},
        {path: 'run.workflow', from: 'the run', value: 'chain'},
      ],
    },
    {
      ...{name: 'env P', from: '{{ secrets.PIN }}', line: 13},
      reads: [{path: 'secrets.PIN', from: 'a secret: its value is in no journal'}],
    },
    {name: 'env MODE', from: 'env of the workflow', value: 'dev', reads: []},
  ])
})

test('a skip leads to the task that caused it', async () => {
  const project = await ran()
  expect((await explain(project, 'last')).why).toEqual([
    "It was skipped: needed task 'mid' was skipped",
    "mid was skipped: needed task 'fetch' failed",
    'fetch failed: EXIT_CODE: the process ended with exit code 3',
  ])
  expect((await explain(project, 'never')).why).toEqual(['It was skipped: its condition is false: {{ vars.n == 3 }}'])
})

test('a condition, an output of another task, and the origin of a timeout', async () => {
  const project = await ran()
  const {why, plan} = await explain(project, 'use')
  expect(why).toEqual(['The tasks it needs had ended: count succeeded, and its condition was true: {{ tasks.count.output.stdout == "4" }}'])
  expect(plan?.timeout).toEqual({from: 'task', attemptMs: 2000, runMs: 600_000})
  expect(plan?.values.find(({name}) => name === 'env X')).toMatchObject({
    value: 'it is 4 of 2',
    reads: [
      {path: 'tasks.count.output.stdout', from: 'task count, which succeeded', value: '4'},
      {path: 'vars.n', from: 'vars, line 2', value: 2},
    ],
  })
  const slow = await explain(project, 'slow')
  expect(slow.why.at(-1)).toBe('It was not tried again: its retry is for error only.')
})

test('what the cache did', async () => {
  const project = await ran()
  const first = await explain(project, 'count')
  expect(first.why.at(-1)).toBe('Its cache had no result for it: no earlier result.')
  await project.run(['run', 'w.yaml', '-q'], {env: {PIN: secret}})
  const second = await explain(project, 'count')
  expect(second.why).toEqual([`It did not run: nothing had changed that its result depends on, so it has the result of run ${first.run}.`])
  expect(second.cache).toEqual({isHit: true, run: first.run})
})

test('a file that has changed or is gone, and a run of an earlier version: what cannot be said is said', async () => {
  const project = await ran()
  project.write({'w.yaml': `# moved\n${workflow.replace('exit 3', 'exit 4')}`})
  const [command, w] = (await explain(project, 'fetch')).plan?.values ?? []
  expect(command).toEqual({name: 'input command', from: 'literal', value: 'exit 3', reads: []})
  expect(w).toMatchObject({name: 'env W', line: 14})
  rmSync(project.path('w.yaml'))
  expect((await explain(project, 'fetch')).notes).toEqual([
    'The workflow file cannot be read any more, or came from standard input: lines are not known.',
  ])
  const db = new BetterSqlite(path.join(project.home, 'autokestra.db'))
  db.exec('UPDATE runs SET plan_number = NULL')
  db.close()
  const {plan, notes, why} = await explain(project, 'fetch')
  expect({plan, notes, why: why.slice(0, 2)}).toEqual({
    plan: undefined,
    notes: ['An earlier version made this run, and did not keep its plan: values, secrets, grants and timeouts are not known.'],
    why: ['It needs no other task.', 'It failed: EXIT_CODE: the process ended with exit code 3'],
  })
})

test('a run that died', async () => {
  const project = new Project({
    'w.yaml': `id: w\ntasks:\n  - {id: hang, type: core/shell.run, inputs: {command: 'touch hangs; sleep 100'}}\n  - {id: after, type: core/shell.run, needs: [hang], inputs: {command: 'true'}}\n`,
  })
  const running = project.start(['run', 'w.yaml'])
  await project.appears('hangs', running)
  expect(await explain(project, 'hang')).toMatchObject({status: 'running', why: ['It needs no other task.', 'It has not ended.']})
  expect((await explain(project, 'after')).why).toEqual(['It has not started: it waits for hang.'])
  running.kill('SIGKILL')
  await running.ended
  expect(await explain(project, 'hang')).toMatchObject({
    ...{status: 'interrupted', attempts: [{attempt: 1, status: 'interrupted'}]},
    why: ['It needs no other task.', 'The process of the run died while it ran.'],
  })
  expect((await explain(project, 'after')).why).toEqual(['It did not start: the process of the run died before.'])
})

test('a task or a run that is not there', async () => {
  const project = await ran()
  const task = await project.run(['explain', 'latest', 'fetsh'])
  expect(task).toMatchObject({exitCode: 2, stdout: ''})
  expect(task.stderr).toMatch(/has no task "fetsh"\nhint: did you mean "fetch"\?/)
  const run = await project.run(['explain', '1999', 'fetch'])
  expect(run.stderr).toContain('no run has the id "1999"')
})

test('no secret is in it, nor read for it', async () => {
  const project = await ran()
  const text = await project.run(['explain', 'latest', 'fetch'])
  const json = await project.run(['explain', 'latest', 'fetch', '--json'])
  expect(text.stdout + json.stdout).not.toContain('4711')
  expect(text.stdout).toContain('  env P  {{ secrets.PIN }}  line 13\n    secrets.PIN (a secret: its value is in no journal)\n')
})

test('it fits a terminal of 80 columns', async () => {
  const project = await ran()
  const terminal = new Terminal(project, ['explain', 'latest', 'fetch'], {columns: 80, rows: 50})
  const screen = await terminal.shows('(ended with 0)')
  expect(screen).toContain('  1  failed after ')
  expect(screen).toMatch(/EXIT_CODE: the process ended with exit code 3; the\n {4}next one began 10 ms later/)
})

test('a task with items, and one of them', async () => {
  const project = new Project({
    'w.yaml': `id: w
failFast: false
tasks:
  - id: score
    type: core/shell.run
    forEach: {items: [0, 1, 2], failFast: false}
    inputs: {command: 'exit $N'}
    env: {N: '{{ item }}'}
    cache: {}
`,
  })
  await project.run(['run', 'w.yaml', '-q'])
  expect((await explain(project, 'score')).why.at(-1)).toBe('It has 3 items: 1 succeeded, 2 failed; failed: score[1], score[2].')
  const item = await explain(project, 'score[2]')
  expect(item.why.slice(0, 3)).toEqual([
    'It is an item of score. It needs no other task.',
    'Its cache had no result for it: no earlier result.',
    'It failed: EXIT_CODE: the process ended with exit code 2',
  ])
  expect(item.plan?.values[1]).toMatchObject({name: 'env N', from: '{{ item }}', reads: [{path: 'item', from: 'the item'}]})
  await project.run(['run', 'w.yaml', '-q'])
  expect((await explain(project, 'score[0]')).cache).toMatchObject({isHit: true})
  expect((await explain(project, 'score[1]')).cache).toEqual({isHit: false, reasons: ['no earlier result']})
  const {stderr} = await project.run(['explain', 'latest', 'score[3]'])
  expect(stderr).toContain('did you mean "score[')
})
