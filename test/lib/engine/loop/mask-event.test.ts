// Which parts of an event are masked, and which words must never change.

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

const error = {
  code: 'EXIT_CODE',
  message: `it said ${secret}`,
  retryable: true,
  exitCode: 3,
  signal: 'SIGKILL',
  details: [`Error: ${secret}`, '    at x.js:1'],
}
const maskedError = {...error, message: 'it said ***SECRET***', details: ['Error: ***SECRET***', '    at x.js:1']}

describe('maskEvent', () => {
  it.each<[string, StateEventBody, StateEventBody]>([
    [
      'the file of a run',
      {type: 'run.started', workflow: 'w', file: `/srv/${secret}.yaml`, tasks: [{id: 'a', type: 'test/p.act', needs: []}]},
      {type: 'run.started', workflow: 'w', file: '/srv/***SECRET***.yaml', tasks: [{id: 'a', type: 'test/p.act', needs: []}]},
    ],
    [
      'the error of an attempt that is tried again',
      {type: 'task.retrying', task: 't', attempt: 1, delayMs: 5, error, metrics},
      {type: 'task.retrying', task: 't', attempt: 1, delayMs: 5, error: maskedError, metrics},
    ],
    [
      'outputs, at any depth and in keys',
      {type: 'task.finished', task: 't', attempt: 1, status: 'succeeded', output: {a: [{[secret]: `x${secret}`}], n: 5, b: true}, metrics},
      {
        type: 'task.finished',
        task: 't',
        attempt: 1,
        status: 'succeeded',
        output: {a: [{'***SECRET***': 'x***SECRET***'}], n: 5, b: true},
        metrics,
      },
    ],
    [
      'outputs in which colours stand inside of a value, and only those',
      {
        type: 'task.finished',
        task: 't',
        attempt: 1,
        status: 'succeeded',
        output: {a: ['x \u001b[1mhunter2\u001b[0m-value', '\u001b[1mother\u001b[0m']},
        metrics,
      },
      {
        type: 'task.finished',
        task: 't',
        attempt: 1,
        status: 'succeeded',
        output: {a: ['x ***SECRET***', '\u001b[1mother\u001b[0m']},
        metrics,
      },
    ],
    [
      'the error of a task',
      {type: 'task.finished', task: 't', attempt: 2, status: 'failed', error, metrics, isTolerated: true},
      {type: 'task.finished', task: 't', attempt: 2, status: 'failed', error: maskedError, metrics, isTolerated: true},
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
      'the end of a run',
      {
        type: 'run.finished',
        status: 'failed',
        durationMs: 1,
        outputs: {o: secret},
        reason: secret,
        counts: {succeeded: 0, failed: 1, skipped: 0, cancelled: 0},
      },
      {
        type: 'run.finished',
        status: 'failed',
        durationMs: 1,
        outputs: {o: '***SECRET***'},
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

  it('masks a code that an action chose itself', () => {
    const failed: StateEventBody = {
      type: 'task.finished',
      task: 't',
      attempt: 1,
      status: 'failed',
      error: {code: 'HUNTER_TWO', message: 'x', retryable: true},
      metrics,
    }
    expect(maskEvent(failed, masker('HUNTER_TWO'))).toMatchObject({error: {code: '***SECRET***'}})
  })

  it('masks a value that stands across the lines of a stack', () => {
    const failed: StateEventBody = {
      type: 'task.finished',
      task: 't',
      attempt: 1,
      status: 'failed',
      error: {code: 'ACTION_FAILED', message: 'x', retryable: true, details: ['Error: a1', 'b2', 'c3 and more', '    at x.js']},
      metrics,
    }
    expect(maskEvent(failed, masker('a1\nb2\nc3'))).toMatchObject({error: {details: ['Error: ***SECRET*** and more', '    at x.js']}})
  })

  it('masks what a terminal would show as the value, and keeps colours elsewhere', () => {
    const say = (message: string): StateEventBody => ({type: 'diagnostic', severity: 'warning', code: 'X', message})
    expect(maskEvent(say('a \u001b[31mhunter2\u001b[0m-value'), masker())).toEqual(say('a ***SECRET***'))
    expect(maskEvent(say('a \u001b[31mhunter3\u001b[0m-value'), masker())).toEqual(say('a \u001b[31mhunter3\u001b[0m-value'))
  })

  it('gives the same object where nothing is hidden', () => {
    const event: StateEventBody = {type: 'task.finished', task: 't', attempt: 1, status: 'succeeded', output: {a: [1, 'x', null]}, metrics}
    expect(maskEvent(event, masker())).toBe(event)
  })
})
