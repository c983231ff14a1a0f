// Which of the engine's own texts in an event are masked, and which words must never change.

import {describe, expect, it} from 'vitest'
import type {StateEventBody} from '../../../../src/lib/engine/events.ts'
import {maskEvent} from '../../../../src/lib/engine/loop/mask-event.ts'
import {SecretMasker} from '../../../../src/lib/masking/secret-masker.ts'

const secret = 'hunter2-value'
const metrics = {durationMs: 1, exitCode: 3, signal: 'SIGKILL'}

function masker(...secrets: readonly string[]): SecretMasker {
  const made = new SecretMasker()
  for (const value of secrets.length === 0 ? [secret] : secrets) made.add(value)
  return made
}

describe('maskEvent', () => {
  it.each<[string, StateEventBody, StateEventBody]>([
    [
      'the file of a run',
      {type: 'run.started', workflow: 'w', file: `/srv/${secret}.yaml`, tasks: [{id: 'a', type: 'test/p.act', needs: []}]},
      {type: 'run.started', workflow: 'w', file: '/srv/***SECRET***.yaml', tasks: [{id: 'a', type: 'test/p.act', needs: []}]},
    ],
    [
      'why a task is skipped',
      {type: 'task.skipped', task: 't', reason: `because ${secret}`},
      {type: 'task.skipped', task: 't', reason: 'because ***SECRET***'},
    ],
    [
      'a diagnostic',
      {type: 'diagnostic', severity: 'warning', code: 'X', message: secret},
      {type: 'diagnostic', severity: 'warning', code: 'X', message: '***SECRET***'},
    ],
    [
      'what is to be approved',
      {type: 'task.waiting', task: 't', attempt: 1, for: 'approval', message: `publish ${secret}?`},
      {type: 'task.waiting', task: 't', attempt: 1, for: 'approval', message: 'publish ***SECRET***?'},
    ],
    [
      'who has answered, and why',
      {type: 'task.answered', task: 't', attempt: 1, answer: 'rejected', by: secret, at: '2026-01-31', comment: `because of ${secret}`},
      {
        type: 'task.answered',
        task: 't',
        attempt: 1,
        answer: 'rejected',
        by: '***SECRET***',
        at: '2026-01-31',
        comment: 'because of ***SECRET***',
      },
    ],
    [
      'the end of a run',
      {
        type: 'run.finished',
        status: 'failed',
        durationMs: 1,
        reason: secret,
        counts: {succeeded: 0, failed: 1, skipped: 0, cancelled: 0},
      },
      {
        type: 'run.finished',
        status: 'failed',
        durationMs: 1,
        reason: '***SECRET***',
        counts: {succeeded: 0, failed: 1, skipped: 0, cancelled: 0},
      },
    ],
  ])('masks %s', (_what, event, wanted) => {
    const before = structuredClone(event)
    expect(maskEvent(event, masker())).toEqual(wanted)
    expect(event).toEqual(before)
  })

  it('leaves the words of the house alone, whatever is secret', () => {
    const words = [
      'task.finished',
      'failed',
      'EXIT_CODE',
      'SIGKILL',
      'task',
      'test/p.act',
      'run.started',
      'workflow-1',
      'log',
      'stdout',
      'info',
      '1234',
    ]
    const strict = masker(...words)
    const failed: StateEventBody = {
      type: 'task.finished',
      task: 'task',
      attempt: 1234,
      status: 'failed',
      error: {code: 'EXIT_CODE', message: 'x', retryable: true, exitCode: 1234, signal: 'SIGKILL'},
      metrics: {durationMs: 1234, signal: 'SIGKILL'},
    }
    expect(maskEvent(failed, strict)).toBe(failed)
    const started: StateEventBody = {
      type: 'run.started',
      workflow: 'workflow-1',
      file: '-',
      tasks: [{id: 'task', type: 'test/p.act', needs: ['task']}],
    }
    expect(maskEvent(started, strict)).toBe(started)
    const begun: StateEventBody = {type: 'task.started', task: 'task', attempt: 1234}
    expect(maskEvent(begun, strict)).toBe(begun)
  })

  it('masks what a terminal would show as the value, and keeps colours elsewhere', () => {
    const say = (message: string): StateEventBody => ({type: 'diagnostic', severity: 'warning', code: 'X', message})
    expect(maskEvent(say('a \u001b[31mhunter2\u001b[0m-value'), masker())).toEqual(say('a ***SECRET***'))
    expect(maskEvent(say('a \u001b[31mhunter3\u001b[0m-value'), masker())).toEqual(say('a \u001b[31mhunter3\u001b[0m-value'))
  })

  it.each<StateEventBody>([
    {type: 'task.finished', task: 't', attempt: 1, status: 'succeeded', output: {a: [1, secret, null]}, metrics},
    {type: 'task.retrying', task: 't', attempt: 1, delayMs: 1, error: {code: 'X', message: secret, retryable: true}, metrics},
  ])('leaves what the runner of the task has masked: $type', (event) => {
    expect(maskEvent(event, masker())).toBe(event)
  })

  it('gives the same object where nothing is hidden', () => {
    const event: StateEventBody = {type: 'task.finished', task: 't', attempt: 1, status: 'succeeded', output: {a: [1, 'x', null]}, metrics}
    expect(maskEvent(event, masker())).toBe(event)
  })
})
