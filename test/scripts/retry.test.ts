// `workflow runs retry`: which tasks of a new run keep the results of an earlier one, and why the others run.

import {rmSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import type {RetryOutlook} from '../../src/lib/app/retry/dry-retry.ts'
import type {KeptFact, TaskFinished} from '../../src/lib/engine/events.ts'
import type {Explanation} from '../../src/lib/explain/explanation.ts'
import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {haltOnce, killAt, resumed} from '../rig/interrupted-run.ts'
import {expectLawfulJournal} from '../rig/journal-laws.ts'
import {finishedRun, Project, type FinishedRun} from '../rig/project.ts'

/** Each task writes its name into `log`. */
const shell = (id: string, more: string, command: string): string =>
  `  - {id: ${id}, type: core/shell.run, ${more}inputs: {command: ${JSON.stringify(`echo ${id} >> log; ${command}`)}}}\n`

const chain = (second: string, head = ''): string =>
  `id: chain
inputs: {word: {type: string, default: none}}
${head}tasks:
${shell('one', '', 'echo 1')}${shell('two', 'needs: [one], ', second)}${shell('three', 'needs: [two], env: {X: "{{ tasks.one.output.stdout }} {{ inputs.word }}"}, ', 'echo "$X"')}${shell('side', '', 'echo s')}outputs: {all: "{{ tasks.two.output.stdout }} {{ tasks.three.output.stdout }}"}
`

async function retried(project: Project, args: readonly string[] = [], run = 'latest'): Promise<FinishedRun> {
  const ended = await project.run(['runs', 'retry', run, '--json', '--progress', 'plain', ...args])
  if (!ended.stdout.includes('"tasks"')) throw new Error(`nothing was retried:\n${ended.stdout}${ended.stderr}`)
  expectLawfulJournal(project.home)
  return finishedRun(ended)
}

/** By id: `kept`, or the reasons why a task ran. */
async function facts(project: Project, run = 'latest'): Promise<Record<string, string>> {
  const ends = (await project.events(run)).filter((event): event is TaskFinished & typeof event => event.type === 'task.finished')
  return Object.fromEntries(ends.map(({task, kept}) => [task, describeFact(kept)]))
}

function describeFact(kept: KeptFact | undefined): string {
  if (kept === undefined) return '-'
  return kept.isKept ? 'kept' : kept.reasons.join(', ').replaceAll(/\d{8}-\d{6}-[0-9a-f]{6}/g, 'RUN')
}

function logged(project: Project): string[] {
  const lines = project.read('log').trim().split('\n')
  rmSync(project.path('log'))
  return lines.sort()
}

async function latest(project: Project): Promise<RunSummary> {
  return (await project.json(['runs', 'show'])) as RunSummary
}

describe('runs retry', () => {
  it('runs what failed and what is below it with the edited file; the rest keeps its results, and is linked', async () => {
    const project = new Project({'w.yaml': chain('exit 3')})
    expect(await project.run(['run', 'w.yaml', '-q', '--keep-going', '-i', 'word=given'])).toMatchObject({exitCode: 1})
    const before = await latest(project)
    expect(logged(project)).toEqual(['one', 'side', 'two'])
    project.write({'w.yaml': chain('echo 2')})
    const {result, stderr} = await retried(project)
    expect(result).toMatchObject({status: 'succeeded', outputs: {all: '2 1 given'}})
    expect(result.run).not.toBe(before.id)
    expect(logged(project)).toEqual(['three', 'two'])
    expect(stderr).toContain(`one: succeeded in 0 ms (kept, from run ${before.id})`)
    expect(stderr).toContain(`(ran: it failed in run ${before.id})`)
    expect(await facts(project)).toEqual({one: 'kept', side: 'kept', two: 'it failed in run RUN', three: 'it was skipped in run RUN'})
    expect((await project.events())[0]).toMatchObject({type: 'run.started', retryOf: {run: before.id}})
    expect(await latest(project)).toMatchObject({retryOf: before.id})
    expect(((await project.json(['runs', 'list'])) as RunSummary[])[0]).toMatchObject({retryOf: before.id})
    const {why} = (await project.json(['explain', 'latest', 'one'])) as Explanation
    expect(why.join()).toContain(`had changed since run ${before.id}`)
    expect(((await project.json(['explain', 'latest', 'two'])) as Explanation).why.join()).toContain(`it failed in run ${before.id}`)
  })

  it('runs exactly what an edit or another input changes, and what is below; a retry of a retry knows all results', async () => {
    const project = new Project({'w.yaml': chain('echo 2')})
    await project.runJson('w.yaml')
    logged(project)
    await retried(project, ['-i', 'word=other'])
    expect(await facts(project)).toEqual({one: 'kept', two: 'kept', side: 'kept', three: 'env X changed'})
    expect(logged(project)).toEqual(['three'])
    // The input of the last run stays.
    project.write({'edited.yaml': chain('echo 22', 'env: {MODE: dev}\n').replace('env: {MODE: dev}\n', '')})
    const {result} = await retried(project, ['edited.yaml'])
    expect(result.outputs).toEqual({all: '22 1 other'})
    expect(await facts(project)).toEqual({one: 'kept', two: 'input command changed', side: 'kept', three: 'task two ran again'})
    expect(logged(project)).toEqual(['three', 'two'])
    await retried(project)
    // The file of the last run is the edited one.
    expect(await facts(project)).toEqual({one: 'kept', two: 'kept', side: 'kept', three: 'kept'})
    expect(project.has('log')).toBe(false)
    project.write({'edited.yaml': chain('echo 22', 'env: {MODE: dev}\n')})
    await retried(project)
    expect(new Set(Object.values(await facts(project)))).toEqual(
      new Set(['env MODE was added', 'task one ran again', 'task two ran again']),
    )
  })

  it('takes defaults from the file as it is now, and what was given from the run', async () => {
    const given = (fallback: string): string =>
      `id: w\nvars: {v: ${fallback}}\ninputs: {a: {type: string, default: ${fallback}}}\ntasks:\n${shell('t', 'env: {A: "{{ inputs.a }} {{ vars.v }}"}, ', 'echo $A')}outputs: {o: "{{ tasks.t.output.stdout }}"}\n`
    const project = new Project({'w.yaml': given('old')})
    await project.runJson('w.yaml', ['--var', 'v=set'])
    project.write({'w.yaml': given('new')})
    expect((await retried(project)).result.outputs).toEqual({o: 'new set'})
    expect((await retried(project, ['--var', 'v=again'])).result.outputs).toEqual({o: 'new again'})
    expect((await retried(project, ['-i', 'a=mine'])).result.outputs).toEqual({o: 'mine again'})
    project.write({'w.yaml': given('last')})
    expect((await retried(project)).result.outputs).toEqual({o: 'mine again'})
  })

  it('keeps items one by one', async () => {
    const items = (list: string): string =>
      `id: w\ntasks:\n${shell('each', `forEach: {items: ${list}, failFast: false}, env: {I: "{{ item }}"}, `, 'echo "item $I" >> log; test $I != b || test -e ok; echo "got $I"')}${shell('after', 'needs: [each], ', 'true')}outputs: {all: "{{ tasks.each.output }}"}\n`
    const project = new Project({'w.yaml': items('[a, b, c]')})
    expect((await project.runJson('w.yaml', ['--keep-going'])).exitCode).toBe(1)
    logged(project)
    project.write({ok: ''})
    const {result} = await retried(project)
    expect(JSON.stringify(result.outputs)).toContain('got c')
    expect(logged(project)).toEqual(['after', 'each', 'item b'])
    expect(await facts(project)).toEqual({
      'each[0]': 'kept',
      'each[1]': 'it failed in run RUN',
      'each[2]': 'kept',
      each: '-',
      after: 'it was skipped in run RUN',
    })
    // One item more: those that were there keep theirs, and what needs the task runs.
    project.write({'w.yaml': items('[a, b, c, d]')})
    await retried(project)
    expect(logged(project)).toEqual(['after', 'each', 'item d'])
    expect(await facts(project)).toMatchObject({'each[3]': 'it had not ended in run RUN', after: 'task each has other items'})
    await retried(project, ['--from', 'each[1]'])
    expect(logged(project)).toEqual(['after', 'each', 'item b'])
  })

  it('--from runs a task and what needs it, --only nothing else', async () => {
    const project = new Project({'w.yaml': chain('echo 2')})
    await project.runJson('w.yaml')
    logged(project)
    await retried(project, ['--from', 'two'])
    expect(await facts(project)).toEqual({one: 'kept', two: '--from', side: 'kept', three: 'task two ran again'})
    expect(logged(project)).toEqual(['three', 'two'])
    project.write({'w.yaml': chain('echo 3')})
    // What it needs keeps its result although it has changed, and what it does not need is left out.
    await retried(project, ['--only', 'three'])
    expect(await facts(project)).toEqual({one: 'kept', two: 'kept', three: '--only'})
    expect(logged(project)).toEqual(['three'])
  })

  it('refuses what it cannot do, and says what to type', async () => {
    const project = new Project({'w.yaml': chain('exit 3')})
    await project.run(['run', 'w.yaml', '-q'])
    const {id} = await latest(project)
    const fails = async (args: readonly string[], ...texts: readonly string[]): Promise<void> => {
      const {stderr, stdout} = await project.run(['runs', 'retry', ...args])
      for (const text of texts) expect(stderr).toContain(text)
      expect(stdout).toBe('')
      expect((await latest(project)).id).toBe(id)
    }
    await fails(['latest', '--from', 'twoo'], 'the workflow has no task "twoo"', 'did you mean "two"?')
    await fails(['latest', '--only', 'three'], `needs task "two", which failed in run ${id}`, 'add --only two')
    await fails(['latest', '--only', 'two', '--from', 'one'], '--only and --from cannot be used together')
    await fails(['nothing'], 'no run has the id "nothing"')
    await fails(['latest', 'none.yaml'], 'DOCUMENT_UNREADABLE')
    await project.run(['run', '-', '-q'], {input: chain('exit 4')})
    const piped = (await latest(project)).id
    expect((await project.run(['runs', 'retry', 'latest'])).stderr).toContain(`workflow runs retry ${piped} FILE`)
    expect((await retried(project, ['w.yaml'])).task('one').kept).toMatchObject({isKept: true})
  })

  it('retries a run whose command was killed, also when the retry is killed and resumed', async () => {
    const project = new Project({'w.yaml': chain(`${haltOnce('halted')}; ${haltOnce('again')}; echo 2`)})
    const first = await killAt(project, 'halted', ['run', 'w.yaml', '-j', '1'])
    const second = await killAt(project, 'again', ['runs', 'retry', 'latest', '-j', '1'])
    expect(second).not.toBe(first)
    const {result} = await resumed(project, ['--retry', 'two'])
    expect(result).toMatchObject({run: second, status: 'succeeded', outputs: {all: '2 1 none'}})
    expectLawfulJournal(project.home)
    expect(await facts(project)).toMatchObject({one: 'kept', three: 'it had not ended in run RUN'})
    expect(logged(project).filter((line) => line === 'one')).toEqual(['one'])
  })

  it('shows what would run and why, starts nothing, and says the same as the run that follows', async () => {
    const project = new Project({'w.yaml': chain('exit 3')})
    await project.run(['run', 'w.yaml', '-q', '--keep-going'])
    const {id} = await latest(project)
    logged(project)
    const outlook = (await project.json(['runs', 'retry', 'latest', '-i', 'word=x', '--dry-run'])) as RetryOutlook
    expect(outlook.tasks.map((task) => [task.id, task.state, task.reasons.join()])).toEqual([
      ['one', 'keeps', ''],
      ['two', 'runs', `it failed in run ${id}`],
      ['three', 'runs', 'task two runs again'],
      ['side', 'keeps', ''],
    ])
    expect((await latest(project)).id).toBe(id)
    expect(project.has('log')).toBe(false)
    const {stdout} = await project.run(['runs', 'retry', 'latest', '--dry-run', '--from', 'side'])
    expect(stdout).toBe(
      `retry of run ${id}\n  one    keeps its result\n  two    runs: it failed in run ${id}\n  three  runs: task two runs again\n  side   runs: --from\n`,
    )
  })

  it('copies the files that tasks have left; where they are gone, the task runs again', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks:
  - id: make
    type: core/shell.run
    files: {out: {data: 'data.txt'}}
    inputs: {command: 'echo make >> log; echo text > "$AUTOKESTRA_FILES/data.txt"'}
  - {id: read, type: core/shell.run, needs: [make], env: {F: '{{ tasks.make.files.data.path }}'}, inputs: {command: 'cat "$F"'}}
  - {id: last, type: core/shell.run, needs: [make], env: {F: '{{ tasks.make.files.data.path }}'}, inputs: {command: 'test -e ok && cat "$F"'}}
outputs: {all: '{{ tasks.last.output.stdout }}', path: '{{ tasks.make.files.data.path }}'}
`,
    })
    const first = await project.runJson('w.yaml', ['--keep-going'])
    expect(first.exitCode, JSON.stringify(first.result)).toBe(1)
    project.write({ok: ''})
    const {result} = await retried(project)
    expect(result.outputs).toMatchObject({all: 'text'})
    expect(JSON.stringify(result.outputs)).toContain(result.run)
    expect(await facts(project)).toMatchObject({make: 'kept', read: 'kept', last: 'it failed in run RUN'})
    rmSync(path.join(project.home, 'runs'), {recursive: true})
    await retried(project)
    expect(await facts(project)).toMatchObject({
      make: 'file data.txt is gone from the directory of run RUN',
      read: 'task make ran again',
      last: 'task make ran again',
    })
  })
})
