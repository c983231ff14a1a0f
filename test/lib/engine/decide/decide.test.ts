import {describe, expect, it} from 'vitest'
import type {Command} from '../../../../src/lib/engine/decide/commands.ts'
import {decide} from '../../../../src/lib/engine/decide/decide.ts'
import type {StateEventBody} from '../../../../src/lib/engine/events.ts'
import {createState, mayStart, type DecideState, type TaskShape} from '../../../../src/lib/engine/run-state.ts'

const metrics = {durationMs: 1}
const shape = (id: string, needs: string[] = [], condition: TaskShape['condition'] = 'none'): TaskShape => ({id, needs, condition})
const runStarted: StateEventBody = {type: 'run.started', workflow: 'w', file: 'w.yaml', tasks: []}
const started = (task: string): StateEventBody => ({type: 'task.started', task, attempt: 1})
const succeeded = (task: string): StateEventBody => ({type: 'task.finished', task, attempt: 1, status: 'succeeded', output: null, metrics})
const skipped = (task: string): StateEventBody => ({type: 'task.skipped', task, reason: 'r'})
const ended = (task: string, status: 'failed' | 'cancelled', isTolerated = false): StateEventBody => ({
  type: 'task.finished',
  task,
  attempt: 1,
  status,
  error: {code: 'EXIT_CODE', message: 'm', retryable: true},
  metrics,
  ...(isTolerated && {isTolerated}),
})

function begin(tasks: TaskShape[], failFast = true): {state: DecideState; first: Command[]; on: (event: StateEventBody) => Command[]} {
  const state = createState({tasks, failFast})
  const on = (event: StateEventBody): Command[] => decide(state, {...event, ts: '2026-01-01T00:00:00.000Z'})
  return {state, first: on(runStarted), on}
}
const start = (task: string): Command => ({kind: 'queue', task})

