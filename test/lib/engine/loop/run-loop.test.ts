import {describe, expect, it, onTestFinished, vi} from 'vitest'
import type {RunEvent} from '../../../../src/lib/engine/events.ts'
import {startScriptedRun, type ScriptedRun} from '../../../rig/scripted-run.ts'

const short = (events: readonly RunEvent[]): string[] =>
  events.map((event) => ('task' in event ? `${event.type} ${event.task}` : event.type))
const ends = (events: readonly RunEvent[]): Record<string, string> =>
  Object.fromEntries(
    events.flatMap((event) =>
      event.type === 'task.finished'
        ? [[event.task, event.status]]
        : event.type === 'task.skipped'
          ? [[event.task, `skipped: ${event.reason}`]]
          : [],
    ),
  )

/** Once more, at once. */
const again = {maxAttempts: 2, backoff: 'constant', delayMs: 1, maxDelayMs: 1, jitter: false, on: ['error']} as const
/** A result becomes an event in a later turn. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The system has no room for the task's process. */
async function refuse(run: ScriptedRun, task: string): Promise<void> {
  ;(await run.attempt(task)).fail({code: 'SPAWN_FAILED', message: 'no room'})
  await nextTurn()
}

describe('RunLoop', () => {
  it('runs tasks in the order of their needs and hands outputs on with their types', async () => {
    const run = await startScriptedRun(
      [
        {id: 'a', inputs: {n: '{{ vars.n }}'}},
        {
          id: 'b',
          needs: ['a'],
          inputs: {rows: '{{ tasks.a.output.rows }}', text: 'got {{ tasks.a.output.rows }}'},
          env: {FROM: '{{ tasks.a.status }}'},
        },
      ],
      {workflow: {vars: {n: 2}, outputs: {last: '{{ tasks.b.output }}'}}},
    )
    const a = await run.attempt('a')
    expect(run.open()).toEqual(['a'])
    expect(a.invocation.inputs).toEqual({n: 2})
    a.succeed({rows: [1, 2]})
    const b = await run.attempt('b')
    expect(b.invocation.inputs).toEqual({rows: [1, 2], text: 'got [1,2]'})
    expect(b.invocation.env).toEqual({FROM: 'succeeded'})
    b.succeed('done')
    expect(await run.finished).toMatchObject({
      status: 'succeeded',
      outputs: {last: 'done'},
      counts: {succeeded: 2, failed: 0, skipped: 0, cancelled: 0},
    })
    expect(short(run.events)).toEqual([
      'run.started',
      'task.started a',
      'task.finished a',
      'task.started b',
      'task.finished b',
      'run.finished',
    ])
  })

  it('never runs more tasks at a time than there are slots, and keeps the order of the file', async () => {
    const run = await startScriptedRun([{id: 'a'}, {id: 'b'}, {id: 'c'}, {id: 'd'}], {concurrency: 2})
    await run.attempt('b')
    expect(run.open()).toEqual(['a', 'b'])
    ;(await run.attempt('b')).succeed()
    await run.attempt('c')
    expect(run.open()).toEqual(['a', 'c'])
    for (const id of ['a', 'c', 'd']) (await run.attempt(id)).succeed()
    await run.finished
  })

  it('numbers events without gaps, and shows none before it is journalled', async () => {
    const run = await startScriptedRun([{id: 'a'}, {id: 'b', needs: ['a']}])
    const a = await run.attempt('a')
    a.log('one')
    a.log('two')
    a.succeed()
    ;(await run.attempt('b')).succeed()
    await run.finished
    const numbers = run.events.map((event) => (event.type === 'task.log' ? `line ${event.line}` : event.seq))
    expect(numbers).toEqual([1, 2, 'line 1', 'line 2', 3, 4, 5, 6])
    for (const number of numbers) expect(run.order.indexOf(`journal:${number}`)).toBeLessThan(run.order.indexOf(`report:${number}`))
  })

  it('has journalled the start of a task before its process exists', async () => {
    const journalled: string[] = []
    const run = await startScriptedRun([{id: 'a'}], {onAppend: (events) => journalled.push(...short(events))})
    expect(run.open()).toEqual(['a'])
    expect(journalled).toEqual(['run.started', 'task.started a'])
    ;(await run.attempt('a')).succeed()
    await run.finished
  })

  it('tries again as the policy says, and frees the slot while it waits', async () => {
    const policy = {maxAttempts: 3, backoff: 'constant', delayMs: 20, maxDelayMs: 20, jitter: false, on: ['error']} as const
    const run = await startScriptedRun([{id: 'a', retry: policy}, {id: 'b'}], {concurrency: 1})
    ;(await run.attempt('a')).fail()
    ;(await run.attempt('b')).succeed()
    const second = await run.attempt('a')
    expect(second.invocation.context).toMatchObject({attempt: 2, idempotencyKey: 'run-1:a'})
    second.succeed('at last')
    expect(await run.finished).toMatchObject({status: 'succeeded'})
    expect(short(run.events).filter((text) => text.endsWith(' a'))).toEqual([
      'task.started a',
      'task.retrying a',
      'task.started a',
      'task.finished a',
    ])
  })

  // `decide` gave up b and c while the commands that start them still lay in the queue.
  it('ends a task once whose condition is asked after another one could not be evaluated', async () => {
    const run = await startScriptedRun(
      [
        {id: 'probe', continueOnError: true},
        {id: 'slow'},
        {id: 'a', needs: ['probe'], if: '{{ tasks.probe.output.exitCode == 0 }}'},
        {id: 'b', needs: ['probe'], if: '{{ vars.no }}'},
        {id: 'c', needs: ['probe'], if: '{{ vars.no }}'},
      ],
      {workflow: {vars: {no: false}}},
    )
    ;(await run.attempt('probe')).fail()
    const slow = await run.attempt('slow')
    await nextTurn()
    expect(slow.signal.aborted).toBe(false)
    slow.succeed()
    expect(await run.finished).toMatchObject({
      status: 'failed',
      reason: "task 'a' failed",
      counts: {succeeded: 1, failed: 2, skipped: 2, cancelled: 0},
    })
    expect(ends(run.events)).toEqual({
      probe: 'failed',
      slow: 'succeeded',
      a: 'failed',
      b: "skipped: task 'a' failed and failFast is on",
      c: "skipped: task 'a' failed and failFast is on",
    })
  })

  it.each([3_600_000, -3_600_000])('measures durations that a jump of the clock by %i ms does not change', async (jumpMs) => {
    let nowMs = Date.UTC(2026, 0, 1)
    const run = await startScriptedRun([{id: 'a', retry: again}], {now: () => nowMs})
    const a = await run.attempt('a')
    nowMs += jumpMs
    a.fail()
    await nextTurn()
    nowMs += jumpMs
    ;(await run.attempt('a')).succeed()
    const finished = await run.finished
    expect(finished.durationMs).toBeGreaterThanOrEqual(0)
    expect(finished.durationMs).toBeLessThan(3_600_000)
    const end = run.events.find((event) => event.type === 'task.finished')
    expect(end).toMatchObject({durationMs: expect.any(Number)})
    expect(end?.type === 'task.finished' ? end.durationMs : undefined).toBeLessThan(3_600_000)
  })

  it('skips by condition and says which, and fails a condition that is not true or false', async () => {
    const run = await startScriptedRun(
      [
        {id: 'a', if: '{{ vars.on }}'},
        {id: 'b', if: '{{ vars.count }}'},
      ],
      {failFast: false, workflow: {vars: {on: false, count: 3}}},
    )
    expect(await run.finished).toMatchObject({status: 'failed'})
    expect(ends(run.events)).toEqual({a: 'skipped: its condition is false: {{ vars.on }}', b: 'failed'})
    expect(run.events.find((event) => event.type === 'task.finished')).toMatchObject({
      error: {code: 'TEMPLATE_FAILED', message: expect.stringContaining('true or false')},
    })
  })

  it('asks failure() and always() after a failure, under failFast too', async () => {
    const run = await startScriptedRun([
      {id: 'a'},
      {id: 'b', needs: ['a']},
      {id: 'notify', needs: ['b'], if: '{{ failure() }}', inputs: {code: '{{ tasks.a.error.code }}'}},
      {id: 'clean', needs: ['b'], if: '{{ always() }}'},
      {id: 'party', needs: ['b'], if: '{{ !failure() }}'},
    ])
    ;(await run.attempt('a')).fail()
    const notify = await run.attempt('notify')
    expect(notify.invocation.inputs).toEqual({code: 'EXIT_CODE'})
    notify.succeed()
    ;(await run.attempt('clean')).succeed()
    expect(await run.finished).toMatchObject({status: 'failed', reason: "task 'a' failed"})
    expect(ends(run.events)).toMatchObject({
      b: "skipped: needed task 'a' failed",
      notify: 'succeeded',
      clean: 'succeeded',
      party: expect.stringContaining('skipped'),
    })
  })

  it('goes on after a tolerated failure and marks it', async () => {
    const run = await startScriptedRun([
      {id: 'a', continueOnError: true},
      {id: 'b', needs: ['a']},
    ])
    ;(await run.attempt('a')).fail()
    ;(await run.attempt('b')).succeed()
    expect(await run.finished).toMatchObject({status: 'succeeded', counts: {failed: 1, succeeded: 1}})
    expect(run.events.find((event) => event.type === 'task.finished' && event.task === 'a')).toMatchObject({
      status: 'failed',
      isTolerated: true,
    })
  })

  it('fails a task whose template fails without calling the executor, and never retries it', async () => {
    const run = await startScriptedRun(
      [
        {
          id: 'a',
          retry: {maxAttempts: 5, backoff: 'constant', delayMs: 1, maxDelayMs: 1, jitter: false, on: ['error']},
          inputs: {x: '{{ vars.y }}'},
        },
      ],
      {workflow: {vars: {z: 1}}},
    )
    await run.finished
    expect(run.events.find((event) => event.type === 'task.finished')).toMatchObject({attempt: 1, error: {code: 'TEMPLATE_FAILED'}})
  })

  it('fails a run whose outputs cannot be evaluated', async () => {
    const run = await startScriptedRun([{id: 'a'}], {workflow: {outputs: {x: '{{ tasks.a.output.nothing }}'}}})
    ;(await run.attempt('a')).succeed({something: 1})
    expect(await run.finished).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('in outputs.x, scripted.yaml:7:9: tasks.a.output.nothing does not exist'),
    })
  })

  it('stops when told: aborts what runs, gives up retries that wait, skips the rest', async () => {
    const run = await startScriptedRun([
      {id: 'running'},
      {id: 'retrying', retry: {maxAttempts: 2, backoff: 'constant', delayMs: 60_000, maxDelayMs: 60_000, jitter: false, on: ['error']}},
      {id: 'after', needs: ['running']},
    ])
    ;(await run.attempt('retrying')).fail()
    const running = await run.attempt('running')
    await nextTurn()
    run.loop.stop('interrupted')
    run.loop.stop('interrupted')
    expect(running.signal.aborted).toBe(true)
    expect(await run.finished).toMatchObject({status: 'cancelled', reason: 'the run was interrupted', counts: {cancelled: 2, skipped: 1}})
    expect(ends(run.events)).toEqual({running: 'cancelled', retrying: 'cancelled', after: 'skipped: the run was interrupted'})
  })

  it('never calls a cancelled task tolerated', async () => {
    const run = await startScriptedRun([{id: 'a', continueOnError: true}])
    await run.attempt('a')
    run.loop.stop('interrupted')
    expect(await run.finished).toMatchObject({status: 'cancelled', counts: {cancelled: 1}})
    const end = run.events.find((event) => event.type === 'task.finished')
    expect(end).toMatchObject({status: 'cancelled'})
    expect(end).not.toHaveProperty('isTolerated')
  })

  it('leaves no timer behind, whether the run ends, is stopped, or cannot be journalled', async () => {
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']})
    onTestFinished(() => void vi.useRealTimers())
    const later = {maxAttempts: 2, backoff: 'constant', delayMs: 60_000, maxDelayMs: 60_000, jitter: false, on: ['error']} as const
    const ended = await startScriptedRun([{id: 'a'}], {timeoutMs: 3_600_000})
    expect(vi.getTimerCount()).toBe(1)
    ;(await ended.attempt('a')).succeed()
    await ended.finished
    expect(vi.getTimerCount()).toBe(0)

    const stopped = await startScriptedRun([{id: 'a', retry: later}], {timeoutMs: 3_600_000})
    ;(await stopped.attempt('a')).fail()
    await nextTurn()
    expect(vi.getTimerCount()).toBe(2)
    stopped.loop.stop('interrupted')
    await stopped.finished
    expect(vi.getTimerCount()).toBe(0)

    let isFull = false
    const full = await startScriptedRun([{id: 'a', retry: later}, {id: 'b'}], {
      timeoutMs: 3_600_000,
      onAppend: () => {
        if (isFull) throw new Error('disk full')
      },
    })
    ;(await full.attempt('a')).fail()
    await nextTurn()
    expect(vi.getTimerCount()).toBe(2)
    isFull = true
    ;(await full.attempt('b')).succeed()
    await expect(full.finished).rejects.toThrow('disk full')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends everything at once when it is told so, and hears no more of what still runs', async () => {
    const run = await startScriptedRun(
      [
        {id: 'open'},
        {id: 'retrying', retry: again},
        {id: 'queued'},
        {id: 'after', needs: ['open']},
        {id: 'clean', needs: ['after'], if: '{{ always() }}'},
      ],
      {concurrency: 2},
    )
    const open = await run.attempt('open')
    ;(await run.attempt('retrying')).fail()
    await nextTurn()
    run.loop.stop('interrupted', true)
    // Nothing was waited for: the end is there when the call returns.
    expect(run.events.at(-1)).toMatchObject({
      type: 'run.finished',
      status: 'cancelled',
      reason: 'the run was interrupted',
      counts: {succeeded: 0, failed: 0},
    })
    const length = run.events.length
    open.log('still here')
    open.succeed()
    await nextTurn()
    expect(run.events).toHaveLength(length)
    expect(ends(run.events)).toMatchObject({
      open: 'cancelled',
      after: 'skipped: the run was interrupted',
      clean: 'skipped: the run was interrupted',
    })
  })

  it('tries a clean-up task again that fails after the run was stopped', async () => {
    const run = await startScriptedRun([{id: 'a'}, {id: 'clean', needs: ['a'], if: '{{ always() }}', retry: again}])
    await run.attempt('a')
    run.loop.stop('interrupted')
    ;(await run.attempt('clean')).fail()
    await nextTurn()
    ;(await run.attempt('clean')).succeed()
    expect(await run.finished).toMatchObject({status: 'cancelled', counts: {succeeded: 1, cancelled: 1}})
  })

  it('starts no more tasks of a group at a time than it allows, and loses none', async () => {
    const run = await startScriptedRun([{id: 'a'}, {id: 'b'}, {id: 'c'}, {id: 'd'}], {
      changePlan: (plan) => ({
        ...plan,
        groups: {db: 1},
        tasks: plan.tasks.map((task) => (task.id === 'd' ? task : {...task, group: 'db'})),
      }),
    })
    for (const id of ['a', 'b', 'c']) {
      const attempt = await run.attempt(id)
      expect(run.open()).toEqual(id === 'a' ? ['a', 'd'] : ['d', id])
      attempt.succeed()
      await nextTurn()
    }
    ;(await run.attempt('d')).succeed()
    expect(await run.finished).toMatchObject({status: 'succeeded', counts: {succeeded: 4}})
  })

  it('waits for room when nothing else of the run goes on, and does not count that as attempts', async () => {
    const run = await startScriptedRun([{id: 'a', retry: again}, {id: 'b'}])
    await refuse(run, 'b')
    await refuse(run, 'a')
    for (let round = 0; round < 2; round += 1) {
      for (const task of ['b', 'a']) {
        await refuse(run, task)
        // The other one would be refused, too: it is not even tried.
        expect(run.open()).toEqual([])
      }
    }
    ;(await run.attempt('b')).succeed()
    ;(await run.attempt('a')).fail()
    await nextTurn()
    ;(await run.attempt('a')).succeed()
    expect(await run.finished).toMatchObject({status: 'succeeded'})
  })

  it('gives up on room after a minute in which nothing of the run went on, and says so', async () => {
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']})
    onTestFinished(() => void vi.useRealTimers())
    const run = await startScriptedRun([{id: 'a'}])
    let waitedMs = 0
    for (let isOver = false; !isOver; isOver = run.events.at(-1)?.type === 'run.finished') {
      await refuse(run, 'a')
      waitedMs += run.events.reduce((last, event) => (event.type === 'task.retrying' ? event.delayMs : last), 0)
      vi.advanceTimersToNextTimer()
    }
    expect(waitedMs).toBeGreaterThan(60_000)
    expect(waitedMs).toBeLessThan(63_000)
    expect(await run.finished).toMatchObject({status: 'failed'})
    expect(run.events.find((event) => event.type === 'task.finished')).toMatchObject({
      error: {code: 'SPAWN_FAILED', message: 'no room; it had no room for 60 s'},
    })
  })

  it('stops while it waits for room, and still cleans up', async () => {
    const run = await startScriptedRun([{id: 'a'}, {id: 'clean', needs: ['a'], if: '{{ always() }}'}])
    ;(await run.attempt('a')).fail({code: 'SPAWN_FAILED', message: 'no room'})
    await nextTurn()
    run.loop.stop('interrupted')
    ;(await run.attempt('clean')).succeed()
    expect(await run.finished).toMatchObject({status: 'cancelled', counts: {succeeded: 1, cancelled: 1}})
  })

  it('fails a task at once that cannot start for another reason than room', async () => {
    const run = await startScriptedRun([{id: 'a'}])
    ;(await run.attempt('a')).fail({code: 'SPAWN_FAILED', message: 'EIO', retryable: false})
    expect(await run.finished).toMatchObject({status: 'failed'})
  })

  it('goes on with fewer at a time when the system has no room, without counting that as a failure', async () => {
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']})
    onTestFinished(() => void vi.useRealTimers())
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const run = await startScriptedRun(ids.map((id) => ({id})))
    for (const id of ['e', 'f', 'g']) await refuse(run, id)
    for (const id of ['a', 'b', 'c', 'd']) {
      ;(await run.attempt(id)).succeed()
      await nextTurn()
    }
    // Half of the four that found room: these may start processes of their own.
    vi.advanceTimersByTime(1000)
    const [e, f] = [await run.attempt('e'), await run.attempt('f')]
    expect(run.open()).toEqual(['e', 'f'])
    e.succeed()
    ;(await run.attempt('g')).succeed()
    f.succeed()
    expect(await run.finished).toMatchObject({status: 'succeeded', counts: {succeeded: 7}})
    expect(run.events.filter(({type}) => type === 'diagnostic')).toMatchObject([{code: 'SLOTS_REDUCED'}])
  })

  it('takes literal inputs as they stand', async () => {
    const run = await startScriptedRun([{id: 'a', inputs: {literal: '{{.Names}}', other: '{{ vars.x }}'}}], {workflow: {vars: {x: 1}}})
    const a = await run.attempt('a')
    expect(a.invocation.inputs).toEqual({literal: '{{.Names}}', other: 1})
    a.succeed()
    await run.finished
  })

  it('says where a template failed', async () => {
    const run = await startScriptedRun([{id: 'a', inputs: {list: [{url: 'x{{ vars.nothing }}'}]}}], {workflow: {vars: {x: 1}}})
    await run.finished
    expect(run.events.find((event) => event.type === 'task.finished')).toMatchObject({
      error: {message: expect.stringMatching(/^in inputs\.list\.0\.url, scripted\.yaml:7:9: vars\.nothing does not exist/) as string},
    })
  })

  it('hands on the output of a task called __proto__', async () => {
    const run = await startScriptedRun([
      {id: '__proto__'},
      {id: 'b', needs: ['__proto__'], inputs: {x: '{{ tasks.__proto__.output }}', y: '{{ size(tasks) + size(tasks.__proto__.output) }}'}},
    ])
    ;(await run.attempt('__proto__')).succeed('fine')
    const b = await run.attempt('b')
    expect(b.invocation.inputs).toEqual({x: 'fine', y: 5})
    b.succeed()
    await run.finished
  })

  it('ends a run that takes too long', async () => {
    const run = await startScriptedRun([{id: 'a'}], {timeoutMs: 20})
    expect(await run.finished).toMatchObject({status: 'failed', reason: 'the run timed out'})
  })

  it('rejects and aborts what runs when the journal cannot be written', async () => {
    let isFull = false
    const run = await startScriptedRun([{id: 'a'}, {id: 'b'}], {
      onAppend: () => {
        if (isFull) throw new Error('disk full')
      },
    })
    const b = await run.attempt('b')
    isFull = true
    ;(await run.attempt('a')).succeed()
    await expect(run.finished).rejects.toThrow('disk full')
    expect(b.signal.aborted).toBe(true)
  })

  it('starts ten thousand tasks without needs and ends them all', async () => {
    const run = await startScriptedRun(
      Array.from({length: 10_000}, (_, index) => ({id: `t${String(index)}`})),
      {concurrency: 10_000},
    )
    for (const id of run.open()) (await run.attempt(id)).succeed()
    expect(await run.finished).toMatchObject({counts: {succeeded: 10_000}})
  })
})

describe('a run that a task makes', () => {
  it('is in the journal before it begins', async () => {
    const journalled: string[] = []
    const run = await startScriptedRun([{id: 'a'}], {onAppend: (events) => journalled.push(...events.map(({type}) => type))})
    const attempt = await run.attempt('a')
    attempt.emit?.({type: 'task.child', task: 'a', attempt: 1, child: 'c'})
    expect(journalled.at(-1)).toBe('task.child')
    attempt.succeed()
    await run.finished
  })
})
