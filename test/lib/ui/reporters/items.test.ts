// How tasks with items are shown while they run, and at the end.

import {expect, test} from 'vitest'
import type {RunEventBody} from '../../../../src/lib/engine/events.ts'
import {RunView} from '../../../../src/lib/engine/run-view.ts'
import {LiveTasks} from '../../../../src/lib/ui/reporters/live-tasks.ts'
import {LogTail} from '../../../../src/lib/ui/reporters/log-tail.ts'
import {PlainReporter} from '../../../../src/lib/ui/reporters/reporter-plain.ts'
import {TtyReporter} from '../../../../src/lib/ui/reporters/reporter-tty.ts'
import {capturedUi} from '../../../rig/captured-ui.ts'
import {begun, failed, finished, log, numberEvents, started, succeeded} from '../../../rig/run-events.ts'
import {viewed} from '../../../rig/viewed-reporter.ts'

const expanded = (count: number): RunEventBody => ({
  type: 'task.expanded',
  task: 'score',
  items: Array.from({length: count}, (_, index) => String(index)),
})
const error = {code: 'ITEMS_FAILED', message: '1 of 30 items failed; score[1]: the process ended with exit code 2', retryable: false}
const ended: RunEventBody = {
  type: 'task.finished',
  task: 'score',
  attempt: 0,
  status: 'failed',
  error,
  metrics: {durationMs: 3000},
  durationMs: 3000,
  items: {succeeded: 29, failed: 1, skipped: 0, cancelled: 0},
}
const many: RunEventBody[] = [
  started('score'),
  expanded(30),
  begun('score[0]'),
  log('score[0]', 'of the first'),
  succeeded('score[0]'),
  begun('score[1]'),
  log('score[1]', 'of the second'),
  failed('score[1]'),
  ...Array.from({length: 28}, (_, index) => [begun(`score[${index + 2}]`), succeeded(`score[${index + 2}]`)]).flat(),
  ended,
  finished('failed', {failed: 1}, "task 'score' failed"),
]

const summary = [
  "✗ demo failed in 1 m 03 s: 1 failed (task 'score' failed)",
  '  failed   score: ITEMS_FAILED: 1 of 30 items failed; score[1]: the process ended with exit code 2',
  '           score[1]: EXIT_CODE: the process ended with exit code 2',
  "  workflow runs logs R1 --task 'score[1]'",
  '  workflow runs show R1',
  '',
]

async function shown(bodies: readonly RunEventBody[], Kind: typeof TtyReporter | typeof PlainReporter): Promise<string[]> {
  const {ui, stderr} = capturedUi({isTty: false})
  const options = {writer: ui.err, style: ui.errStyle, now: () => 0, ticker: () => () => undefined, keepColors: false}
  const reporter = viewed(new Kind({...options, columns: () => 100, rows: () => 24}), () => 0)
  for (const event of numberEvents('R1', bodies)) reporter.report(event)
  await reporter.close()
  // eslint-disable-next-line no-control-regex -- the sequences that draw and erase the live rows
  return stderr.text.replaceAll(/\u001b\[\?7l[^]*?\u001b\[\?7h|\r(?:\u001b\[\d+A)?\u001b\[J/g, '').split('\n')
}

test('on a terminal many items leave a line for each that failed, with its log, and one for the task', async () => {
  expect(await shown(many, TtyReporter)).toEqual([
    'demo · run R1 · 1 task',
    '✗ score[1]  failed  1.5 s  EXIT_CODE: the process ended with exit code 2',
    '    │ of the second',
    `✗ score  failed  3.0 s  ITEMS_FAILED: ${error.message}`,
    '',
    ...summary,
  ])
})

test('on a terminal a few items leave a line each', async () => {
  const {error: _error, ...end} = ended
  const items = {succeeded: 1, failed: 0, skipped: 0, cancelled: 0}
  const lines = await shown(
    [
      started('score'),
      expanded(1),
      begun('score[0]'),
      log('score[0]', 'a line'),
      succeeded('score[0]'),
      {...end, status: 'succeeded', items},
    ],
    TtyReporter,
  )
  expect(lines).toEqual(['demo · run R1 · 1 task', '✓ score[0]  succeeded  1.0 s', '    │ a line', '✓ score  succeeded  3.0 s  1 item', ''])
})

test('the live rows say how many items are over, and how many failed', () => {
  const {ui} = capturedUi({isTty: false})
  const view = new RunView()
  for (const event of numberEvents('R1', many.slice(0, 9))) view.record(event, 0)
  const live = new LiveTasks({style: ui.errStyle, now: () => 5000, rows: () => 24, tail: new LogTail(), hasTails: true})
  expect(live.render(view).map(({text}) => text)).toEqual([
    `${ui.errStyle.symbols.running} score  2 of 30 items · 1 failed  5.0 s`,
    `${ui.errStyle.symbols.running} score[2]  5.0 s`,
    '  0 of 1 done · 1 running',
  ])
})

test('in a log file every event of an item is a line', async () => {
  const lines = await shown(many.slice(0, 8), PlainReporter)
  expect(lines).toEqual([
    'workflow demo: run R1 started with 1 task',
    'score: 30 items',
    'score[0]: started',
    'score[0] | of the first',
    'score[0]: succeeded in 1.0 s',
    'score[1]: started',
    'score[1] | of the second',
    'score[1]: failed in 1.5 s: EXIT_CODE: the process ended with exit code 2',
    '',
  ])
})
