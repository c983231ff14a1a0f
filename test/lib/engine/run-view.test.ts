// The one fold against a second reading of the same events, which looks at all of them again for every answer.

import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest'
import type {RunEvent, TaskState} from '../../../src/lib/engine/events.ts'
import {detailsOf} from '../../../src/lib/engine/run-details.ts'
import {resultOf} from '../../../src/lib/engine/run-result.ts'
import {RunView} from '../../../src/lib/engine/run-view.ts'
import {writeTaskKey} from '../../../src/lib/engine/task-key.ts'
import {playRun} from '../../rig/play-run.ts'
import {randomRun} from '../../rig/random-run.ts'
import {begun, failed, finished, log, numberEvents, started, succeeded} from '../../rig/run-events.ts'

const runs = 1000

interface Answers {
  readonly tasks: readonly (readonly [id: string, status: TaskState, attempts: number])[]
  readonly running: readonly string[]
  readonly waiting: readonly string[]
  readonly expanded: readonly string[]
  readonly ended: readonly string[]
  /** Of each expanded task its items, and how many of them have ended and failed. */
  readonly items: readonly (readonly [
    id: string,
    items: readonly (readonly [id: string, status: TaskState, attempts: number])[],
    ended: number,
    failed: number,
  ])[]
  readonly stopCause: string | undefined
  readonly finished: boolean
}

function answersOf(view: RunView): Answers {
  return {
    tasks: [...view.tasks.values()].map(({id, status, attempts}) => [id, status, attempts]),
    running: [...view.running.keys()],
    waiting: [...view.waiting.keys()],
    expanded: [...view.expanded.keys()],
    ended: view.ended.map(({id}) => id),
    items: [...view.tasks.values()].flatMap(({id, items, endedItems = 0, failedItems = 0}) =>
      items === undefined
        ? []
        : [[id, items.map((item) => [item.id, item.status, item.attempts] as const), endedItems, failedItems] as const],
    ),
    stopCause: view.stopCause,
    finished: view.finished !== undefined,
  }
}

/** They say something of a task, and leave it where it is. */
const noSteps: ReadonlySet<RunEvent['type']> = new Set([
  'task.log',
  'task.child',
  'task.required',
  'task.waiting',
  'task.answered',
  'diagnostic',
])

function searchAnswers(events: readonly RunEvent[]): Answers {
  const ids = events.flatMap((event) =>
    event.type === 'run.started' || event.type === 'hooks.started' ? event.tasks.map(({id}) => id) : [],
  )
  const lastStep = (id: string): RunEvent | undefined =>
    events.findLast((event) => 'task' in event && event.task === id && !noSteps.has(event.type))
  const inOrderOf = (...types: RunEvent['type'][]): string[] =>
    events.flatMap((event) =>
      'task' in event && types.includes(event.type) && lastStep(event.task ?? '') === event ? [event.task ?? ''] : [],
    )
  const stateOf = (id: string): readonly [string, TaskState, number] => {
    const step = lastStep(id)
    if (step?.type === 'task.finished') return [id, step.status, step.attempt]
    if (step?.type === 'task.skipped') return [id, 'skipped', 0]
    const attempts = events.filter((event) => event.type === 'task.started' && event.task === id).length
    return [id, step === undefined ? 'pending' : 'running', attempts]
  }
  const expansions = new Map(events.flatMap((event) => (event.type === 'task.expanded' ? [[event.task, event.items] as const] : [])))
  const ends = events.flatMap((event) => (event.type === 'task.finished' || event.type === 'task.skipped' ? [event.task] : []))
  return {
    tasks: ids.map(stateOf),
    running: inOrderOf('task.started'),
    waiting: inOrderOf('task.retrying', 'task.polled'),
    expanded: inOrderOf('task.expanded'),
    // Items end with their task: they are counted there.
    ended: ends.filter((id) => ids.includes(id)),
    items: ids.flatMap((id) => {
      const items = expansions.get(id)?.map((item) => stateOf(writeTaskKey({task: id, item})))
      if (items === undefined) return []
      const ended = items.filter(([item]) => ends.includes(item))
      return [[id, items, ended.length, ended.filter(([, status]) => status === 'failed').length] as const]
    }),
    stopCause: events.findLast((event) => event.type === 'run.stopping')?.cause,
    finished: events.at(-1)?.type === 'run.finished',
  }
}

beforeAll(() => {
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'Date']})
})
afterAll(() => {
  vi.useRealTimers()
})

test(`is at every prefix what all events of it say: ${runs} random runs`, {timeout: 120_000}, async () => {
  let prefixes = 0
  let itemsSeen = 0
  for (let seed = 1; seed <= runs; seed += 1) {
    const {events} = await playRun(randomRun(seed))
    const view = new RunView()
    for (const [index, event] of events.entries()) {
      view.record(event)
      expect(answersOf(view), `run ${seed}, event ${index + 1}`).toEqual(searchAnswers(events.slice(0, index + 1)))
      prefixes += 1
    }
    itemsSeen += answersOf(view).items.length
    const last = events.at(-1)
    const result = resultOf(view)
    if (last?.type === 'run.finished')
      expect([result.status, result.reason, result.counts]).toEqual([last.status, last.reason, last.counts])
    const counts = {succeeded: 0, failed: 0, skipped: 0, cancelled: 0}
    for (const {status} of result.tasks) if (status in counts) counts[status as keyof typeof counts] += 1
    expect(counts).toEqual(result.counts)
    expect(detailsOf(view, result.status).tasks.map(({id, status, attempts}) => [id, status, attempts])).toEqual(
      result.tasks.map(({id, status, attempts}) => [id, status, attempts]),
    )
  }
  expect(prefixes).toBeGreaterThan(runs * 10)
  expect(itemsSeen).toBeGreaterThan(runs / 10)
})

