import {setImmediate as nextTurn} from 'node:timers/promises'
import {describe, expect, test} from 'vitest'
import type {RunEvent} from '../../../../src/lib/engine/events.ts'
import {EventRecorder} from '../../../../src/lib/engine/loop/event-recorder.ts'
import {RunView} from '../../../../src/lib/engine/run-view.ts'
import {begun, log, started} from '../../../rig/run-events.ts'

interface OpenWrite {
  readonly seqs: readonly number[]
  readonly succeed: () => void
  readonly fail: (error: Error) => void
}

/** A recorder over a journal that acknowledges a batch when the test says so. */
function slowRecorder() {
  const writes: OpenWrite[] = []
  const shown: number[] = []
  const errors: unknown[] = []
  const recorder = new EventRecorder(
    'r1',
    {
      journal: {
        append: (_run, events) =>
          new Promise((succeed, fail) => {
            writes.push({seqs: seqs(events), succeed, fail})
          }),
      },
      reporter: {report: (event) => void shown.push(...seqs([event])), close: () => Promise.resolve()},
      clock: {now: () => 0, elapsed: () => 0},
    },
    (error) => errors.push(error),
    {view: new RunView()},
  )
  return {recorder, writes, shown, errors}
}

/** Lines of the log below zero. */
function seqs(events: readonly RunEvent[]): number[] {
  return events.map((event) => (event.type === 'task.log' ? -event.line : event.seq))
}

describe('EventRecorder over a journal that takes its time', () => {
  test('has one batch written at a time, and shows it after that', async () => {
    const {recorder, writes, shown} = slowRecorder()
    recorder.record(started('a'))
    const first = recorder.flush()
    recorder.record(begun('a'))
    const second = recorder.flush()
    recorder.log(log('a', 'x'))
    expect(recorder.flush()).toBe(second)
    await nextTurn()
    expect([writes.map((write) => write.seqs), shown]).toEqual([[[1]], []])
    writes[0]?.succeed()
    await first
    expect(shown).toEqual([1])
    await nextTurn()
    expect(writes.map((write) => write.seqs)).toEqual([[1], [2, -1]])
    writes[1]?.succeed()
    await second
    expect(shown).toEqual([1, 2, -1])
  })

  test('a flood waits behind the batch that is written, as one', async () => {
    const {recorder, writes} = slowRecorder()
    recorder.record(started('a'))
    void recorder.flush()
    for (let line = 0; line < 5000; line += 1) recorder.log(log('a', 'x'))
    writes[0]?.succeed()
    await nextTurn()
    expect(writes.map((write) => write.seqs.length)).toEqual([1, 5000])
  })

  test('appends nothing behind a batch that was not written', async () => {
    const {recorder, writes, shown, errors} = slowRecorder()
    const full = new Error('the disk is full')
    recorder.record(started('a'))
    await nextTurn()
    writes[0]?.fail(full)
    await nextTurn()
    expect(errors).toEqual([full])
    recorder.record(begun('a'))
    await expect(recorder.flush()).rejects.toBe(full)
    expect([writes.length, shown]).toEqual([1, []])
  })
})
