// A run in a real terminal: what it shows, and what Ctrl-C and a closed window do.

import {describe, expect, it} from 'vitest'
import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {Project, steps} from '../rig/project.ts'
import {cookieHolders, isAlive, until} from '../rig/processes.ts'
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
    expect(cookieHolders(pid)).toEqual([])
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
    expect(cookieHolders(pid)).toEqual([])
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
    await until(() => cookieHolders(pid).length === 0)
    expect(project.has('cleaned')).toBe(false)
    expect(['interrupted', 'cancelled']).toContain(await statusOf(project))
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
    expect(cookieHolders(pid)).toEqual([])
    expect(await statusOf(project)).toBe('cancelled')
    expect([project.has('cleaned'), project.has('next')]).toEqual([true, false])
  })
})

describe('progress in a terminal', () => {
  const long = 'a-task-with-a-rather-long-name-'
  const progress = `id: progress
tasks:
  - {id: one, type: core/shell.run, inputs: {command: 'echo not shown'}}
  - {id: two, type: core/console.log, needs: [one], inputs: {message: "said by a logger"}}
  - {id: bad, type: core/shell.run, needs: [two], continueOnError: true, inputs: {command: "printf 'evil\\\\r\\\\033]0;title\\\\007\\\\033[2Jtext \\\\033[32mgreen\\\\n'; exit 4"}}
  - {id: ${long}1, type: core/shell.run, needs: [bad], inputs: {command: 'touch hangs; until [ -e go ]; do sleep 0.01; done'}}
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

  it('is a line per finished task, one live line, and a summary; nothing is left of the live line', async () => {
    const project = new Project({'w.yaml': progress})
    const terminal = new Terminal(project, ['run', 'w.yaml', '--concurrency', '2'], {columns: 200})
    await terminal.appears('hangs')
    const live = await terminal.shows('3 of 5 done')
    expect(lines(live).at(-1)).toBe(`● 3 of 5 done · ${long}1 (TIME), ${long}2 (TIME)`)
    project.write({go: ''})
    expect(await terminal.exitCode()).toBe(0)
    const shown = lines(terminal.screen())
    const padded = (id: string): string => id.padEnd(32)
    expect(shown.slice(0, 5)).toEqual([
      'progress · run RUN · 5 tasks',
      `✓ ${padded('one')}  succeeded  TIME`,
      '  two │ said by a logger',
      `✓ ${padded('two')}  succeeded  TIME`,
      `✗ ${padded('bad')}  failed  TIME  EXIT_CODE: the process ended with exit code 4 (tolerated: continueOnError)`,
    ])
    expect(shown[5]).toBe('    │ evil^Mtext green')
    expect(shown.slice(6, 8).sort()).toEqual([`✓ ${padded(`${long}1`)}  succeeded  TIME`, `✓ ${padded(`${long}2`)}  succeeded  TIME`])
    expect(shown.slice(8)).toEqual([
      '',
      '✓ progress succeeded in TIME: 4 succeeded, 1 failed',
      '  warning  bad failed, and the run went on (continueOnError): EXIT_CODE: the process ended with exit code 4',
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
    // eslint-disable-next-line no-control-regex -- everything beyond ASCII is what is looked for
    expect(terminal.screen()).not.toMatch(/[^\x00-\x7f]/)
  })

  it('keeps the live line on one line of a narrow terminal', async () => {
    const project = new Project({'w.yaml': progress})
    const terminal = new Terminal(project, ['run', 'w.yaml', '--concurrency', '2'], {columns: 30, rows: 60})
    await terminal.appears('hangs')
    const live = lines(await terminal.shows('3 of 5 done')).at(-1) ?? ''
    expect(live).toMatch(/^● 3 of 5 done · a-task.*…$/)
    expect(live.length).toBeLessThan(30)
    project.write({go: ''})
    expect(await terminal.exitCode()).toBe(0)
    expect(terminal.screen()).not.toContain('of 5 done')
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
