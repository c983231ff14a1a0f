import {describe, expect, it} from 'vitest'
import type {TaskFinished} from '../../../../src/lib/engine/events.ts'
import {startScriptedRun, type ScriptedRun} from '../../../rig/scripted-run.ts'

/** What became of each task and item, in the order of their ends. */
function endsOf({events}: ScriptedRun): string[] {
  return events.flatMap((event) => {
    if (event.type === 'task.finished') return [`${event.task} ${event.status}${event.isTolerated === true ? ' tolerated' : ''}`]
    return event.type === 'task.skipped' ? [`${event.task} skipped: ${event.reason}`] : []
  })
}

function endOf({events}: ScriptedRun, task: string): TaskFinished | undefined {
  return events.find((event): event is typeof event & TaskFinished => event.type === 'task.finished' && event.task === task)
}

const list = (...items: number[]): {readonly items: number[]} => ({items})

describe('a task with forEach', () => {
  it('runs once per item, each with its own inputs, environment and id', async () => {
    const run = await startScriptedRun(
      [
        {
          id: 'score',
          forEach: {items: '{{ vars.rows }}', as: 'row', key: '{{ row.id }}'},
          inputs: {text: '{{ row.id }} is {{ item.n + index }}'},
          env: {N: '{{ row.n }}'},
        },
      ],
      {
        workflow: {
          vars: {
            rows: [
              {id: 'a', n: 1},
              {id: 'b', n: 5},
            ],
          },
        },
      },
    )
    const a = await run.attempt('score[a]')
    const b = await run.attempt('score[b]')
    expect([a, b].map(({invocation: {inputs, env, context}}) => [inputs, env, context.task, context.idempotencyKey])).toEqual([
      [{text: 'a is 1'}, {N: '1'}, 'score[a]', 'run-1:score[a]'],
      [{text: 'b is 6'}, {N: '5'}, 'score[b]', 'run-1:score[b]'],
    ])
    b.succeed(2)
    a.succeed(1)
    expect(await run.finished).toMatchObject({status: 'succeeded', counts: {succeeded: 1, failed: 0, skipped: 0, cancelled: 0}})
    expect(run.events.find(({type}) => type === 'task.expanded')).toMatchObject({task: 'score', items: ['a', 'b']})
    expect(endOf(run, 'score')).toMatchObject({attempt: 0, items: {succeeded: 2, failed: 0, skipped: 0, cancelled: 0}})
    expect(endsOf(run)).toEqual(['score[b] succeeded', 'score[a] succeeded', 'score succeeded'])
  })

  it('gives its results in the order of the items, with what failed in its place', async () => {
    const run = await startScriptedRun([
      {id: 'score', forEach: {items: [10, 20, 30], failFast: false}, continueOnError: true},
      {
        id: 'next',
        needs: ['score'],
        inputs: {output: '{{ tasks.score.output }}', items: '{{ tasks.score.items }}', status: '{{ tasks.score.status }}'},
      },
    ])
    ;(await run.attempt('score[2]')).succeed('third')
    ;(await run.attempt('score[1]')).fail({message: 'no second'})
    ;(await run.attempt('score[0]')).succeed('first')
    const next = await run.attempt('next')
    expect(next.invocation.inputs).toEqual({
      output: ['first', null, 'third'],
      items: [
        {key: '0', status: 'succeeded', output: 'first', error: null},
        {key: '1', status: 'failed', output: null, error: {code: 'EXIT_CODE', message: 'no second'}},
        {key: '2', status: 'succeeded', output: 'third', error: null},
      ],
      status: 'failed',
    })
    next.succeed()
    expect(await run.finished).toMatchObject({status: 'succeeded'})
    expect(endOf(run, 'score')).toMatchObject({
      status: 'failed',
      isTolerated: true,
      error: {code: 'ITEMS_FAILED', message: '1 of 3 items failed; score[1]: no second'},
    })
  })

  it('succeeds at once when there are no items', async () => {
    const run = await startScriptedRun([
      {id: 'score', forEach: {items: []}},
      {id: 'next', needs: ['score'], inputs: {output: '{{ tasks.score.output }}'}},
    ])
    const next = await run.attempt('next')
    expect(next.invocation.inputs).toEqual({output: []})
    next.succeed()
    expect(await run.finished).toMatchObject({status: 'succeeded', counts: {succeeded: 2}})
  })

  it('runs at most `parallelism` items at a time, and leaves the other slots to others', async () => {
    const run = await startScriptedRun([{id: 'score', forEach: {...list(1, 2, 3), parallelism: 1}}, {id: 'other'}], {concurrency: 3})
    const first = await run.attempt('score[0]')
    const other = await run.attempt('other')
    expect(run.open()).toEqual(['other', 'score[0]'])
    first.succeed()
    ;(await run.attempt('score[1]')).succeed()
    ;(await run.attempt('score[2]')).succeed()
    other.succeed()
    expect(await run.finished).toMatchObject({status: 'succeeded'})
  })

  it('starts no further item after a failure, and nothing else of the run', async () => {
    const run = await startScriptedRun([{id: 'gate'}, {id: 'score', forEach: list(1, 2, 3)}, {id: 'late', needs: ['gate']}], {
      concurrency: 2,
    })
    const gate = await run.attempt('gate')
    ;(await run.attempt('score[0]')).fail()
    await new Promise((resolve) => setImmediate(resolve))
    gate.succeed()
    expect(await run.finished).toMatchObject({
      status: 'failed',
      reason: "task 'score' failed",
      counts: {succeeded: 1, failed: 1, skipped: 1},
    })
    expect(endsOf(run)).toEqual([
      'score[0] failed',
      "score[1] skipped: item 'score[0]' failed and failFast is on",
      "score[2] skipped: item 'score[0]' failed and failFast is on",
      'score failed',
      'gate succeeded',
      "late skipped: task 'score' failed and failFast is on",
    ])
  })

  it('runs all items without failFast, also when the run has it', async () => {
    const run = await startScriptedRun(
      [
        {id: 'score', forEach: {...list(1, 2, 3), failFast: false}},
        {id: 'next', needs: ['score']},
      ],
      {concurrency: 1},
    )
    ;(await run.attempt('score[0]')).fail()
    ;(await run.attempt('score[1]')).fail({message: 'second'})
    ;(await run.attempt('score[2]')).succeed()
    expect(await run.finished).toMatchObject({status: 'failed', reason: "task 'score' failed"})
    expect(endOf(run, 'score')?.error?.message).toBe('2 of 3 items failed; the first was score[0]: it failed')
  })

  it('tries each item again on its own', async () => {
    const retry = {maxAttempts: 2, backoff: 'constant', delayMs: 1, maxDelayMs: 1, jitter: false, on: ['error', 'timeout']} as const
    const run = await startScriptedRun([{id: 'score', forEach: list(1, 2), retry}])
    ;(await run.attempt('score[0]')).fail()
    ;(await run.attempt('score[1]')).succeed()
    await new Promise((resolve) => setTimeout(resolve, 20))
    ;(await run.attempt('score[0]')).succeed()
    expect(await run.finished).toMatchObject({status: 'succeeded'})
    expect(run.events.flatMap((event) => (event.type === 'task.started' ? [`${event.task} ${event.attempt}`] : []))).toEqual([
      'score[0] 1',
      'score[1] 1',
      'score[0] 2',
    ])
  })

  it('asks its condition once, before there are items', async () => {
    const run = await startScriptedRun([{id: 'score', if: '{{ vars.no }}', forEach: list(1, 2)}], {workflow: {vars: {no: false}}})
    expect(await run.finished).toMatchObject({status: 'succeeded'})
    expect(endsOf(run)).toEqual(['score skipped: its condition is false: {{ vars.no }}'])
  })

  it.each<[string, object, string]>([
    ['is no list', {items: '{{ vars.text }}'}, 'in forEach.items, scripted.yaml:7:9: items must be a list or a map, not text'],
    ['is missing', {items: '{{ vars.nothing }}'}, 'vars.nothing does not exist'],
    [
      'has equal keys',
      {items: '{{ vars.list }}', key: '{{ item.a }}'},
      'items 0 and 1 have the same key (leave "key" out to name items by their index)',
    ],
    ['is too long', {items: '{{ vars.many }}'}, '100001 items; a task has at most 100000'],
  ])('fails when its list %s', async (_what, forEach, message) => {
    const vars = {text: 'abc', list: [{a: 1}, {a: 1}], many: Array.from({length: 100_001}, () => 0)}
    const run = await startScriptedRun([{id: 'score', forEach: forEach as never}], {workflow: {vars}})
    expect(await run.finished).toMatchObject({status: 'failed'})
    expect(endOf(run, 'score')).toMatchObject({attempt: 0, error: {code: 'TEMPLATE_FAILED'}})
    expect(endOf(run, 'score')?.error?.message).toContain(message)
  })
})

