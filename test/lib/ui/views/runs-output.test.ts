import {describe, expect, test} from 'vitest'
import {printEventStream, printLogs} from '../../../../src/lib/ui/views/print-events.ts'
import {renderRunDetails} from '../../../../src/lib/ui/views/run-details.ts'
import {renderRunList, type ListedRun} from '../../../../src/lib/ui/views/run-list.ts'
import {capturedUi} from '../../../rig/captured-ui.ts'
import {log, numberEvents} from '../../../rig/run-events.ts'

const now = Date.parse('2026-01-01T01:00:00.000Z')
const runs: ListedRun[] = [
  {id: 'R2', workflow: 'demo', status: 'running', startedAt: '2026-01-01T00:59:00.000Z', taskCount: 3},
  {
    id: 'R1',
    workflow: 'demo',
    status: 'failed',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1500,
    taskCount: 3,
    counts: {succeeded: 1, failed: 2},
  },
  {id: 'R0', workflow: 'demo', status: 'interrupted', startedAt: '2026-01-01T00:00:00.000Z'},
]

describe('renderRunList', () => {
  test('speaks to people on a terminal', () => {
    expect(renderRunList(runs, capturedUi({isTty: true}).ui, now).split('\n')).toEqual([
      'RUN  WORKFLOW  STATUS       STARTED       DURATION  TASKS',
      'R2   demo      running      1 minute ago  1 m 00 s  3',
      'R1   demo      failed       1 hour ago    1.5 s     1/3, 2 failed',
      'R0   demo      interrupted  1 hour ago    -',
      '',
    ])
  })

  test('speaks to programs in a pipe', () => {
    expect(renderRunList(runs.slice(1, 2), capturedUi().ui, now)).toBe('R1\tdemo\tfailed\t2026-01-01T00:00:00.000Z\t1500\t1/3, 2 failed\n')
  })
})

test('renderRunDetails shows what an error says beyond its sentence, and names no task that printed nothing', () => {
  const stack = ['TypeError: deep', '    at inner (/p/src/a.ts:6:9)', '    at \u001b[2Jouter (/p/src/b.ts:2:1)', 'cause: Error: below']
  const text = renderRunDetails(
    {
      id: 'R1',
      workflow: 'demo',
      status: 'failed',
      startedAt: '2026-01-01T00:00:00.000Z',
      file: '/w.yaml',
      tasks: [
        {
          id: 'a',
          type: 'x/y.z',
          status: 'failed',
          attempts: 1,
          error: {code: 'ACTION_FAILED', message: 'deep', retryable: true, details: stack},
        },
        {id: 'b', type: 'x/y.z', status: 'failed', attempts: 1, error: {code: 'X', message: 'one', retryable: true, details: ['one']}},
      ],
      warnings: [],
    },
    capturedUi().ui,
    now,
  )
  expect(text.split('\n').slice(5)).toEqual([
    '',
    expect.stringContaining('ACTION_FAILED: deep'),
    expect.stringContaining('X: one'),
    '',
    'a: ACTION_FAILED: deep',
    '      at inner (/p/src/a.ts:6:9)',
    '      at outer (/p/src/b.ts:2:1)',
    '  cause: Error: below',
    '',
  ])
})

test('renderRunDetails shows each task and where to look further', () => {
  const text = renderRunDetails(
    {
      id: 'R1',
      workflow: 'demo',
      status: 'failed',
      startedAt: '2026-01-01T00:00:00.000Z',
      durationMs: 1500,
      file: '-',
      reason: 'task "a" failed',
      logsOf: 'a',
      tasks: [
        {
          id: 'a',
          type: 'core/shell.run',
          status: 'failed',
          attempts: 2,
          durationMs: 900,
          error: {code: 'EXIT_CODE', message: 'exit code 2', retryable: true},
        },
        {id: 'b', type: 'core/shell.run', status: 'skipped', attempts: 0, reason: 'needs "a"'},
      ],
      warnings: [{severity: 'warning', message: 'look here', task: 'a'}],
    },
    capturedUi({isTty: true}).ui,
    now,
  )
  expect(text.split('\n')).toEqual([
    'run       R1',
    'workflow  demo',
    'file      standard input',
    'started   1 hour ago (2026-01-01T00:00:00.000Z)',
    'status    ✗ failed in 1.5 s: task "a" failed',
    'warning   a: look here',
    '',
    '   TASK  STATUS   DURATION  TYPE            NOTE',
    '✗  a     failed   900 ms    core/shell.run  2 attempts; EXIT_CODE: exit code 2',
    '↷  b     skipped            core/shell.run  needs "a"',
    '',
    'workflow runs logs R1 --task a',
    '',
  ])
})

