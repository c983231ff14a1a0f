// A run in a real terminal: what it shows, and what Ctrl-C and a closed window do.

import {describe, expect, it} from 'vitest'
import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {Project, steps} from '../rig/project.ts'
import {tagHolders, isAlive, until} from '../rig/processes.ts'
import {Terminal} from '../rig/terminal.ts'

const hanging = `id: hanging
tasks:
  - {id: first, type: core/shell.run, inputs: {command: 'echo done'}}
  - {id: hang, type: core/shell.run, needs: [first], inputs: {command: 'touch hangs; exec sleep 1000'}}
  - {id: next, type: core/shell.run, needs: [hang], inputs: {command: 'touch next'}}
  - {id: cleanup, type: core/shell.run, needs: [hang], if: '{{ always() }}', inputs: {command: 'touch cleaned'}}
`
const stubborn = `id: stubborn
tasks:
  - {id: hang, type: core/shell.run, inputs: {command: "trap '' TERM INT HUP; touch hangs; while :; do sleep 1000; done"}}
  - {id: cleanup, type: core/shell.run, needs: [hang], if: '{{ always() }}', inputs: {command: 'touch cleaned'}}
`

async function statusOf(project: Project): Promise<string | undefined> {
  return ((await project.json(['runs', 'list'])) as RunSummary[])[0]?.status
}

describe('Ctrl-C', () => {
  it('stops the run, cleans up, journals it as cancelled and exits with 130', async () => {
    const project = new Project({'w.yaml': hanging})
    const terminal = new Terminal(project, ['run', 'w.yaml'])
    await terminal.appears('hangs')
    const {pid} = terminal
    terminal.press('C-c')
    expect(await terminal.exitCode()).toBe(130)
    expect(tagHolders(pid)).toEqual([])
    expect([project.has('cleaned'), project.has('next')]).toEqual([true, false])
    const screen = terminal.screen()
    expect(screen).toContain('stopping: Ctrl-C was pressed')
    expect(screen).toMatch(/hanging cancelled in .*: 2 succeeded, 1 skipped, 1 cancelled \(the run was interrupted\)/)
    expect(await project.json(['runs', 'show'])).toMatchObject({
      status: 'cancelled',
      tasks: [{status: 'succeeded'}, {status: 'cancelled'}, {status: 'skipped', reason: 'the run was interrupted'}, {status: 'succeeded'}],
    })
    expect(steps(await project.events())).toContain('run.stopping')
  })

  it('stops a retry that waits', async () => {
    const project = new Project({
      'w.yaml': 'id: w\ntasks:\n  - {id: t, type: core/shell.run, retry: {max: 5, delay: 1h, maxDelay: 1h}, inputs: {command: "exit 1"}}\n',
    })
    const terminal = new Terminal(project, ['run', 'w.yaml'])
    await terminal.shows('the next one starts in')
    terminal.press('C-c')
    expect(await terminal.exitCode()).toBe(130)
    expect(await statusOf(project)).toBe('cancelled')
  })

  it('stops an SDK action that listens, and gives it time to tidy up', async () => {
    const project = new Project({
      'plugins/p/plugin.yaml': 'namespace: test\nname: p\nversion: 1.0.0\nmain: index.js\nactions: [{name: act}]\n',
      'plugins/p/index.js':
        "import {defineAction} from '@autokestra/plugin-sdk'\nimport {writeFileSync} from 'node:fs'\n" +
        "export const act = defineAction({async execute(_input, {signal}) {\n  const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve))\n  writeFileSync('hangs', '')\n  await stopped\n  writeFileSync('tidied', '')\n}})\n",
      'w.yaml': 'id: w\ntasks:\n  - {id: t, type: test/p.act}\n',
    })
    const terminal = new Terminal(project, ['run', 'w.yaml'])
    await terminal.appears('hangs')
    const {pid} = terminal
    terminal.press('C-c')
    expect(await terminal.exitCode()).toBe(130)
    expect(project.has('tidied')).toBe(true)
    expect(await project.json(['runs', 'show'])).toMatchObject({
      status: 'cancelled',
      tasks: [{status: 'cancelled', error: {code: 'CANCELLED'}}],
    })
    expect(tagHolders(pid)).toEqual([])
  })

  it('a second time leaves at once, and nothing of the run is left', async () => {
    const project = new Project({'w.yaml': stubborn, 'autokestra.yaml': 'limits: {killGrace: 1h}\n'})
    const terminal = new Terminal(project, ['run', 'w.yaml'])
    await terminal.appears('hangs')
    const {pid} = terminal
    terminal.press('C-c')
    await terminal.shows('stopping: Ctrl-C was pressed')
    expect(isAlive(pid)).toBe(true)
    terminal.press('C-c')
    expect(await terminal.exitCode()).toBe(130)
    await until(() => tagHolders(pid).length === 0)
    expect(project.has('cleaned')).toBe(false)
    const screen = terminal.screen()
    expect(screen).toMatch(/stubborn cancelled in .*: 1 skipped, 1 cancelled \(the run was interrupted\)/)
    // Nothing of the live region is left.
    expect(screen).not.toMatch(/\d of \d done/)
    expect(await project.json(['runs', 'show'])).toMatchObject({
      status: 'cancelled',
      reason: 'the run was interrupted',
      tasks: [
        {id: 'hang', status: 'cancelled', error: {code: 'CANCELLED'}},
        {id: 'cleanup', status: 'skipped', reason: 'the run was interrupted'},
      ],
    })
    expect(steps(await project.events()).slice(-5)).toEqual([
      'run.stopping',
      'run.stopping',
      'task.finished hang',
      'task.skipped cleanup',
      'run.finished',
    ])
  })

  it('before a run has started ends the command', async () => {
    const project = new Project()
    const terminal = new Terminal(project, ['run', '-'])
    await until(() => project.home !== '' && isStarted(terminal))
    terminal.press('C-c')
    expect(await terminal.exitCode()).toBe(130)
  })
})