describe('a stop with items', () => {
  it('cancels those that run and skips the others; the task is cancelled', async () => {
    const run = await startScriptedRun([{id: 'score', forEach: list(1, 2, 3)}], {concurrency: 1})
    await run.attempt('score[0]')
    run.loop.stop('interrupted')
    expect(await run.finished).toMatchObject({status: 'cancelled', counts: {cancelled: 1}})
    expect(endsOf(run)).toEqual([
      'score[1] skipped: the run was interrupted',
      'score[2] skipped: the run was interrupted',
      'score[0] cancelled',
      'score cancelled',
    ])
    expect(endOf(run, 'score')?.error?.message).toBe('stopped, because the run was interrupted')
  })

  it('lets the items of a clean-up task run, until it is stopped again', async () => {
    const run = await startScriptedRun([{id: 'work'}, {id: 'clean', needs: ['work'], if: '{{ always() }}', forEach: list(1, 2)}], {
      concurrency: 1,
    })
    await run.attempt('work')
    run.loop.stop('interrupted')
    ;(await run.attempt('clean[0]')).succeed()
    await run.attempt('clean[1]')
    run.loop.stop('terminated', true)
    expect(await run.finished).toMatchObject({status: 'cancelled', counts: {cancelled: 2}})
    expect(endsOf(run)).toEqual(['work cancelled', 'clean[0] succeeded', 'clean[1] cancelled', 'clean cancelled'])
  })

  it('gives up an item that waits for another attempt, in a group of its own', async () => {
    const retry = {maxAttempts: 3, backoff: 'constant', delayMs: 5, maxDelayMs: 5, jitter: false, on: ['error']} as const
    const run = await startScriptedRun([
      {id: 'score', forEach: {...list(1), parallelism: 1}, retry},
      {id: 'clean', if: '{{ cancelled() }}', needs: ['score']},
    ])
    ;(await run.attempt('score[0]')).fail()
    await new Promise((resolve) => setImmediate(resolve))
    run.loop.stop('interrupted')
    const clean = await run.attempt('clean')
    await new Promise((resolve) => setTimeout(resolve, 20))
    clean.succeed()
    expect(await run.finished).toMatchObject({status: 'cancelled'})
    expect(endsOf(run)).toEqual(['score[0] cancelled', 'score cancelled', 'clean succeeded'])
  })

  it('skips a task none of whose items has started', async () => {
    const run = await startScriptedRun([{id: 'first'}, {id: 'score', forEach: list(1, 2)}], {concurrency: 1})
    ;(await run.attempt('first')).fail()
    expect(await run.finished).toMatchObject({status: 'failed', counts: {failed: 1, skipped: 1}})
    expect(endsOf(run).at(-1)).toBe("score skipped: task 'first' failed and failFast is on")
  })
})

describe('a task with a matrix', () => {
  it('runs once per combination', async () => {
    const run = await startScriptedRun(
      [
        {
          id: 'build',
          matrix: {os: ['linux', 'mac'], node: '{{ vars.nodes }}', include: [{os: 'mac', node: 20, old: true}]},
          inputs: {text: '{{ matrix.os }}-{{ matrix.node }}-{{ matrix.old }}-{{ index }}'},
        },
      ],
      {workflow: {vars: {nodes: [20]}}},
    )
    const inputs: unknown[] = []
    for (const key of ['linux,20', 'mac,20']) {
      const attempt = await run.attempt(`build[${key}]`)
      inputs.push(attempt.invocation.inputs)
      attempt.succeed()
    }
    expect(await run.finished).toMatchObject({status: 'succeeded'})
    expect(inputs).toEqual([{text: 'linux-20-null-0'}, {text: 'mac-20-true-1'}])
  })
})
