// What a resumed run does with each thing that a workflow can have: all of it goes on by its own meaning.

import {describe, expect, it} from 'vitest'
import type {StateEvent} from '../../src/lib/engine/events.ts'
import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {haltOnce, killAt, resume, resumed} from '../rig/interrupted-run.ts'
import {Project, steps} from '../rig/project.ts'
import {rawDatabase} from '../rig/raw-database.ts'
import {shellWord} from '../../src/lib/ui/terminal/shell-word.ts'

/** As YAML has it in quotes. */
const command = (...lines: string[]): string => JSON.stringify(lines.join('; '))

async function stateEvents(project: Project, run?: string): Promise<StateEvent[]> {
  return (await project.events(run)).filter((event): event is StateEvent => event.type !== 'task.log')
}

describe('a run that is resumed', () => {
  it('repeats no item that has ended, and gives the others what they are made of', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks:
  - {id: list, type: core/shell.run, inputs: {command: 'echo "[\\"a\\", \\"b\\", \\"c\\"]"'}}
  - id: each
    type: core/shell.run
    needs: [list]
    forEach: {items: "{{ fromJson(tasks.list.output.stdout) }}", key: "{{ item }}", parallelism: 1}
    env: {ITEM: "{{ item }}"}
    inputs: {command: ${command('echo $ITEM >> log', `if [ $ITEM = b ]; then ${haltOnce('halted')}; fi`, 'echo "<$ITEM>"')}}
  - id: grid
    type: core/shell.run
    needs: [each]
    matrix: {n: [1, 2], of: ["{{ tasks.each.output[0].stdout }}"]}
    inputs: {command: 'echo $N'}
    env: {N: "{{ matrix.n }}{{ matrix.of }}"}
outputs: {each: "{{ tasks.each.output.map(o, o.stdout) }}", grid: "{{ tasks.grid.output.map(o, o.stdout) }}"}
`,
    })
    await killAt(project, 'halted', ['run', 'w.yaml'])
    const asked = await resume(project)
    expect(asked.stderr).toContain(`--retry ${shellWord('each[b]')} runs it again`)
    const {result} = await resumed(project, ['--retry', 'each[b]'])
    expect(result.outputs).toEqual({each: ['<a>', '<b>', '<c>'], grid: ['1<a>', '2<a>']})
    expect(project.read('log')).toBe('a\nb\nb\nc\n')
  })

  it('goes on with its hooks, which see what the run has come to', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks: [{id: a, type: core/shell.run, inputs: {command: 'echo a >> log; echo made'}}]
hooks:
  onSuccess: [{id: tell, type: core/shell.run, idempotent: true, inputs: {command: ${command('echo tell >> log', haltOnce('halted'), 'echo "$S"')}}, env: {S: "{{ run.status }} {{ outputs.made }}"}}]
  finally: [{id: clean, type: core/shell.run, inputs: {command: 'echo clean >> log'}}]
outputs: {made: "{{ tasks.a.output.stdout }}"}
`,
    })
    await killAt(project, 'halted', ['run', 'w.yaml'])
    const {result} = await resumed(project)
    expect([result.status, result.outputs]).toEqual(['succeeded', {made: 'made'}])
    expect(result.tasks.find(({id}) => id === 'tell')?.output).toMatchObject({stdout: 'succeeded made'})
    expect(project.read('log')).toBe('a\ntell\ntell\nclean\n')
  })

  it('goes on polling, and does not say again what has not changed', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks:
  - id: poll
    type: core/shell.run
    idempotent: true
    until: {if: "{{ output.stdout == 'ready' }}", every: 100ms, limit: 1h}
    inputs: {command: ${command('n=$(cat n)', 'echo $((n + 1)) > n', `if [ $n -eq 3 ]; then ${haltOnce('halted')}; fi`, 'if [ $n -gt 5 ]; then echo ready; else echo starting; fi')}}
outputs: {attempts: "{{ tasks.poll.attempts }}"}
`,
      n: '0',
    })
    await killAt(project, 'halted', ['run', 'w.yaml'])
    const {result} = await resumed(project)
    expect(result.status).toBe('succeeded')
    const said = (await stateEvents(project)).filter((event) => event.type === 'task.polled' && event.seen !== undefined)
    expect(said).toMatchObject([{seen: 'output.stdout is "starting"'}])
  })

  it('waits for an approval with the deadline that it had, and asks nothing that was answered', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks:
  - {id: first, type: core/approval.wait, inputs: {message: "First?", timeout: 1h}}
  - {id: second, type: core/approval.wait, needs: [first], inputs: {message: "Second?", timeout: 1h}}
outputs: {by: "{{ tasks.first.output.comment }} {{ tasks.second.output.comment }}"}
`,
    })
    const running = project.start(['run', 'w.yaml', '--progress', 'plain'])
    await running.printed('First?')
    expect(await project.run(['runs', 'approve', 'latest', 'first', '-m', 'one'])).toMatchObject({exitCode: 0})
    await running.printed('Second?')
    running.kill('SIGKILL')
    await running.ended
    const refused = await project.run(['runs', 'approve', 'latest', 'second'])
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('its process is gone')])
    expect(refused.stderr).toContain('workflow runs resume')
    const again = project.start(['runs', 'resume', 'latest', '--json', '--progress', 'plain'])
    await again.printed('Second?')
    expect(await project.run(['runs', 'approve', 'latest', '-m', 'two'])).toMatchObject({exitCode: 0})
    expect(JSON.parse((await again.ended).stdout)).toMatchObject({status: 'succeeded', outputs: {by: 'one two'}})
    const events = await stateEvents(project)
    const deadlines = events.flatMap((event) => (event.type === 'task.waiting' && event.task === 'second' ? [event.deadlineAt] : []))
    expect(deadlines).toHaveLength(2)
    expect(deadlines[1]).toBe(deadlines[0])
    expect(events.filter((event) => event.type === 'task.waiting' && event.task === 'first')).toHaveLength(1)
  })

  it('computes no var again, and asks no requirement again that held', async () => {
    const project = new Project({
      'w.yaml': `id: w
vars: {stamp: {command: 'echo computed >> log; date +%s%N'}}
tasks:
  - {id: a, type: core/shell.run, env: {S: "{{ vars.stamp }}"}, inputs: {command: 'echo $S'}}
  - id: b
    type: core/shell.run
    needs: [a]
    require: [{command: echo asked >> log, message: no}]
    env: {S: "{{ vars.stamp }}"}
    inputs: {command: ${command(haltOnce('halted'), 'echo $S')}}
outputs: {same: "{{ tasks.a.output.stdout == tasks.b.output.stdout }}"}
`,
    })
    await killAt(project, 'halted', ['run', 'w.yaml'])
    const {result} = await resumed(project, ['--retry', 'b'])
    expect([result.outputs, project.read('log')]).toEqual([{same: true}, 'computed\nasked\n'])
  })

  it('waits for what is left of a delay, and counts no interrupted attempt as a retry', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks:
  - {id: halt, type: core/shell.run, idempotent: true, inputs: {command: ${command('while [ ! -e tried ]; do sleep 0.05; done', haltOnce('halted'))}}}
  - {id: again, type: core/shell.run, retry: {max: 2, delay: 4s}, inputs: {command: ${command('n=$(wc -l < tries)', 'echo >> tries', 'touch tried', '[ $n -gt 0 ]')}}}
`,
      tries: '',
    })
    await killAt(project, 'halted', ['run', 'w.yaml'])
    const {result} = await resumed(project)
    expect(result.tasks.map(({status, attempts}) => [status, attempts])).toEqual([
      ['succeeded', 2],
      ['succeeded', 2],
    ])
    const events = await stateEvents(project)
    const at = (type: string, task: string, nth: number): number =>
      Date.parse(events.filter((event) => event.type === type && 'task' in event && event.task === task)[nth]?.ts ?? '')
    expect(at('task.started', 'again', 1) - at('task.retrying', 'again', 0)).toBeGreaterThanOrEqual(3990)
  })

  it('keeps the files of tasks that have ended, and gives an attempt an empty directory', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks:
  - {id: make, type: core/shell.run, files: {out: {all: "*.txt"}}, inputs: {command: 'echo made > "$AUTOKESTRA_FILES/a.txt"'}}
  - id: use
    type: core/shell.run
    needs: [make]
    env: {FILE: "{{ tasks.make.files.all[0].path }}"}
    files: {out: {own: own.txt}}
    inputs: {command: ${command('[ ! -e "$AUTOKESTRA_FILES/left" ]', 'touch "$AUTOKESTRA_FILES/left"', haltOnce('halted'), 'cat "$FILE" > "$AUTOKESTRA_FILES/own.txt"')}}
outputs: {size: "{{ tasks.use.files.own.size }}"}
`,
    })
    await killAt(project, 'halted', ['run', 'w.yaml'])
    const {result} = await resumed(project, ['--retry-interrupted'])
    expect([result.status, result.outputs]).toEqual(['succeeded', {size: 5}])
  })

  it('asks for its concurrency group again before anything starts', async () => {
    const project = new Project({
      'w.yaml': `id: w
concurrency: {group: g}
tasks: [{id: a, type: core/shell.run, idempotent: true, inputs: {command: ${command('echo w >> log', haltOnce('halted'))}}}]
`,
      'other.yaml': `id: other
concurrency: {group: g}
tasks: [{id: a, type: core/shell.run, inputs: {command: ${command('touch holds', 'while [ ! -e go ]; do sleep 0.05; done', 'echo other >> log')}}}]
`,
    })
    const run = await killAt(project, 'halted', ['run', 'w.yaml'])
    const other = project.start(['run', 'other.yaml', '--progress', 'plain'])
    await project.appears('holds', other)
    const again = project.start(['runs', 'resume', run, '--progress', 'plain'])
    await again.printed('waiting')
    project.write({go: ''})
    expect((await other.ended).exitCode).toBe(0)
    expect((await again.ended).exitCode).toBe(0)
    expect(project.read('log')).toBe('w\nother\nw\n')
  })

  it('uses results of the cache as before', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks:
  - {id: kept, type: core/shell.run, cache: {}, inputs: {command: echo kept >> log}}
  - {id: halt, type: core/shell.run, needs: [kept], idempotent: true, inputs: {command: ${command(haltOnce('halted'))}}}
  - {id: also, type: core/shell.run, needs: [halt], cache: {}, inputs: {command: echo also >> log}}
`,
    })
    await killAt(project, 'halted', ['run', 'w.yaml'])
    const {result} = await resumed(project)
    expect([result.status, result.tasks[2]?.cache?.isHit]).toEqual(['succeeded', false])
    expect((await project.runJson('w.yaml')).result.tasks.map(({cache}) => cache?.isHit)).toEqual([true, undefined, true])
  })

  it('reads its files of variables again', async () => {
    const project = new Project({
      'w.yaml': `id: w
dotenv: [.env]
tasks:
  - {id: halt, type: core/shell.run, idempotent: true, inputs: {command: ${command(haltOnce('halted'), 'echo "$FROM_FILE"')}}}
outputs: {got: "{{ tasks.halt.output.stdout }}"}
`,
      '.env': 'FROM_FILE=one\nGONE=x\n',
    })
    await killAt(project, 'halted', ['run', 'w.yaml'])
    project.write({'.env': 'FROM_FILE=two\n'})
    const {result, stderr} = await resumed(project)
    expect([result.outputs, stderr]).toEqual([{got: 'two'}, expect.stringContaining('do not have GONE any more')])
  })

  it('ends a stop that had begun', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks:
  - {id: a, type: core/shell.run, inputs: {command: ${command("trap '' TERM", 'touch begun', 'sleep 600')}}}
  - {id: b, type: core/shell.run, needs: [a], inputs: {command: echo b >> log}}
hooks: {onCancel: [{id: tidy, type: core/shell.run, inputs: {command: echo tidy >> log}}]}
`,
    })
    const running = project.start(['run', 'w.yaml', '--progress', 'plain'])
    await project.appears('begun', running)
    running.kill('SIGTERM')
    await running.printed('stopping')
    running.kill('SIGKILL')
    await running.ended
    const {result} = await resumed(project)
    expect([result.status, result.tasks.map(({status}) => status), project.read('log')]).toEqual([
      'cancelled',
      ['cancelled', 'skipped', 'succeeded'],
      'tidy\n',
    ])
  })
})

