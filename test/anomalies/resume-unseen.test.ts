// `runs resume` beside a process that cannot be judged at once: it is suspended, or in another pid namespace. What each task has done is counted.

import {spawnSync} from 'node:child_process'
import {describe, expect, it} from 'vitest'
import {stateOf, tagHolders, until} from '../rig/processes.ts'
import {Project} from '../rig/project.ts'
import {resume} from '../rig/interrupted-run.ts'
import {builtCommand} from '../rig/workflow-command.ts'

const unshare = [
  ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'],
  ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--mount-proc', '--kill-child'],
].find(([program = '', ...args]) => spawnSync(program, [...args, 'true']).status === 0)

/** The second task waits the first time, and leaves a program that has left its group. */
const workflow = `id: w
tasks:
  - {id: a, type: core/shell.run, inputs: {command: 'echo a >> log'}}
  - {id: b, needs: [a], type: core/shell.run, timeout: 1h, idempotent: true, inputs: {command: 'echo b >> log; if [ ! -e up ]; then setsid sleep 600 & touch up; sleep 600; fi'}}
  - {id: c, needs: [b], type: core/shell.run, inputs: {command: 'echo c >> log'}}
`
const waits = /waiting up to 15 s to see whether process \d+.* still drives it/

describe('runs resume', () => {
  it('goes on with the run of a process that is suspended for longer than its lease, which then gives up', {timeout: 90_000}, async () => {
    const project = new Project({'w.yaml': workflow})
    const running = project.start(['run', 'w.yaml', '--progress', 'plain'])
    await project.appears('up', running)
    running.kill('SIGSTOP')
    await until(() => stateOf(running.pid) === 'T')
    const {exitCode, stderr} = await resume(project)
    expect(stderr).toMatch(waits)
    expect(exitCode).toBe(0)
    expect(tagHolders(running.pid)).toEqual([])
    const before = await project.json(['runs', 'show', 'latest'])
    running.kill('SIGCONT')
    const ended = await running.ended
    expect(ended.exitCode).toBe(9)
    expect(ended.stderr).toContain('RUN_TAKEN_OVER')
    expect(await project.json(['runs', 'show', 'latest'])).toEqual(before)
    expect(before).toMatchObject({status: 'succeeded'})
    expect(project.read('log')).toBe('a\nb\nb\nc\n')
  })

  it.runIf(unshare !== undefined)('goes on with the run of a killed process of another pid namespace', {timeout: 90_000}, async () => {
    const project = new Project({'w.yaml': workflow})
    const command = [...(unshare ?? []), process.execPath, builtCommand] as unknown as readonly [string, ...string[]]
    const running = project.start(['run', 'w.yaml'], {command})
    await project.appears('up', running)
    const held = await resume(project)
    expect([held.exitCode, held.stderr]).toEqual([0, expect.stringMatching(waits)])
    expect(held.stdout + held.stderr).toContain('nothing to resume')
    running.kill('SIGKILL')
    await running.ended
    const {exitCode, stderr} = await resume(project)
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(waits)])
    expect(project.read('log')).toBe('a\nb\nb\nc\n')
  })
})