/** The command is asked for its workflow by nobody: its process is all there is to see. */
function isStarted(terminal: Terminal): boolean {
  try {
    return isAlive(terminal.pid)
  } catch {
    // Not written yet.
    return false
  }
}

describe('a window that is closed', () => {
  it('stops the run, which cleans up and is journalled as cancelled', async () => {
    const project = new Project({'w.yaml': hanging})
    const terminal = new Terminal(project, ['run', 'w.yaml'])
    await terminal.appears('hangs')
    const {pid} = terminal
    terminal.close()
    await until(() => !isAlive(pid))
    expect(tagHolders(pid)).toEqual([])
    expect(await statusOf(project)).toBe('cancelled')
    expect([project.has('cleaned'), project.has('next')]).toEqual([true, false])
  })
})

describe('progress in a terminal', () => {
  const long = 'a-task-with-a-rather-long-name-'
  const progress = `id: progress
tasks:
  - {id: one, type: core/shell.run, inputs: {command: 'echo Hello, world!'}}
  - {id: two, type: core/console.log, needs: [one], inputs: {message: "said by a logger"}}
  - {id: bad, type: core/shell.run, needs: [two], continueOnError: true, inputs: {command: "printf 'evil\\\\r\\\\033]0;title\\\\007\\\\033[2Jtext \\\\033[32mgreen\\\\n'; exit 4"}}
  - {id: ${long}1, type: core/shell.run, needs: [bad], inputs: {command: 'echo 你好 $(seq 1 100); echo last >&2; touch hangs; until [ -e go ]; do sleep 0.01; done'}}
  - {id: ${long}2, type: core/shell.run, needs: [bad], inputs: {command: 'until [ -e go ]; do sleep 0.01; done'}}
`

  /** What was shown, with times and run ids made the same. */
  function lines(text: string): string[] {
    return text.split('\n').map((line) =>
      line
        .replaceAll(/\d{8}-\d{6}-[0-9a-f]{6}/g, 'RUN')
        .replaceAll(/\d+(\.\d)? m?s\b/g, 'TIME')
        .trimEnd(),
    )
  }

  it('is a line per finished task with the end of its log, live rows of what runs, and a summary; nothing is left of the live rows', async () => {
    const project = new Project({'w.yaml': progress})
    const terminal = new Terminal(project, ['run', 'w.yaml', '--concurrency', '2'], {columns: 200})
    await terminal.appears('hangs')
    await terminal.shows('3 of 5 done · 2 running')
    const live = lines(await terminal.shows('│ last'))
    expect(live.slice(-5)).toEqual([
      `● ${long}1  TIME`,
      expect.stringMatching(/^ {4}│ 你好 1 2 3 .*…$/),
      '    │ last',
      `● ${long}2  TIME`,
      '  3 of 5 done · 2 running',
    ])
    project.write({go: ''})
    expect(await terminal.exitCode()).toBe(0)
    const shown = lines(terminal.screen())
    const padded = (id: string): string => id.padEnd(32)
    expect(shown.slice(0, 7)).toEqual([
      'progress · run RUN · 5 tasks',
      `✓ ${padded('one')}  succeeded  TIME`,
      '    │ Hello, world!',
      `✓ ${padded('two')}  succeeded  TIME`,
      '    │ said by a logger',
      `✗ ${padded('bad')}  failed  TIME  EXIT_CODE: the process ended with exit code 4 (tolerated: continueOnError)`,
      '    │ evil^Mtext green',
    ])
    const end = shown.indexOf('')
    expect(
      shown
        .slice(7, end)
        .filter((line) => line.startsWith('✓'))
        .sort(),
    ).toEqual([`✓ ${padded(`${long}1`)}  succeeded  TIME`, `✓ ${padded(`${long}2`)}  succeeded  TIME`])
    expect(shown.slice(end)).toEqual([
      '',
      '✓ progress succeeded in TIME: 4 succeeded, 1 failed',
      '  warning  bad failed, but the run continued (continueOnError): EXIT_CODE: the process ended with exit code 4',
      '  workflow runs logs RUN --task bad',
      '  workflow runs show RUN',
      '(ended with 0)',
    ])
  })

  it('has colours, and none with NO_COLOR', async () => {
    const run = async (env: Record<string, string>): Promise<string> => {
      const project = new Project({'w.yaml': progress, go: ''})
      const terminal = new Terminal(project, ['run', 'w.yaml'], {env})
      expect(await terminal.exitCode()).toBe(0)
      return terminal.history()
    }
    const colored = await run({})
    expect(colored).toContain('\u001b[32m✓')
    expect(colored).toContain('\u001b[32mgreen')
    expect(await run({NO_COLOR: '1'})).not.toContain('\u001b[')
  })

  it('is ASCII without a UTF-8 locale', async () => {
    const project = new Project({'w.yaml': progress, go: ''})
    const terminal = new Terminal(project, ['run', 'w.yaml'], {env: {LANG: 'C', NO_COLOR: '1'}})
    expect(await terminal.exitCode()).toBe(0)
    // eslint-disable-next-line no-control-regex -- everything beyond ASCII that no task printed is what is looked for
    expect(terminal.screen().replaceAll('你好', '')).not.toMatch(/[^\x00-\x7f]/)
  })

  it('keeps each live row on one row of a narrow terminal', async () => {
    const project = new Project({'w.yaml': progress})
    const terminal = new Terminal(project, ['run', 'w.yaml', '--concurrency', '2'], {columns: 30, rows: 60})
    await terminal.appears('hangs')
    const live = lines(await terminal.shows('│ last')).slice(-5)
    expect(live).toEqual([
      expect.stringMatching(/^● a-task.*…$/),
      expect.stringMatching(/^ {4}│ 你好 1 2 3 .*…$/),
      '    │ last',
      expect.stringMatching(/^● a-task.*…$/),
      '  3 of 5 done · 2 running',
    ])
    project.write({go: ''})
    expect(await terminal.exitCode()).toBe(0)
    expect(terminal.screen()).not.toContain('of 5 done')
  })

  it('keeps what was shown before, and leaves no trace of live rows in the scrollback of a low window', async () => {
    const task = (id: number): string =>
      `  - {id: t${String(id)}, type: core/shell.run, inputs: {command: 'for n in 1 2 3 4 5 6; do echo $n; sleep 0.02; done'}}\n`
    const project = new Project({'w.yaml': `id: w\ntasks:\n${Array.from({length: 6}, (_, id) => task(id)).join('')}`})
    const terminal = new Terminal(project, ['run', 'w.yaml', '--concurrency', '3'], {columns: 40, rows: 8, env: {NO_COLOR: '1'}})
    expect(await terminal.exitCode()).toBe(0)
    const shown = lines(terminal.history())
    expect(shown.filter((line) => line.includes('│'))).toEqual(
      Array.from({length: 6}, () => [1, 2, 3, 4, 5, 6].map((n) => `    │ ${String(n)}`)).flat(),
    )
    expect(shown.filter((line) => /●|of 6 done/.test(line))).toEqual([])
    expect(shown[0]).toMatch(/^w · run RUN/)
  })

  it('shows every line with -v, and none with -q', async () => {
    const run = async (flag: string): Promise<string[]> => {
      const project = new Project({'w.yaml': progress, go: ''})
      const terminal = new Terminal(project, ['run', 'w.yaml', flag], {columns: 200})
      expect(await terminal.exitCode()).toBe(0)
      return lines(terminal.screen())
    }
    const verbose = await run('-v')
    expect(verbose).toContain('  one │ Hello, world!')
    expect(verbose).toContain(`  ${long}1 │ last`)
    expect((await run('-q')).slice(0, 2)).toEqual([
      'bad: failed in TIME: EXIT_CODE: the process ended with exit code 4 (tolerated: continueOnError)',
      '✓ progress succeeded in TIME: 4 succeeded, 1 failed',
    ])
  })

  it('is plain lines on a dumb terminal, and where plain is asked for', async () => {
    for (const [args, env] of [
      [[], {TERM: 'dumb'}],
      [['--progress', 'plain'], {}],
    ] as const) {
      const project = new Project({'w.yaml': progress, go: ''})
      const terminal = new Terminal(project, ['run', 'w.yaml', ...args], {env})
      expect(await terminal.exitCode()).toBe(0)
      expect(terminal.screen()).toContain('one: started\n')
    }
  })
})

describe('runs logs in a terminal', () => {
  it('neutralises what tasks printed, and keeps plain colours', async () => {
    const project = new Project({
      'w.yaml': `id: w\ntasks:\n  - {id: t, type: core/shell.run, inputs: {command: "printf 'a\\\\rb\\\\033]0;title\\\\007c\\\\033[2Jd\\\\033[31mred\\\\033[0m\\\\n'"}}\n`,
    })
    await project.run(['run', 'w.yaml'])
    const terminal = new Terminal(project, ['runs', 'logs', '--task', 't'])
    expect(await terminal.exitCode()).toBe(0)
    expect(terminal.screen()).toBe('a^Mbcdred\n(ended with 0)')
    expect(terminal.history()).toContain('\u001b[31mred')
  })
})
