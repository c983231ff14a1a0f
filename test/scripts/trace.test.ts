// Who started a run, and the trace that its tasks are in.

import {userInfo} from 'node:os'
import {describe, expect, it} from 'vitest'
import {RunTrace} from '../../src/lib/app/runs/run-trace.ts'
import {Project} from '../rig/project.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const incoming = `00-${trace}-00f067aa0ba902b7-01`

const files = {
  'w.yaml': `id: w\ntasks:
  - {id: a, type: core/shell.run, inputs: {command: 'echo "$TRACEPARENT,$TRACESTATE"'}}
  - {id: b, type: core/shell.run, retry: {max: 2, delay: 0.01}, inputs: {command: 'echo "$TRACEPARENT"; test "$AUTOKESTRA_TASK_TAG" != "" && test -e once || { touch once; exit 1; }'}}
  - {id: own, type: core/shell.run, env: {TRACEPARENT: mine}, inputs: {command: 'echo "$TRACEPARENT"'}}
  - {id: child, type: core/workflow.run, inputs: {file: child.yaml}}
`,
  'child.yaml': `id: child\ntasks:\n  - {id: c, type: core/shell.run, inputs: {command: 'echo "$TRACEPARENT,$TRACESTATE"'}}\n`,
}

interface Shown {
  readonly traceId: string
  readonly startedBy: unknown
  readonly tasks: readonly {readonly id: string; readonly child?: string}[]
}

/** The lines of a task. */
async function linesOf(project: Project, run: string, task: string): Promise<string[]> {
  return (await project.run(['runs', 'logs', run, '--task', task, '--raw'])).stdout.trimEnd().split('\n')
}

describe('the trace of a run', () => {
  it('is the one of the caller, in every task, attempt and run that is made for it, each with an id of its own', async () => {
    const project = new Project(files)
    const env = {TRACEPARENT: incoming, TRACESTATE: 'vendor=1'}
    expect((await project.run(['run', 'w.yaml', '--progress', 'quiet'], {env})).exitCode).toBe(0)
    const parent = (await project.json(['runs', 'show', 'latest'])) as Shown
    const child = parent.tasks.find(({id}) => id === 'child')?.child ?? ''
    expect(parent).toMatchObject({traceId: trace, startedBy: {kind: 'person', user: userInfo().username, terminal: false}})
    expect(await project.json(['runs', 'show', child])).toMatchObject({traceId: trace, startedBy: {kind: 'run', task: 'child'}})
    const [a = ''] = await linesOf(project, 'latest', 'a')
    const [c = ''] = await linesOf(project, child, 'c')
    const b = await linesOf(project, 'latest', 'b')
    expect([a, c].map((line) => line.split(',')[1])).toEqual(['vendor=1', 'vendor=1'])
    const headers = [a, c, ...b].map((line) => line.split(',')[0] ?? '')
    expect(headers).toHaveLength(4)
    for (const header of headers) expect(header).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`))
    expect(new Set([...headers, incoming]).size).toBe(5)
    expect(await linesOf(project, 'latest', 'own')).toEqual(['mine'])
    const {stdout} = await project.run(['runs', 'show', 'latest'])
    expect(stdout).toContain(`trace     ${trace}`)
    expect(stdout).toContain(` by ${userInfo().username}\n`)
  })

  it('says that an agent has started it', async () => {
    const project = new Project(files)
    await project.run(['run', 'child.yaml'], {env: {CLAUDECODE: '1'}})
    expect(await project.json(['runs', 'show', 'latest'])).toMatchObject({
      startedBy: {kind: 'agent', user: userInfo().username, agent: 'CLAUDECODE'},
    })
    expect((await project.run(['runs', 'show', 'latest'])).stdout).toContain(' by an agent (CLAUDECODE) as ')
  })

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['a zero trace', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['a zero span', `00-${trace}-${'0'.repeat(16)}-01`],
    ['version ff', `ff-${trace}-00f067aa0ba902b7-01`],
    ['capitals', incoming.toUpperCase()],
    ['a line break', `${incoming}\nX: 1`],
  ])('is a new one after %s', (_name, TRACEPARENT) => {
    const made = new RunTrace({TRACEPARENT, TRACESTATE: 'vendor=1'})
    expect(made.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(made.traceId).not.toBe(trace)
    expect(Object.keys(made.variables())).toEqual(['TRACEPARENT'])
  })

  it('keeps the flags, understands later versions, and drops a state that is none', () => {
    expect(new RunTrace({TRACEPARENT: `00-${trace}-00f067aa0ba902b7-00`}).variables()['TRACEPARENT']).toMatch(/-00$/)
    expect(new RunTrace({TRACEPARENT: `cc-${trace}-00f067aa0ba902b7-01-later`}).traceId).toBe(trace)
    for (const TRACESTATE of ['a\nb', 'x'.repeat(513), '']) {
      expect(Object.keys(new RunTrace({TRACEPARENT: incoming, TRACESTATE}).variables())).toEqual(['TRACEPARENT'])
    }
  })

  it('of a run that is resumed is that of its first process', () => {
    const resumed = new RunTrace({TRACEPARENT: incoming, TRACESTATE: 'vendor=1'})
    const first = 'a'.repeat(32)
    resumed.hear({type: 'run.started', workflow: 'w', file: 'w.yaml', tasks: [], traceId: first, ts: ''})
    expect(resumed.traceId).toBe(first)
    expect(resumed.variables()).toEqual({TRACEPARENT: expect.stringMatching(new RegExp(`^00-${first}-[0-9a-f]{16}-01$`)) as unknown})
  })
})