describe('RunView', () => {
  const fold = (events: readonly RunEvent[], options?: ConstructorParameters<typeof RunView>[0]): RunView => {
    const view = new RunView(options)
    for (const event of events) view.record(event)
    return view
  }

  test('keeps no log line, outputs only where they are wanted, and as many warnings as are named', () => {
    const warning = {type: 'diagnostic', severity: 'warning', code: 'LOG_TRUNCATED', message: 'm'} as const
    const events = numberEvents('r', [
      started('a'),
      begun('a'),
      log('a', 'a line of the log'),
      {...succeeded('a'), output: 'an output'} as ReturnType<typeof succeeded>,
      ...Array.from({length: 50}, () => warning),
      finished('succeeded', {succeeded: 1}),
    ])
    const lean = fold(events, {maxWarnings: 7})
    expect(JSON.stringify([...lean.tasks])).not.toMatch(/a line of the log|an output/)
    expect([lean.warnings.length, lean.warningCount]).toEqual([7, 50])
    expect(lean.tasks.get('a')).toMatchObject({hasLog: true, status: 'succeeded'})
    const full = fold(events, {keepsOutputs: true})
    expect(full.tasks.get('a')?.output).toBe('an output')
    expect(full.warnings).toHaveLength(50)
  })

  test('gives running tasks and waits the time of whoever folds', () => {
    const view = new RunView()
    const error = {code: 'EXIT_CODE', message: 'm', retryable: true}
    const retrying = {type: 'task.retrying', task: 'a', attempt: 1, delayMs: 500, error, metrics: {durationMs: 1}} as const
    numberEvents('r', [started('a'), begun('a'), retrying]).forEach((event, index) => {
      view.record(event, 1000 * index)
    })
    expect(view.waiting.get('a')).toMatchObject({sinceMs: 2000, delayMs: 500, attempts: 1, status: 'running'})
    expect(view.running.size).toBe(0)
  })

  test('a task goes on while it waits for a person, or when its requirements hold', () => {
    const deadlineAt = '2026-01-01T00:00:09.000Z'
    const waiting = {type: 'task.waiting', task: 'a', attempt: 1, for: 'approval', message: 'Go?', deadlineAt} as const
    const answered = {type: 'task.answered', task: 'a', attempt: 1, answer: 'approved', by: 'ann', at: deadlineAt, comment: 'ok'} as const
    const events = numberEvents('r', [started('a'), begun('a'), {type: 'task.required', task: 'a'}, waiting, answered, succeeded('a')])
    const asked = fold(events.slice(0, 4))
    expect([[...asked.running.keys()], asked.ended]).toEqual([['a'], []])
    expect(asked.find('a')?.waiting).toEqual({for: 'approval', message: 'Go?', deadlineAt})
    expect(detailsOf(asked, 'interrupted').tasks[0]).not.toHaveProperty('waiting')
    const told = fold(events.slice(0, 5))
    expect([[...told.running.keys()], told.find('a')?.waiting]).toEqual([['a'], undefined])
    expect(told.find('a')?.answer).toEqual({answer: 'approved', by: 'ann', at: deadlineAt, comment: 'ok'})
    expect(fold([...events.slice(0, 4), ...events.slice(5)]).find('a')).not.toHaveProperty('waiting')
  })

  test('calls what ran when its process died interrupted, only for a run that is', () => {
    const view = fold(numberEvents('r', [started('a', 'b', 'c'), begun('a'), begun('b'), failed('b')]))
    const states = (status: 'running' | 'interrupted'): string[] => detailsOf(view, status).tasks.map((task) => task.status)
    expect(states('running')).toEqual(['running', 'failed', 'pending'])
    expect(states('interrupted')).toEqual(['interrupted', 'failed', 'pending'])
  })

  test('takes a constant time for an event, however many tasks there are', () => {
    const timeOf = (tasks: number): number => {
      const ids = Array.from({length: tasks}, (_, index) => `t${index}`)
      const events = numberEvents('r', [started(...ids), ...ids.flatMap((id) => [begun(id), log(id, 'x'), succeeded(id)])])
      // Time of this process only, and the least of several: other programs of a busy machine only ever make it longer.
      const times = Array.from({length: 7}, () => {
        const from = process.cpuUsage()
        fold(events)
        const {user, system} = process.cpuUsage(from)
        return (user + system) / events.length
      })
      return Math.min(...times)
    }
    timeOf(2000)
    // Microseconds. A fold that looks at all tasks again for each event would take twenty times as long.
    expect(timeOf(20_000)).toBeLessThan(8 * Math.max(timeOf(1000), 1))
  })
})