describe('decide', () => {
  it('starts every task without needs, in the order of the file', () => {
    expect(begin([shape('b'), shape('a'), shape('c', ['a'])]).first).toEqual([start('b'), start('a')])
  })

  it('starts a task when its last need has succeeded, and only then', () => {
    const {on} = begin([shape('a'), shape('b'), shape('c', ['a', 'b'])])
    on(started('a'))
    expect(on(succeeded('a'))).toEqual([])
    expect(on(succeeded('b'))).toEqual([start('c')])
    expect(on(succeeded('c'))).toEqual([{kind: 'finish', status: 'succeeded'}])
  })

  it('skips what needs a failed task and names it, and lets independent branches go on without failFast', () => {
    const {on} = begin([shape('a'), shape('b', ['a']), shape('c', ['b']), shape('x'), shape('y', ['x'])], false)
    expect(on(ended('a', 'failed'))).toEqual([{kind: 'skip', task: 'b', reason: "needed task 'a' failed"}])
    expect(on(skipped('b'))).toEqual([{kind: 'skip', task: 'c', reason: "needed task 'b' was skipped"}])
    expect(on(skipped('c'))).toEqual([])
    expect(on(succeeded('x'))).toEqual([start('y')])
    expect(on(succeeded('y'))).toEqual([{kind: 'finish', status: 'failed', reason: "task 'a' failed"}])
  })

  it('skips a task once, however many of its needs fail', () => {
    const {on} = begin([shape('a'), shape('b'), shape('c', ['a', 'b'])], false)
    expect(on(ended('a', 'failed'))).toEqual([])
    expect(on(ended('b', 'failed'))).toEqual([{kind: 'skip', task: 'c', reason: "needed task 'a' failed"}])
    expect(on(skipped('c'))).toEqual([{kind: 'finish', status: 'failed', reason: "task 'a' failed"}])
  })

  it('starts nothing new after the first failure under failFast, even what was already handed out', () => {
    const {on, state} = begin([shape('a'), shape('queued'), shape('running'), shape('after', ['running'])])
    on(started('a'))
    on(started('running'))
    expect(on(ended('a', 'failed'))).toEqual([{kind: 'skip', task: 'queued', reason: "task 'a' failed and failFast is on"}])
    expect(state.tasks.get('running')?.progress).toBe('running')
    on(skipped('queued'))
    expect(on(succeeded('running'))).toEqual([{kind: 'skip', task: 'after', reason: "task 'a' failed and failFast is on"}])
    expect(on(skipped('after'))).toEqual([{kind: 'finish', status: 'failed', reason: "task 'a' failed"}])
  })

  it('treats a tolerated failure as a success for everything after it', () => {
    const {on, state} = begin([shape('a'), shape('b', ['a'])])
    expect(on(ended('a', 'failed', true))).toEqual([start('b')])
    expect(state.tasks.get('b')?.hasFailedUpstream).toBe(false)
    expect(on(succeeded('b'))).toEqual([{kind: 'finish', status: 'succeeded'}])
  })

  it('asks a status condition once all needs are over, also under failFast, and passes failure on through skipped tasks', () => {
    const {on, state} = begin([shape('a'), shape('b', ['a']), shape('report', ['b'], 'status')])
    expect(on(ended('a', 'failed'))).toEqual([{kind: 'skip', task: 'b', reason: "needed task 'a' failed"}])
    expect(on(skipped('b'))).toEqual([{kind: 'ask', task: 'report', facts: {failure: true, cancelled: false, success: false}}])
    expect(state.tasks.get('report')?.hasFailedUpstream).toBe(true)
    expect(on(succeeded('report'))).toEqual([{kind: 'finish', status: 'failed', reason: "task 'a' failed"}])
  })

  it('keeps a plain condition behind the success of its needs', () => {
    const {on} = begin([shape('a'), shape('b', ['a'], 'plain')], false)
    expect(on(ended('a', 'cancelled'))).toEqual([{kind: 'skip', task: 'b', reason: "needed task 'a' was cancelled"}])
  })

  it('cancels what runs when the run is stopped, skips the rest, and starts what cleans up only after everything before it is over', () => {
    const {on} = begin([shape('a'), shape('b', ['a']), shape('clean', ['b'], 'status')])
    on(started('a'))
    expect(on({type: 'run.stopping', cause: 'interrupted'})).toEqual([{kind: 'cancel', isAtOnce: false}])
    expect(on({type: 'run.stopping', cause: 'interrupted'})).toEqual([])
    expect(on(ended('a', 'cancelled'))).toEqual([{kind: 'skip', task: 'b', reason: 'the run was interrupted'}])
    expect(on(skipped('b'))).toEqual([{kind: 'ask', task: 'clean', facts: {failure: false, cancelled: true, success: false}}])
    expect(on(succeeded('clean'))).toEqual([{kind: 'finish', status: 'cancelled', reason: 'the run was interrupted'}])
  })

  it('ends also what cleans up when it is stopped again for another cause', () => {
    const {on} = begin([shape('a'), shape('clean', ['a'], 'status'), shape('last', ['clean'], 'status')])
    on(started('a'))
    on({type: 'run.stopping', cause: 'timeout'})
    expect(on(ended('a', 'cancelled'))).toEqual([{kind: 'ask', task: 'clean', facts: {failure: false, cancelled: true, success: false}}])
    on(started('clean'))
    expect(on({type: 'run.stopping', cause: 'interrupted'})).toEqual([{kind: 'cancel', isAtOnce: false}])
    expect(on(ended('clean', 'cancelled'))).toEqual([{kind: 'skip', task: 'last', reason: 'the run was interrupted'}])
    expect(on(skipped('last'))).toEqual([{kind: 'finish', status: 'cancelled', reason: 'the run was interrupted'}])
  })

  it('ends a timed-out run as failed and an interrupted one as cancelled', () => {
    for (const [cause, status, reason] of [
      ['timeout', 'failed', 'the run timed out'],
      ['interrupted', 'cancelled', 'the run was interrupted'],
      ['terminated', 'cancelled', 'the run was terminated'],
    ] as const) {
      const {on} = begin([shape('a')])
      on(started('a'))
      on({type: 'run.stopping', cause})
      expect(on(ended('a', 'cancelled'))).toEqual([{kind: 'finish', status, reason}])
    }
  })

  it('refuses an event that cannot follow: a second end, a start of what was given up', () => {
    const {on, state} = begin([shape('a'), shape('b'), shape('c', ['a'])])
    on(started('a'))
    on(ended('a', 'failed'))
    expect(() => on(succeeded('a'))).toThrow("task 'a' ended twice")
    expect([mayStart(state, 'b'), mayStart(state, 'c')]).toEqual([false, false])
    expect(() => on(started('b'))).toThrow("task 'b' started out of turn")
  })

  it('ends everything at once when it is told so, also for the same cause', () => {
    const {on} = begin([shape('a'), shape('b', ['a']), shape('clean', ['b'], 'status')])
    on(started('a'))
    on({type: 'run.stopping', cause: 'interrupted'})
    expect(on({type: 'run.stopping', cause: 'interrupted', atOnce: true})).toEqual([{kind: 'cancel', isAtOnce: true}])
    expect(on(ended('a', 'cancelled'))).toEqual([{kind: 'skip', task: 'b', reason: 'the run was interrupted'}])
    expect(on(skipped('b'))).toEqual([{kind: 'skip', task: 'clean', reason: 'the run was interrupted'}])
    expect(on(skipped('clean'))).toEqual([{kind: 'finish', status: 'cancelled', reason: 'the run was interrupted'}])
  })

  it('calls a run cancelled that was stopped after a failure', () => {
    const {on} = begin([shape('a'), shape('b')], false)
    on(started('a'))
    on(started('b'))
    on(ended('a', 'failed'))
    on({type: 'run.stopping', cause: 'interrupted'})
    expect(on(ended('b', 'cancelled'))).toEqual([{kind: 'finish', status: 'cancelled', reason: 'the run was interrupted'}])
  })

  it('gives the same commands for the same events', () => {
    const events = [started('a'), ended('a', 'failed'), skipped('b'), succeeded('c')]
    const play = (): Command[][] => {
      const {first, on} = begin([shape('a'), shape('b', ['a']), shape('c')], false)
      return [first, ...events.map(on)]
    }
    expect(play()).toEqual(play())
  })

  it('ends every random graph with every task ended exactly once', () => {
    let seed = 7
    const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648
    for (let round = 0; round < 300; round += 1) {
      const size = 1 + Math.floor(random() * 12)
      const tasks = Array.from({length: size}, (_, index) =>
        shape(
          `t${index}`,
          Array.from({length: index}, (__, need) => `t${need}`).filter(() => random() < 0.3),
          (['none', 'plain', 'status'] as const)[Math.floor(random() * 3)],
        ),
      )
      const {state, first, on} = begin(tasks, random() < 0.5)
      const queue = [...first]
      const ends = new Map<string, number>()
      const end = (task: string, event: StateEventBody): void => {
        ends.set(task, (ends.get(task) ?? 0) + 1)
        queue.push(...on(event))
      }
      let finishes = 0
      for (let command = queue.shift(); command !== undefined; command = queue.shift()) {
        if (command.kind === 'finish') finishes += 1
        else if (command.kind === 'skip') end(command.task, skipped(command.task))
        else if ((command.kind === 'queue' || command.kind === 'ask') && state.tasks.get(command.task)?.progress === 'ready') {
          on(started(command.task))
          if (random() < 0.05) queue.push(...on({type: 'run.stopping', cause: 'interrupted'}))
          const luck = random()
          end(command.task, luck < 0.7 ? succeeded(command.task) : ended(command.task, 'failed', luck > 0.9))
        }
      }
      expect(finishes).toBe(1)
      expect([...ends.values()].every((count) => count === 1)).toBe(true)
      expect(ends.size).toBe(size)
    }
  })

  it('does the same work per event in a run of 20 000 tasks as in a small one: a chain, a fan and a cascade of skips end in a moment', () => {
    const size = 20_000
    const chain = Array.from({length: size}, (_, index) => shape(`t${index}`, index === 0 ? [] : [`t${index - 1}`]))
    const {state, first, on} = begin(chain, false)
    const queue = [...first]
    let isFirst = true
    for (let index = 0; index < queue.length; index += 1) {
      const command = queue[index]
      if (command?.kind === 'queue') queue.push(...on(isFirst ? ended(command.task, 'failed') : succeeded(command.task)))
      else if (command?.kind === 'skip') queue.push(...on(skipped(command.task)))
      isFirst = false
    }
    expect(state.stage).toBe('finishing')
    expect(queue).toHaveLength(size + 1)
  })
})
