import {describe, expect, test} from 'vitest'
import type {RunEventBody} from '../../../../src/lib/engine/events.ts'
import type {Reporter} from '../../../../src/lib/engine/ports.ts'
import {createReporter, type ProgressMode} from '../../../../src/lib/ui/reporters/create-reporter.ts'
import {EventsReporter, eventsVersionLine} from '../../../../src/lib/ui/reporters/reporter-events.ts'
import {GithubReporter} from '../../../../src/lib/ui/reporters/reporter-github.ts'
import {PlainReporter} from '../../../../src/lib/ui/reporters/reporter-plain.ts'
import {QuietReporter} from '../../../../src/lib/ui/reporters/reporter-quiet.ts'
import {TtyReporter} from '../../../../src/lib/ui/reporters/reporter-tty.ts'
import {defined} from '../../../../src/lib/util/defined.ts'
import {capturedUi} from '../../../rig/captured-ui.ts'
import {viewed} from '../../../rig/viewed-reporter.ts'
import {begun, failed, finished, log, numberEvents, started, succeeded} from '../../../rig/run-events.ts'

const mixedRun: RunEventBody[] = [
  started('fetch', 'parse', 'lint', 'report'),
  begun('fetch'),
  begun('parse'),
  log('fetch', 'downloading'),
  log('parse', 'half\rdone \u001b[2J'),
  log('fetch', 'be careful', {stream: 'log', level: 'error'}),
  {
    type: 'task.retrying',
    task: 'parse',
    attempt: 1,
    delayMs: 1200,
    error: {code: 'TIMEOUT', message: 'took longer than 5 s', retryable: true},
    metrics: {durationMs: 5000},
  },
  succeeded('fetch', 1234),
  begun('parse', 2),
  failed('parse', {attempt: 2, message: 'line one\nline two'}),
  begun('lint'),
  failed('lint', {isTolerated: true}),
  {type: 'task.skipped', task: 'report', reason: 'needs "parse", which failed'},
  {type: 'diagnostic', severity: 'warning', code: 'STDOUT_POLLUTED', message: 'extra text on stdout', task: 'fetch'},
  finished('failed', {succeeded: 1, failed: 2, skipped: 1}, 'task "parse" failed'),
]

const summary = [
  '✗ demo failed in 1 m 03 s: 1 succeeded, 2 failed, 1 skipped (task "parse" failed)',
  '  warning  fetch: extra text on stdout',
  '  warning  lint failed, but the run continued (continueOnError): EXIT_CODE: the process ended with exit code 2',
  '  failed   parse (2 attempts): EXIT_CODE: line one line two',
  '  workflow runs logs R1 --task parse',
  '  workflow runs show R1',
]

/** A clock and a ticker that the test moves. */
function testTime() {
  let nowMs = 0
  const callbacks = new Set<() => void>()
  return {
    now: () => nowMs,
    ticker: (_everyMs: number, callback: () => void) => {
      callbacks.add(callback)
      return () => {
        callbacks.delete(callback)
      }
    },
    pass: (ms: number) => {
      nowMs += ms
      for (const callback of callbacks) callback()
    },
    get listeners() {
      return callbacks.size
    },
  }
}

async function show(bodies: readonly RunEventBody[], make: (options: ReturnType<typeof setUp>) => Reporter): Promise<string[]> {
  const options = setUp()
  const reporter = viewed(make(options), options.now)
  for (const event of numberEvents('R1', bodies)) reporter.report(event)
  await reporter.close()
  expect(options.time.listeners).toBe(0)
  return withoutLiveRows(options.stderr.text).split('\n')
}

