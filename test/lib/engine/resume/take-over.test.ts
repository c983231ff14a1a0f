// Who goes on with a run: one process at a time, with all that the one before it has written, and nothing of a process that has lost it.

import {expect, it} from 'vitest'
import type {RunEvent, StateEvent, StateEventBody} from '../../../../src/lib/engine/events.ts'
import {runWorkflow, type RunOutcome, type RunWorkflowOptions} from '../../../../src/lib/engine/loop/run-workflow.ts'
import type {Plan} from '../../../../src/lib/engine/plan.ts'
import {interruptedAttempts} from '../../../../src/lib/engine/resume/interrupted-attempts.ts'
import type {AfterInterruption, ResumedRun} from '../../../../src/lib/engine/resume/resumed-run.ts'
import type {AttemptResult} from '../../../../src/lib/engine/task-result.ts'
import {expectLawful} from '../../../rig/engine-laws.ts'
import {MemoryJournal, type MemoryRuns} from '../../../rig/memory-journal.ts'
import {scriptedPlan, type TaskSketch} from '../../../rig/scripted-run.ts'

interface OpenAttempt {
  readonly signal: AbortSignal
  readonly end: (result?: Partial<AttemptResult>) => void
}

/** A process that drives a run; its tasks end when the test says so. */
class Driver {
  readonly journal: MemoryJournal
  readonly outcome: Promise<RunOutcome>
  readonly heard: string[] = []
  readonly #open = new Map<string, OpenAttempt>()

  constructor(runs: MemoryRuns, plan: Plan, options: Partial<RunWorkflowOptions> = {}) {
    this.journal = new MemoryJournal(runs)
    const never = new AbortController().signal
    this.outcome = runWorkflow(
      plan,
      {
        openJournal: () => Promise.resolve(this.journal),
        reporter: {report: () => undefined, close: () => Promise.resolve()},
        runner: {
          listen: () => undefined,
          expect: () => undefined,
          run: ({task}, {signal}) =>
            new Promise((resolve) => {
              const end: OpenAttempt['end'] = (result = {}) => {
                resolve({ok: true, output: task, metrics: {durationMs: 1}, warnings: [], ...result} as AttemptResult)
              }
              this.#open.set(task, {signal, end})
            }),
          ask: () => ({kind: 'run'}),
          group: () => ({ok: true, group: 'g'}),
          expand: () => ({ok: true, items: []}),
          outputs: () => ({ok: true, value: {}}),
          hear: ({type}) => void this.heard.push(type),
        },
        clock: {now: () => Date.now(), elapsed: () => performance.now()},
        random: () => 0,
      },
      {runId: 'r', concurrency: 10, keepsOutputs: true, signals: {stop: never, leave: never}, ...options},
    )
    this.outcome.catch(() => undefined)
  }