describe('a task that runs a workflow', () => {
  const files = {
    'parent.yaml': `id: parent
tasks:
  - {id: run, type: core/workflow.run, inputs: {file: child.yaml}}
  - {id: after, type: core/shell.run, needs: [run], idempotent: true, inputs: {command: ${command(haltOnce('halted-after'), 'echo after >> log')}}}
outputs: {got: "{{ tasks.run.output.got }}"}
`,
    'child.yaml': `id: child
tasks:
  - {id: one, type: core/shell.run, inputs: {command: 'echo one >> log; date +%s%N'}}
  - {id: two, type: core/shell.run, needs: [one], inputs: {command: ${command('echo two >> log', haltOnce('halted'))}}}
outputs: {got: "{{ tasks.one.output.stdout }}"}
`,
  }

  it('goes on with the run that it has made', async () => {
    const project = new Project({...files, 'halted-after': ''})
    const run = await killAt(project, 'halted', ['run', 'parent.yaml'])
    const [made] = (await project.json(['runs', 'list', '--workflow', 'child'])) as RunSummary[]
    expect(made?.status).toBe('interrupted')
    const alone = await project.run(['runs', 'resume', made?.id ?? ''])
    expect([alone.exitCode, alone.stderr]).toEqual([1, expect.stringContaining(`workflow runs resume ${run}`)])
    const asked = await resume(project)
    expect([asked.exitCode, asked.stderr]).toEqual([1, expect.stringContaining('--retry run/two runs it again')])
    const {result} = await resumed(project, ['--retry', 'run/two'])
    expect([result.status, project.read('log')]).toEqual(['succeeded', 'one\ntwo\ntwo\nafter\n'])
    expect(((await project.json(['runs', 'list', '--workflow', 'child'])) as RunSummary[]).map(({id, status}) => [id, status])).toEqual([
      [made?.id, 'succeeded'],
    ])
    expect(steps(await project.events(made?.id))).toContain('run.resumed')
  })

  it('takes the result of a run that has finished when its process died before it heard of that', async () => {
    const project = new Project({...files, halted: '', 'halted-after': ''})
    const {result: before} = await project.runJson('parent.yaml')
    project.write({log: ''})
    forgetAfter(project, before.run, 'task.child')
    const {result} = await resumed(project)
    expect([result.status, result.outputs, project.read('log')]).toEqual(['succeeded', before.outputs, 'after\n'])
  })
})

/** As if the process had died when it had written the first event of this type. */
function forgetAfter(project: Project, run: string, type: StateEvent['type']): void {
  const db = rawDatabase(project.home)
  const number = db.prepare<[string], number>('SELECT number FROM runs WHERE id = ?').pluck().get(run)
  db.prepare('DELETE FROM events WHERE run_number = ? AND seq > (SELECT min(seq) FROM events WHERE run_number = ? AND type = ?)').run(
    ...[number, number, type],
  )
  db.prepare("UPDATE runs SET status = 'running', finished_at = NULL WHERE number = ?").run(number)
  db.close()
}
