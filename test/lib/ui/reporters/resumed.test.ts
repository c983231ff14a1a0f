// What the reporters show of a run that another process has begun: they are not given what that one has shown.

import {expect, it} from 'vitest'
import type {RunEventBody} from '../../../../src/lib/engine/events.ts'
import type {Reporter} from '../../../../src/lib/engine/ports.ts'
import {RunView} from '../../../../src/lib/engine/run-view.ts'
import {PlainReporter} from '../../../../src/lib/ui/reporters/reporter-plain.ts'
import {QuietReporter} from '../../../../src/lib/ui/reporters/reporter-quiet.ts'
import {TtyReporter} from '../../../../src/lib/ui/reporters/reporter-tty.ts'
import {capturedUi} from '../../../rig/captured-ui.ts'
import {begun, numberEvents, started, succeeded} from '../../../rig/run-events.ts'

const history = [
  started('fetch', 'parse', 'report', 'clean'),
  begun('fetch'),
  succeeded('fetch'),
  begun('parse'),
  begun('report'),
  begun('clean'),
]
const later: RunEventBody[] = [
  {type: 'run.resumed', epoch: 2},
  {type: 'task.interrupted', task: 'parse', attempt: 1, next: 'again'},
  {type: 'task.interrupted', task: 'report', attempt: 1, next: 'skip'},
  {type: 'task.interrupted', task: 'clean', attempt: 1, next: 'cancel'},
  {type: 'task.skipped', task: 'report', reason: 'it was interrupted, and skipped when the run was resumed'},
  begun('parse', 2),
]

async function show(make: (options: ConstructorParameters<typeof TtyReporter>[0]) => Reporter): Promise<string[]> {
  const {ui, stderr} = capturedUi({})
  const never = (): (() => void) => () => undefined
  const size = {columns: () => 100, rows: () => 24, keepColors: false}
  const reporter = make({writer: ui.err, style: ui.errStyle, now: () => 0, ticker: never, ...size})
  const view = new RunView()
  for (const [index, event] of numberEvents('R1', [...history, ...later]).entries()) {
    view.record(event, 0)
    if (index >= history.length) reporter.report(event, view)
  }
  await reporter.close()
  // eslint-disable-next-line no-control-regex -- the sequences that draw and erase the live rows
  const text = stderr.text.replaceAll(/\u001b\[\?7l[^]*?\u001b\[\?7h|\r(?:\u001b\[\d+A)?\u001b\[J/g, '')
  return text.split('\n').filter((line) => line !== '')
}

const interrupted = [
  'parse: attempt 1 was interrupted; the task runs again',
  'report: attempt 1 was interrupted; the task is skipped',
  'clean: attempt 1 was interrupted while the run was being stopped',
]

it('plain: one line per event, and how far the run is', async () => {
  expect(await show((options) => new PlainReporter(options))).toEqual([
    'run R1 is resumed: 1 of 4 tasks done',
    ...interrupted,
    'report: skipped: it was interrupted, and skipped when the run was resumed',
    'parse: started, attempt 2',
  ])
})

it('quiet: what was interrupted', async () => {
  expect(await show((options) => new QuietReporter(options))).toEqual(interrupted)
})

it('on a terminal: the name of the workflow, and columns as wide as its tasks need', async () => {
  expect(await show((options) => new TtyReporter(options))).toEqual([
    'demo · run R1 is resumed: 1 of 4 tasks done',
    ...interrupted.map((line) => `! ${line}`),
    '↷ report  skipped  it was interrupted, and skipped when the run was resumed',
  ])
})
