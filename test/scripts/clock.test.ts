// The time of day is set while a run goes on: by a day, forwards or backwards, as NTP or a machine that wakes up does it.

import {describe, expect, it} from 'vitest'
import {finishedRun, Project} from '../rig/project.ts'

const dayMs = 86_400_000

/** Loaded into the command before anything else: its clock jumps as soon as the file is there. */
const jumpingClock = `const {existsSync} = require('node:fs')
const now = Date.now
Date.now = () => now() + (existsSync(process.env.JUMP_FILE) ? Number(process.env.JUMP_MS) : 0)
`

const workflow = `id: jump
tasks:
  - {id: before, type: core/shell.run, inputs: {command: 'touch started; until [ -e jumped ]; do sleep 0.01; done'}}
  - {id: after, type: core/shell.run, needs: [before], retry: {max: 2, delay: 10ms}, inputs: {command: '[ -e again ] || { touch again; exit 1; }'}}
`

describe('a clock that is set', () => {
  it.each([dayMs, -dayMs])('by %i ms during a run changes no duration', async (jumpMs) => {
    const project = new Project({'clock.cjs': jumpingClock, 'w.yaml': workflow})
    const env = {NODE_OPTIONS: `--require ${project.path('clock.cjs')}`, JUMP_FILE: project.path('jumped'), JUMP_MS: String(jumpMs)}
    const running = project.start(['run', 'w.yaml', '--json', '--progress', 'plain'], {env})
    await project.appears('started', running)
    project.write({jumped: ''})
    const ended = await running.ended
    expect(ended.exitCode).toBe(0)
    const {result, task} = finishedRun(ended)
    const events = await project.events()
    // It has jumped.
    const [first, last] = [Date.parse(events[0]?.ts ?? ''), Date.parse(events.at(-1)?.ts ?? '')]
    expect(Math.abs(last - first)).toBeGreaterThan(dayMs / 2)
    const run = (await project.json(['runs', 'show'])) as {durationMs: number; tasks: {durationMs: number}[]}
    const listed = (await project.json(['runs', 'list'])) as {durationMs: number}[]
    const durations = [
      result.durationMs,
      task('before').metrics?.durationMs,
      task('after').metrics?.durationMs,
      ...events.flatMap((event) => ('metrics' in event ? [event.metrics.durationMs] : [])),
      run.durationMs,
      ...run.tasks.map(({durationMs}) => durationMs),
      ...listed.map(({durationMs}) => durationMs),
    ]
    for (const durationMs of durations) {
      expect(durationMs).toBeGreaterThanOrEqual(0)
      expect(durationMs).toBeLessThan(dayMs / 2)
    }
    expect(ended.stderr).not.toMatch(/\d d \d\d h/)
  })
})