test('a run of lists stays readable in 40 columns: no word is broken', () => {
  const {ui} = capturedUi({isTty: true})
  const narrow = {...ui, outTerminal: {...ui.outTerminal, columns: 40}}
  const run = {
    id: '20260101-000000-abcdef',
    workflow: 'demo',
    status: 'failed',
    startedAt: '2026-01-01T00:00:00.000Z',
    taskCount: 2,
    counts: {succeeded: 1, failed: 1},
  } as const
  expect(renderRunList([run], narrow, now)).toBe(
    '20260101-000000-abcdef\n  WORKFLOW  demo\n  STATUS    failed\n  STARTED   1 hour ago\n  DURATION  -\n  TASKS     1/2, 1 failed\n',
  )
  const task = {
    id: 'a',
    type: 'core/shell.run',
    status: 'skipped',
    attempts: 0,
    reason: 'needs the task b, which failed before it could begin',
  } as const
  const shown = renderRunDetails({...run, file: '-', tasks: [task], warnings: []}, narrow, now).split('\n')
  expect(shown.slice(-6)).toEqual([
    '↷ a',
    '  STATUS    skipped',
    '  TYPE      core/shell.run',
    '  NOTE      needs the task b, which',
    '            failed before it could begin',
    '',
  ])
  expect(shown.slice(6).filter((line) => line.length > 40)).toEqual([])
})

describe('logs and events', () => {
  const events = numberEvents('R1', [log('a', 'red \u001b[31mx\r'), log('b', 'two\nlines', {stream: 'log', level: 'error'})])
  const lines = events.map((event) => ({line: JSON.stringify(event)}))

  test('go into a pipe without escape sequences, or as they are when they are wanted raw', async () => {
    const {ui, stdout} = capturedUi()
    await printLogs(lines, ui, {isJson: false, hasTask: false, hasTime: false, isRaw: false})
    expect(stdout.text).toBe('red x\nerror: two\nerror: lines\n')
    const raw = capturedUi()
    await printLogs(lines, raw.ui, {isJson: false, hasTask: false, hasTime: false, isRaw: true})
    expect(raw.stdout.text).toBe('red \u001b[31mx\r\nerror: two\nerror: lines\n')
  })

  test('are made harmless on a terminal, and every line tells its task and time', async () => {
    const {ui, stdout} = capturedUi({isTty: true})
    await printLogs(lines, ui, {isJson: false, hasTask: true, hasTime: true, isRaw: false})
    expect(stdout.text).toBe(
      '2026-01-01T00:00:01.000Z a | red x\n2026-01-01T00:00:02.000Z b | error: two\n2026-01-01T00:00:02.000Z b | error: lines\n',
    )
  })

  test('are one JSON document', async () => {
    const some = capturedUi()
    await printLogs(lines, some.ui, {isJson: true, hasTask: true, hasTime: false, isRaw: false})
    expect(JSON.parse(some.stdout.text)).toEqual(events)
    const none = capturedUi()
    await printLogs([], none.ui, {isJson: true, hasTask: true, hasTime: false, isRaw: false})
    expect(JSON.parse(none.stdout.text)).toEqual([])
  })

  test('are replayed with the version line first', async () => {
    const {ui, stdout} = capturedUi()
    await printEventStream(lines, 7, ui)
    expect(stdout.text.split('\n').slice(1)).toEqual([...lines.map(({line}) => line), ''])
    expect(JSON.parse(stdout.text.split('\n')[0] ?? '')).toEqual({type: 'version', format: 'autokestra-events', version: 7})
  })
})
