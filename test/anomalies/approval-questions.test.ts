// Approvals that are asked on the terminal of the run: in a real one.

import {describe, expect, it} from 'vitest'
import {Project} from '../rig/project.ts'
import {Terminal} from '../rig/terminal.ts'

const ask = (...ids: string[]): string =>
  `id: w\ntasks:\n${ids.map((id) => `  - {id: ${id}, type: core/approval.wait, inputs: {message: 'Publish ${id}?'}}\n`).join('')}`
const busy = `  - {id: busy, type: core/shell.run, inputs: {command: 'n=0; while ! test -e done; do n=$((n+1)); echo "line $n"; sleep 0.02; done'}}\n`

interface Shown {
  readonly status: string
  readonly tasks: readonly {
    readonly id: string
    readonly status: string
    readonly answer?: {readonly answer: string; readonly comment?: string}
  }[]
}

async function shown(project: Project): Promise<Shown> {
  return (await project.json(['runs', 'show'])) as Shown
}

/** Keys that are pressed before the question was there are not its answer. */
const pause = async (): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, 700))
}

describe('an approval on the terminal of its run', () => {
  it('is asked there, and a comment may follow the answer', async () => {
    const project = new Project({'w.yaml': ask('web')})
    const terminal = new Terminal(project, ['run', 'w.yaml'])
    await terminal.shows('y or n, a comment may follow:')
    expect(terminal.screen()).toContain('? web: Publish web?')
    await pause()
    terminal.press('q', 'Enter')
    await terminal.shows('type y to approve or n to reject:')
    terminal.press('y', 'Space', 'l', 'o', 'x', 'BSpace', 'o', 'k', 's', 'Left', 'Space', 'ü', 'Enter')
    expect(await terminal.exitCode()).toBe(0)
    expect((await shown(project)).tasks).toMatchObject([{status: 'succeeded', answer: {answer: 'approved', comment: 'looks ü'}}])
    const screen = terminal.screen()
    expect(screen).not.toContain('? web')
    expect(screen).toMatch(/w succeeded in/)
  })

  it('Enter alone is no answer, and n rejects', async () => {
    const project = new Project({'w.yaml': ask('web')})
    const terminal = new Terminal(project, ['run', 'w.yaml'])
    await terminal.shows('y or n')
    await pause()
    terminal.press('Enter')
    await terminal.shows('type y to approve or n to reject:')
    terminal.press('n', 'o', 'Enter')
    expect(await terminal.exitCode()).toBe(1)
    expect((await shown(project)).tasks).toMatchObject([{status: 'failed', answer: {answer: 'rejected'}}])
  })

  it('is asked no more when it was answered elsewhere, and the next one is', async () => {
    const project = new Project({'w.yaml': ask('one', 'two', 'three')})
    const terminal = new Terminal(project, ['run', 'w.yaml'])
    await terminal.shows('? one: Publish one?  (1 of 3)')
    await project.json(['runs', 'approve', 'latest', 'one'])
    await terminal.shows('? two: Publish two?  (1 of 2)')
    expect(terminal.screen()).not.toContain('? one')
    await pause()
    terminal.press('y', 'Enter')
    await terminal.shows('? three: Publish three?')
    await project.json(['runs', 'approve', 'latest', 'three', '--comment', 'from elsewhere'])
    expect(await terminal.exitCode()).toBe(0)
    expect((await shown(project)).tasks.map(({answer}) => answer?.comment)).toEqual([undefined, undefined, 'from elsewhere'])
  })

  it('does not disturb the tasks that run, which stay above it', async () => {
    const project = new Project({'w.yaml': ask('web') + busy, 'autokestra.yaml': 'concurrency: 4\n'})
    const terminal = new Terminal(project, ['run', 'w.yaml'], {rows: 20, columns: 60})
    await terminal.shows('y or n')
    await pause()
    for (const key of 'y a comment that is longer than the window is wide, so that its end is what is seen')
      terminal.press(key === ' ' ? 'Space' : key)
    await terminal.shows('its end is what is seen')
    const rows = terminal.screen().split('\n')
    expect(rows.at(-1)).toMatch(/^ {2}y or n, a comment may follow: .*is what is seen$/)
    expect(rows.at(-2)).toBe('? web: Publish web?')
    expect(rows.filter((row) => row.includes('? web:'))).toHaveLength(1)
    expect(rows.filter((row) => row.startsWith('● busy') || row.includes('busy  '))).toHaveLength(1)
    terminal.press('Enter')
    await terminal.shows('approved by')
    project.write({done: ''})
    expect(await terminal.exitCode()).toBe(0)
    expect(terminal.screen()).not.toContain('y or n')
  })

  it('Ctrl-C stops the run while it asks, and the terminal is as it was', async () => {
    const project = new Project({'w.yaml': ask('web')})
    const terminal = new Terminal(project, ['run', 'w.yaml'])
    await terminal.shows('y or n')
    await pause()
    terminal.press('C-c')
    expect(await terminal.exitCode()).toBe(130)
    expect((await shown(project)).status).toBe('cancelled')
    // `cat` of the terminal's script echoes again.
    terminal.press('e', 'c', 'h', 'o', 'e', 'd')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(terminal.screen()).toContain('echoed')
  })

  it('is asked for a run that another one has made', async () => {
    const project = new Project({
      'child.yaml': ask('web'),
      'w.yaml': 'id: parent\ntasks: [{id: child, type: core/workflow.run, inputs: {file: child.yaml}}]\n',
    })
    const terminal = new Terminal(project, ['run', 'w.yaml'])
    await terminal.shows('? web: Publish web?')
    await pause()
    terminal.press('y', 'Enter')
    expect(await terminal.exitCode()).toBe(0)
  })

  it.each([
    ['with --no-input', ['--no-input'], {}],
    ['with --progress plain', ['--progress', 'plain'], {}],
    ['in CI', [], {CI: 'true'}],
  ])('is not asked %s', async (_what, args, env) => {
    const project = new Project({'w.yaml': ask('web')})
    const terminal = new Terminal(project, ['run', 'w.yaml', ...args], {env})
    await terminal.shows('runs approve')
    await pause()
    expect(terminal.screen()).not.toContain('y or n')
    await project.json(['runs', 'approve', 'latest'])
    expect(await terminal.exitCode()).toBe(0)
  })
})