  async attempt(task: string): Promise<OpenAttempt> {
    for (;;) {
      const found = this.#open.get(task)
      if (found !== undefined) return found
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  get opened(): string[] {
    return [...this.#open.keys()]
  }
}

async function planOf(...sketches: TaskSketch[]): Promise<Plan> {
  return (await scriptedPlan(sketches)).plan
}

async function read(runs: MemoryRuns): Promise<{epoch: number; events: StateEvent[]}> {
  const {epoch = 0, events = []} = (await new MemoryJournal(runs).read('r')) ?? {}
  return {epoch, events: events as StateEvent[]}
}

async function resumeOf(runs: MemoryRuns, next: Readonly<Record<string, AfterInterruption>> = {}): Promise<ResumedRun> {
  return {...(await read(runs)), interrupted: new Map(Object.entries(next))}
}

const resumable: TaskSketch[] = [{id: 'a'}, {id: 'b', needs: ['a']}]

it('lets one of two processes go on, and tells the other', async () => {
  const runs: MemoryRuns = new Map()
  const plan = await planOf(...resumable)
  await new Driver(runs, plan).attempt('a')
  const resume = await resumeOf(runs, {a: 'again'})
  const [one, other] = [new Driver(runs, plan, {resume}), new Driver(runs, plan, {resume})]
  const lost = await Promise.race([one, other].map((driver) => driver.outcome.then(() => one).catch(() => driver)))
  await expect(lost.outcome).rejects.toMatchObject({code: 'RUN_TAKEN_OVER', exitCode: 9})
  expect([lost.heard, lost.opened]).toEqual([[], []])
  const winner = lost === one ? other : one
  for (const task of ['a', 'b']) (await winner.attempt(task)).end()
  expect((await winner.outcome).result).toMatchObject({status: 'succeeded', counts: {succeeded: 2}})
  expectLawful((await read(runs)).events)
})

it('does not go on with a run that has finished', async () => {
  const runs: MemoryRuns = new Map()
  const plan = await planOf({id: 'a'})
  const first = new Driver(runs, plan)
  await first.attempt('a')
  const resume = await resumeOf(runs, {a: 'again'})
  ;(await first.attempt('a')).end()
  await first.outcome
  await expect(new Driver(runs, plan, {resume}).outcome).rejects.toMatchObject({code: 'RUN_TAKEN_OVER'})
})

it('stops a process that has lost its run: its attempts are told to stop, and it writes nothing more', async () => {
  const runs: MemoryRuns = new Map()
  const plan = await planOf({id: 'a'}, {id: 'b'}, {id: 'c', needs: ['a']})
  const first = new Driver(runs, plan)
  const [a, b] = [await first.attempt('a'), await first.attempt('b')]
  const second = new Driver(runs, plan, {resume: await resumeOf(runs, {a: 'again', b: 'again'})})
  await second.attempt('a')
  const {events: before} = await read(runs)
  a.end()
  await expect(first.outcome).rejects.toMatchObject({code: 'RUN_TAKEN_OVER', exitCode: 9})
  expect(b.signal.aborted).toBe(true)
  b.end()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect([first.opened, (await read(runs)).events]).toEqual([['a', 'b'], before])
  for (const task of ['a', 'b', 'c']) (await second.attempt(task)).end()
  expect((await second.outcome).result.status).toBe('succeeded')
  expectLawful((await read(runs)).events)
})

it('knows what the last process has written between the look at the journal and the end of its right to the run', async () => {
  const runs: MemoryRuns = new Map()
  const plan = await planOf({id: 'a'}, {id: 'b', needs: ['a'], idempotent: true}, {id: 'c', needs: ['a']})
  const first = new Driver(runs, plan)
  await first.attempt('a')
  const resume = await resumeOf(runs, {a: 'again'})
  // It lives longer than was thought.
  ;(await first.attempt('a')).end()
  await first.attempt('c')
  const second = new Driver(runs, plan, {resume})
  ;(await second.attempt('b')).end()
  const {result} = await second.outcome
  expect(second.opened).toEqual(['b'])
  expect(result.tasks.map(({id, status, attempts, output, error}) => [id, status, attempts, output ?? error?.code])).toEqual([
    ['a', 'succeeded', 1, 'a'],
    ['b', 'succeeded', 2, 'b'],
    ['c', 'failed', 1, 'INTERRUPTED'],
  ])
  expectLawful((await read(runs)).events)
})

it('ends what the last process has left running before anything starts, and after the run is its own', async () => {
  const runs: MemoryRuns = new Map()
  const plan = await planOf({id: 'a'})
  await new Driver(runs, plan).attempt('a')
  const seen: unknown[] = []
  const onClaimed = async (): Promise<void> => {
    seen.push((await read(runs)).epoch, second.opened, second.heard)
  }
  const second: Driver = new Driver(runs, plan, {resume: {...(await resumeOf(runs, {a: 'again'})), onClaimed}})
  ;(await second.attempt('a')).end()
  await second.outcome
  expect(seen.slice(0, 1)).toEqual([2])
  expect(second.heard.slice(0, 3)).toEqual(['run.started', 'task.started', 'run.resumed'])
})

it('begins a run of which the journal has no event', async () => {
  const runs: MemoryRuns = new Map()
  const plan = await planOf({id: 'a'})
  const never = new MemoryJournal(runs)
  await never.create({id: 'r', workflowId: 'w', file: '/w', startedAt: ''}, {plan, isMasked: false})
  const driver = new Driver(runs, plan, {resume: await resumeOf(runs)})
  ;(await driver.attempt('a')).end()
  await driver.outcome
  const {events} = await read(runs)
  expectLawful(events)
  expect(events.map(({type}) => type)).toEqual(['run.started', 'task.started', 'task.finished', 'run.finished'])
})

it('cancels what was being stopped with its run, whatever was chosen for it, and lets what cleans up run again', async () => {
  const runs: MemoryRuns = new Map()
  const plan = await planOf({id: 'a'}, {id: 'clean', needs: ['a'], if: '{{ always() }}'})
  const first = new MemoryJournal(runs)
  const bodies: StateEventBody[] = [
    {type: 'run.started', workflow: 'w', file: 'w', tasks: plan.tasks.map(({id, needs}) => ({id, needs, type: 't'}))},
    {type: 'task.started', task: 'a', attempt: 1},
    {type: 'run.stopping', cause: 'interrupted'},
  ]
  await first.create({id: 'r', workflowId: 'w', file: '/w', startedAt: ''}, {plan, isMasked: false})
  await first.append(
    'r',
    bodies.map((body, index): RunEvent => ({seq: index + 1, ts: '2026-01-01T00:00:00.000Z', run: 'r', ...body})),
  )
  const resume = await resumeOf(runs, {a: 'again'})
  expect(interruptedAttempts(plan, resume.events)).toEqual([])
  const second = new Driver(runs, plan, {resume})
  ;(await second.attempt('clean')).end()
  const {result, stopCause} = await second.outcome
  expect([result.status, result.reason, stopCause]).toEqual(['cancelled', 'the run was interrupted', 'interrupted'])
  expect(result.tasks.map(({id, status, error}) => [id, status, error?.message])).toEqual([
    ['a', 'cancelled', 'stopped, because the run was interrupted'],
    ['clean', 'succeeded', undefined],
  ])
  expectLawful((await read(runs)).events)
})

it('lists the attempts of a dead process that somebody has to say something of', async () => {
  const runs: MemoryRuns = new Map()
  const plan = await planOf({id: 'a'}, {id: 'b', idempotent: true}, {id: 'c'}, {id: 'd', needs: ['a']})
  const first = new Driver(runs, plan)
  ;(await first.attempt('c')).end()
  await new Promise((resolve) => setTimeout(resolve, 20))
  const {events} = await read(runs)
  const found = interruptedAttempts(plan, events).map(({task, attempt, planned}) => [task, attempt, planned.idempotent])
  expect(found).toEqual([
    ['a', 1, false],
    ['b', 1, true],
  ])
})