/** What is left on the screen. */
function withoutLiveRows(text: string): string {
  // eslint-disable-next-line no-control-regex -- the sequences that draw and erase the live rows
  return text.replaceAll(/\u001b\[\?7l[^]*?\u001b\[\?7h|\r(?:\u001b\[\d+A)?\u001b\[J/g, '')
}

function setUp(isTty = false, env?: Record<string, string>) {
  const time = testTime()
  const {ui, stdout, stderr} = capturedUi({isTty, ...defined({env})})
  return {
    time,
    ui,
    stdout,
    stderr,
    writer: ui.err,
    style: ui.errStyle,
    now: time.now,
    ticker: time.ticker,
    columns: () => 100,
    rows: () => 24,
    keepColors: false,
  }
}

describe('the summary', () => {
  const details = ['Error: no luck', '    at a (/p/a.ts:1:1)', '    at b (/p/b.ts:1:1)', '    at c (/p/c.ts:1:1)', '    at d', '    at e']

  test('shows the beginning of a stack, and sends nobody to an empty log', async () => {
    const lines = await show(
      [started('a'), begun('a'), failed('a', {message: 'no luck', details}), finished('failed', {failed: 1})],
      (options) => new QuietReporter(options),
    )
    expect(lines.slice(2)).toEqual([
      '  failed   a: EXIT_CODE: no luck',
      '               at a (/p/a.ts:1:1)',
      '               at b (/p/b.ts:1:1)',
      '               at c (/p/c.ts:1:1)',
      '           and 2 more lines',
      '  workflow runs show R1',
      '',
    ])
  })

  test('names the log of a failed task that has one', async () => {
    const lines = await show(
      [started('a', 'b'), begun('a'), failed('a'), begun('b'), log('b', 'x'), failed('b'), finished('failed', {failed: 2})],
      (options) => new QuietReporter(options),
    )
    expect(lines.slice(-3)).toEqual(['  workflow runs logs R1 --task b', '  workflow runs show R1', ''])
  })
})

describe('PlainReporter', () => {
  test('prints one line per event, logs after their task, and a summary', async () => {
    expect(await show(mixedRun, (options) => new PlainReporter(options))).toEqual([
      'workflow demo: run R1 started with 4 tasks',
      'fetch: started',
      'parse: started',
      'fetch | downloading',
      'parse | half^Mdone ',
      'fetch | error: be careful',
      'parse: attempt 1 failed, the next one starts in 1.2 s: TIMEOUT: took longer than 5 s',
      'fetch: succeeded in 1.2 s',
      'parse: started, attempt 2',
      'parse: failed after 2 attempts in 1.5 s: EXIT_CODE: line one line two',
      'lint: started',
      'lint: failed in 1.5 s: EXIT_CODE: the process ended with exit code 2 (tolerated: continueOnError)',
      'report: skipped: needs "parse", which failed',
      'warning[STDOUT_POLLUTED]: fetch: extra text on stdout',
      ...summary,
      '',
    ])
  })

  test('says once a minute which tasks still run', () => {
    const options = setUp()
    const reporter = viewed(new PlainReporter(options), options.now)
    const tasks = Array.from({length: 7}, (_, index) => `t${String(index)}`)
    for (const event of numberEvents('R1', [started(...tasks), ...tasks.map((task) => begun(task))])) reporter.report(event)
    reporter.report({seq: 99, ts: '', run: 'R1', ...succeeded('t0')})
    options.writer.flushNow()
    options.stderr.text = ''
    for (let round = 0; round < 25; round++) options.time.pass(5_000)
    options.writer.flushNow()
    expect(options.stderr.text).toBe(
      [60, 120]
        .map(
          (seconds) =>
            `still running: ${[1, 2, 3, 4, 5].map((n) => `t${String(n)} (${String(seconds / 60)} m 00 s)`).join(', ')} and 1 more\n`,
        )
        .join(''),
    )
  })

  test('does not say that a task still runs which waits to be tried again, and counts the next attempt from its start', () => {
    const options = setUp()
    const reporter = viewed(new PlainReporter(options), options.now)
    const report = (...bodies: RunEventBody[]): void => {
      for (const event of numberEvents('R1', bodies)) reporter.report(event)
      options.writer.flushNow()
      options.stderr.text = ''
    }
    const shown = (): string => {
      options.writer.flushNow()
      return options.stderr.text
    }
    const error = {code: 'EXIT_CODE', message: 'm', retryable: true}
    report(started('a', 'b', 'c'), begun('a'), begun('b'), begun('c'))
    options.time.pass(30_000)
    report({type: 'task.retrying', task: 'a', attempt: 1, delayMs: 600_000, error, metrics: {durationMs: 1}})
    report({type: 'task.finished', task: 'c', attempt: 1, status: 'cancelled', error, metrics: {durationMs: 1}})
    for (let round = 0; round < 8; round++) options.time.pass(5_000)
    expect(shown()).toBe('still running: b (1 m 00 s)\n')
    report(begun('a', 2))
    for (let round = 0; round < 12; round++) options.time.pass(5_000)
    expect(shown()).toBe('still running: b (2 m 00 s)\nstill running: a (1 m 00 s)\n')
  })

  test('costs few writes for many events', async () => {
    const options = setUp()
    let writes = 0
    const write = options.stderr.write.bind(options.stderr)
    options.stderr.write = (text) => {
      writes += 1
      return write(text)
    }
    const reporter = viewed(new PlainReporter(options), options.now)
    const tasks = Array.from({length: 10_000}, (_, index) => `task-${String(index)}`)
    for (const event of numberEvents('R1', [started(...tasks), ...tasks.flatMap((task) => [begun(task), succeeded(task)])]))
      reporter.report(event)
    await reporter.close()
    expect(options.stderr.text.split('\n')).toHaveLength(20_002)
    expect(writes).toBeLessThan(20)
  })
})

test('QuietReporter prints failures and the end', async () => {
  expect(await show(mixedRun, (options) => new QuietReporter(options))).toEqual([
    'parse: failed after 2 attempts in 1.5 s: EXIT_CODE: line one line two',
    'lint: failed in 1.5 s: EXIT_CODE: the process ended with exit code 2 (tolerated: continueOnError)',
    ...summary,
    '',
  ])
})

test('QuietReporter prints the last lines of a failed task, of its last attempt', async () => {
  const noisy = Array.from({length: 25}, (_, nth) => log('a', `line ${String(nth)}`))
  const lines = await show(
    [started('a', 'b'), begun('a'), log('b', 'of b'), ...noisy, succeeded('b'), failed('a')],
    (options) => new QuietReporter(options),
  )
  expect(lines).toEqual([
    'a: failed in 1.5 s: EXIT_CODE: the process ended with exit code 2',
    'a | 5 earlier lines: workflow runs logs R1 --task a',
    ...Array.from({length: 20}, (_, nth) => `a | line ${String(nth + 5)}`),
    '',
  ])
})

test('QuietReporter shows no line of any task when none is wanted', async () => {
  const lines = await show(
    [started('a'), begun('a'), log('a', 'x'), failed('a')],
    (options) => new QuietReporter({...options, hasTails: false}),
  )
  expect(lines).toEqual(['a: failed in 1.5 s: EXIT_CODE: the process ended with exit code 2', ''])
})

describe('GithubReporter', () => {
  test('folds the log of each task and annotates failures', async () => {
    const lines = await show(mixedRun, (options) => new GithubReporter(options))
    expect(lines.slice(4, 13)).toEqual([
      '::group::fetch: log',
      'fetch | downloading',
      'fetch | error: be careful',
      '::endgroup::',
      'fetch: succeeded in 1.2 s',
      'parse: started, attempt 2',
      '::group::parse: log',
      'parse | half^Mdone ',
      '::endgroup::',
    ])
    expect(lines).toContain('::error title=task parse failed::EXIT_CODE: line one line two')
    expect(lines).toContain('::warning title=task lint failed::EXIT_CODE: the process ended with exit code 2')
    expect(lines).toContain('::warning title=STDOUT_POLLUTED::extra text on stdout')
  })

  test('lets no log line give commands to the runner', async () => {
    const hostile = ['::add-mask::x', '  ::stop-commands::y', '##[error]no', 'text ##[group]x', '\n::set-output name=a::b']
    const lines = await show(
      [
        started('a'),
        ...hostile.map((line) => log('a', line)),
        {type: 'task.skipped', task: 'a', reason: '::error::no'},
        finished('cancelled', {cancelled: 1}, '::error::no'),
      ],
      (options) => new GithubReporter(options),
    )
    const commands = lines.filter((line) => /^\s*::|##\[/.test(line))
    expect(commands).toEqual(['::group::a: log', '::endgroup::'])
  })

  test('shows a long log in several folds instead of keeping it', () => {
    const options = setUp()
    const reporter = viewed(new GithubReporter(options), options.now)
    for (const event of numberEvents('R1', [started('a'), ...Array.from({length: 1000}, () => log('a', 'x'.repeat(500)))]))
      reporter.report(event)
    options.writer.flushNow()
    expect(options.stderr.text.match(/::group::a: log, continued below/g)).toHaveLength(7)
  })
})

describe('TtyReporter', () => {
  test('keeps a line per finished task with the end of its log, more of it of failed ones', async () => {
    const noisy = [...Array.from({length: 25}, (_, index) => log('parse', `line ${String(index)}`))]
    const lines = await show([...mixedRun.slice(0, 9), ...noisy, ...mixedRun.slice(9)], (options) => new TtyReporter(options))
    expect(lines).toEqual([
      'demo · run R1 · 4 tasks',
      '! parse: attempt 1 failed, the next one starts in 1.2 s: TIMEOUT: took longer than 5 s',
      '✓ fetch   succeeded  1.2 s',
      '    │ downloading',
      '    │ error: be careful',
      '✗ parse   failed  1.5 s, attempt 2  EXIT_CODE: line one line two',
      '    │ 5 earlier lines: workflow runs logs R1 --task parse',
      ...Array.from({length: 20}, (_, index) => `    │ line ${String(index + 5)}`),
      '✗ lint    failed  1.5 s  EXIT_CODE: the process ended with exit code 2 (tolerated: continueOnError)',
      '↷ report  skipped  needs "parse", which failed',
      '',
      ...summary,
      '',
    ])
  })

  const manyLines = (task: string, amount: number): RunEventBody[] =>
    Array.from({length: amount}, (_, index) => log(task, `line ${String(index + 1)}`))

  test('leaves the last 10 lines of a task that succeeded, with the count of the others and the command that shows them', async () => {
    const lines = await show(
      [started('a', 'b'), begun('a'), ...manyLines('a', 12), succeeded('a'), begun('b'), ...manyLines('b', 11), succeeded('b')],
      (options) => new TtyReporter(options),
    )
    expect(lines).toEqual([
      'demo · run R1 · 2 tasks',
      '✓ a  succeeded  1.0 s',
      '    │ 2 earlier lines: workflow runs logs R1 --task a',
      ...Array.from({length: 10}, (_, index) => `    │ line ${String(index + 3)}`),
      '✓ b  succeeded  1.0 s',
      '    │ 1 earlier line: workflow runs logs R1 --task b',
      ...Array.from({length: 10}, (_, index) => `    │ line ${String(index + 2)}`),
      '',
    ])
  })

  test.each([
    [20, true],
    [21, false],
  ])('in a run of %i tasks, one that succeeds leaves its lines: %s; one that fails always does', async (amount, isShown) => {
    const tasks = Array.from({length: amount}, (_, index) => `t${String(index)}`)
    const lines = await show(
      [started(...tasks), log('t0', 'of t0'), log('t0', 'by a logger', {stream: 'log'}), succeeded('t0'), log('t1', 'of t1'), failed('t1')],
      (options) => new TtyReporter(options),
    )
    expect(lines.filter((line) => line.includes('│'))).toEqual(
      isShown ? ['    │ of t0', '    │ by a logger', '    │ of t1'] : ['  t0 │ by a logger', '    │ of t1'],
    )
  })

  test('prints every line as it comes when verbose, and none again at the end', async () => {
    const lines = await show(
      [started('a', 'b'), begun('a'), ...manyLines('a', 12), begun('b'), log('b', 'x'), succeeded('a'), failed('b')],
      (options) => new TtyReporter({...options, isVerbose: true}),
    )
    expect(lines.slice(1)).toEqual([
      ...Array.from({length: 12}, (_, index) => `  a │ line ${String(index + 1)}`),
      '  b │ x',
      '✓ a  succeeded  1.0 s',
      '✗ b  failed  1.5 s  EXIT_CODE: the process ended with exit code 2',
      '',
    ])
  })

  const noWrap = '\u001b[?7l'
  const wrap = '\u001b[?7h'

  test('redraws what runs below what is permanent, and leaves nothing of it behind', async () => {
    const options = setUp(true)
    const reporter = viewed(new TtyReporter(options), options.now)
    const report = (...bodies: readonly RunEventBody[]): void => {
      for (const event of numberEvents('R1', bodies)) reporter.report(event)
    }
    report(started('a', 'b'), begun('a'), log('a', 'tab\tand \u001b[31mred\u001b[2J'))
    options.time.pass(100)
    report(log('a', 'more'), succeeded('a'))
    options.time.pass(100)
    report(finished('succeeded', {succeeded: 2}))
    options.time.pass(100)
    await reporter.close()
    expect(options.stderr.text).toBe(
      [
        `demo · run R1 · 2 tasks\n${noWrap}  0 of 2 done${wrap}`,
        `\r\u001b[J${noWrap}● a  100 ms\n    │ tab  and red\n  0 of 2 done · 1 running${wrap}`,
        `\r\u001b[2A\u001b[J✓ a  succeeded  1.0 s\n    │ tab\tand red\n    │ more\n${noWrap}  1 of 2 done${wrap}`,
        `\r\u001b[J\n✓ demo succeeded in 1 m 03 s: 2 succeeded\n  workflow runs show R1\n`,
      ].join(''),
    )
  })

  test('redraws at most once in 100 ms, however much happens', async () => {
    const options = setUp(true)
    const reporter = viewed(new TtyReporter({...options, isVerbose: true}), options.now)
    const tasks = Array.from({length: 100}, (_, index) => `t${String(index)}`)
    const events = numberEvents('R1', [started(...tasks), ...tasks.flatMap((task) => [begun(task), log(task, 'x'), succeeded(task)])])
    events.forEach((event, index) => {
      reporter.report(event)
      if (index % 10 === 0) options.time.pass(100)
    })
    await reporter.close()
    expect(options.stderr.text.split(noWrap).length - 1).toBeLessThanOrEqual(Math.ceil(events.length / 10) + 1)
    expect(options.stderr.text.match(/ succeeded /g)).toHaveLength(100)
  })

  test('erases the rows that a narrower window has wrapped', async () => {
    const options = setUp(true)
    let columns = 80
    const reporter = viewed(new TtyReporter({...options, columns: () => columns}), options.now)
    const [first, second, third] = numberEvents('R1', [started('a'), begun('a'), log('a', 'x'.repeat(200))])
    for (const event of [first, second, third]) if (event !== undefined) reporter.report(event)
    options.time.pass(100)
    options.writer.flushNow()
    columns = 40
    options.stderr.text = ''
    for (let tick = 0; tick < 10; tick++) options.time.pass(100)
    await reporter.close()
    // 79 columns take two rows of 40, the rows above and below it one each: the cursor stands on the last of four.
    expect(options.stderr.text.startsWith('\r\u001b[3A\u001b[J')).toBe(true)
  })

  test('shows no more rows than a window has, and shares them out', async () => {
    const options = setUp(true)
    const reporter = viewed(new TtyReporter({...options, rows: () => 8}), options.now)
    const tasks = ['a', 'b', 'c']
    for (const event of numberEvents('R1', [
      started(...tasks),
      ...tasks.flatMap((task) => [begun(task), log(task, `${task} 1`), log(task, `${task} 2`)]),
    ]))
      reporter.report(event)
    options.time.pass(100)
    await reporter.close()
    const region = options.stderr.text.split(noWrap).at(-1)?.split(wrap)[0]?.split('\n')
    expect(region).toEqual(['● a  100 ms', '    │ a 2', '● b  100 ms', '    │ b 2', '● c  100 ms', '  0 of 3 done · 3 running'])
  })

  test('counts down to a retry', async () => {
    const options = setUp(true)
    const reporter = viewed(new TtyReporter(options), options.now)
    for (const event of numberEvents('R1', [started('parse'), begun('parse'), ...mixedRun.slice(6, 7)])) reporter.report(event)
    options.time.pass(200)
    await reporter.close()
    expect(options.stderr.text).toContain('! parse  attempt 2 in 1.0 s\n  0 of 1 done · 1 waiting to retry')
  })

  test('uses colours beside words, and ASCII where there is no UTF-8', async () => {
    const options = setUp(true, {FORCE_COLOR: '1', LANG: 'C'})
    const reporter = viewed(new TtyReporter(options), options.now)
    for (const event of numberEvents('R1', [started('a'), begun('a'), failed('a'), finished('failed', {failed: 1})])) reporter.report(event)
    await reporter.close()
    expect(options.stderr.text).toContain('\u001b[31mx\u001b[39m a  \u001b[31mfailed\u001b[39m')
    expect(options.stderr.text).toMatch(/^\p{ASCII}*$/u)
  })
})

describe('EventsReporter', () => {
  test('prints a version line and then each event as the journal keeps it', async () => {
    const {ui, stdout} = capturedUi()
    const reporter = viewed(new EventsReporter(ui.out))
    const events = numberEvents('R1', mixedRun)
    for (const event of events) reporter.report(event)
    await reporter.close()
    expect(stdout.text).toBe([eventsVersionLine(2), ...events.map((event) => JSON.stringify(event)), ''].join('\n'))
    expect(stdout.text.split('\n')[1]).toMatch(/^\{"seq":1,"ts":"[^"]+","run":"R1","type":"run\.started"/)
  })
})

describe('createReporter', () => {
  const reporterFor = (mode: ProgressMode, isTty: boolean, env: Record<string, string> = {}): string =>
    createReporter(mode, capturedUi({isTty, env}).ui).constructor.name
  test.each([
    ['auto', true, {}, 'TtyReporter'],
    ['auto', true, {CI: '1'}, 'PlainReporter'],
    ['auto', true, {TERM: 'dumb'}, 'PlainReporter'],
    ['auto', false, {}, 'PlainReporter'],
    ['auto', false, {CI: 'true', GITHUB_ACTIONS: 'true'}, 'GithubReporter'],
    ['tty', true, {CI: '1'}, 'TtyReporter'],
    ['tty', false, {}, 'PlainReporter'],
    ['plain', true, {}, 'PlainReporter'],
    ['quiet', true, {}, 'QuietReporter'],
  ] as const)('%s, terminal: %s, %j -> %s', (mode, isTty, env, name) => {
    expect(reporterFor(mode, isTty, env)).toBe(name)
  })
})
