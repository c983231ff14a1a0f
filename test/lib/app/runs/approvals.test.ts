// What one run does with answers, whatever process gives them.

import {expect, it, onTestFinished} from 'vitest'
import {Approvals} from '../../../../src/lib/app/runs/approvals.ts'
import type {RunnerEvent} from '../../../../src/lib/engine/events.ts'
import {RequestWatch} from '../../../../src/lib/engine/requests/request-watch.ts'
import type {NewRequest, RunRequest, RunRequests} from '../../../../src/lib/engine/requests/run-requests.ts'
import type {BuiltInResult} from '../../../../src/lib/execution/protocols/built-in.ts'
import type {JsonObject} from '../../../../src/lib/util/json.ts'

/** Requests in memory, as another process would write them. */
class Requests implements RunRequests {
  readonly open: RunRequest[] = []
  readonly answered: number[] = []

  add(_run: string, request: NewRequest, at = new Date().toISOString()): RunRequest {
    const added = {...request, number: this.open.length + 1, at}
    this.open.push(added)
    return added
  }

  listOpen(): RunRequest[] {
    return this.open.filter(({number}) => !this.answered.includes(number))
  }

  markAnswered(number: number): void {
    this.answered.push(number)
  }
}

interface Asked {
  readonly requests: Requests
  readonly approvals: Approvals
  readonly emitted: RunnerEvent[]
  readonly stop: AbortController
  call(inputs?: JsonObject, attempt?: number): Promise<BuiltInResult>
}

function openApprovals(pollMs = 5): Asked {
  const requests = new Requests()
  const approvals = new Approvals(new RequestWatch({runId: 'r', open: () => Promise.resolve(requests), pollMs}))
  const emitted: RunnerEvent[] = []
  const stop = new AbortController()
  onTestFinished(() => {
    stop.abort()
  })
  const call: Asked['call'] = (inputs = {}, attempt = 1) =>
    approvals.action({
      run: 'r',
      task: 'ask',
      attempt,
      inputs: {message: 'Go?', ...inputs},
      workingDir: '/',
      signal: stop.signal,
      log: () => undefined,
      emit: (event) => {
        emitted.push(event)
        approvals.hear({...event, ts: new Date().toISOString()})
      },
    })
  return {requests, approvals, emitted, stop, call}
}

const ts = '2026-01-31T08:00:00.000Z'
const approve = {kind: 'approve', task: 'ask', by: 'ann'} as const

it('an answer for another task, and a request to cancel, are left for others', async () => {
  const {requests, call} = openApprovals()
  requests.add('r', {kind: 'cancel', by: 'eve'})
  requests.add('r', {...approve, task: 'other'})
  requests.add('r', {kind: 'reject', task: 'ask', by: 'bob', comment: 'no'})
  requests.add('r', approve)
  expect(await call()).toEqual({ok: false, error: {code: 'REJECTED', message: 'rejected by bob: no', retryable: false}})
})

it('a request is answered when the journal has the event, and not before', async () => {
  const {requests, approvals, emitted, call} = openApprovals()
  requests.add('r', approve)
  await call()
  expect(requests.answered).toEqual([])
  const [, answered] = emitted
  if (answered?.type !== 'task.answered') throw new Error('no answer')
  const event = {...answered, ts, run: 'r', seq: 4}
  // Shown once more, it has no request any more.
  for (let times = 0; times < 2; times += 1) approvals.reporter.report(event, undefined as never)
  await new Promise(setImmediate)
  expect(requests.answered).toEqual([1])
})

it('a run that is resumed does not ask again what was answered, nor does its deadline begin again', async () => {
  const answered = openApprovals()
  answered.approvals.hear({type: 'task.waiting', task: 'ask', attempt: 1, for: 'approval', message: 'Go?', ts})
  answered.approvals.hear({type: 'task.answered', task: 'ask', attempt: 1, answer: 'approved', by: 'ann', at: ts, comment: 'ok', ts})
  expect(await answered.call({timeout: '1h'}, 2)).toEqual({ok: true, output: {approved: true, by: 'ann', at: ts, comment: 'ok'}})
  expect(answered.emitted).toEqual([])

  const waiting = openApprovals()
  const deadlineAt = '2026-01-31T08:00:01.000Z'
  waiting.approvals.hear({type: 'task.waiting', task: 'ask', attempt: 1, for: 'approval', message: 'Go?', deadlineAt, ts})
  expect(await waiting.call({timeout: '1h'}, 2)).toMatchObject({ok: false, error: {code: 'TIMEOUT', retryable: true}})
  expect(waiting.emitted).toMatchObject([{type: 'task.waiting', attempt: 2, deadlineAt}])
})

it('what an attempt was told is forgotten with its end', async () => {
  const {approvals, requests, emitted, call} = openApprovals()
  requests.add('r', approve)
  await call()
  approvals.hear({type: 'task.polled', task: 'ask', attempt: 1, delayMs: 1, metrics: {durationMs: 1}, ts})
  requests.add('r', {...approve, by: 'bob'})
  expect(await call({}, 2)).toMatchObject({output: {by: 'bob'}})
  expect(emitted.map(({type}) => type)).toEqual(['task.waiting', 'task.answered', 'task.waiting', 'task.answered'])
})

it('at the deadline, who has answered in time is heard, and who is late is not', async () => {
  const inTime = openApprovals(60_000)
  const result = inTime.call({timeout: '200ms'})
  await new Promise((resolve) => setTimeout(resolve, 50))
  inTime.requests.add('r', approve)
  expect(await result).toMatchObject({ok: true})

  const late = openApprovals()
  late.requests.add('r', approve, new Date(Date.now() + 60_000).toISOString())
  expect(await late.call({timeout: 0.05})).toEqual({
    ok: false,
    error: {code: 'TIMEOUT', message: 'nobody has answered within 0.05 seconds, the input "timeout"', retryable: true},
  })
})

it('ends when its attempt is stopped, before and while it waits', async () => {
  const {stop, call} = openApprovals()
  const result = call({timeout: '40d'})
  stop.abort()
  expect(await result).toMatchObject({ok: false})
  expect(await call({}, 2)).toMatchObject({ok: false})
})

it.each(['400d', '0s', 0.0001, 'soon'])('the timeout %s is refused', async (timeout) => {
  expect(await openApprovals().call({timeout})).toMatchObject({ok: false, error: {code: 'INPUT_INVALID'}})
})
