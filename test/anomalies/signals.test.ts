// The command is told to end, stopped for a while, or killed.

import {setTimeout as sleep} from 'node:timers/promises'
import {describe, expect, it} from 'vitest'
import type {RunDetails} from '../../src/lib/engine/run-details.ts'
import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {actionSource, endOf, finishedRun, Project, sdkPlugin} from '../rig/project.ts'
import {tagHolders, until} from '../rig/processes.ts'

const hanging = `id: hanging
tasks:
  - {id: hang, type: core/shell.run, inputs: {command: 'touch hangs; exec sleep 1000'}}
  - {id: next, type: core/shell.run, needs: [hang], inputs: {command: 'touch next'}}
  - {id: cleanup, type: core/shell.run, needs: [hang], if: '{{ cancelled() }}', inputs: {command: 'touch cleaned'}}
`

async function newest(project: Project): Promise<RunSummary & RunDetails> {
  return (await project.json(['runs', 'show'])) as RunSummary & RunDetails
}

describe('a signal', () => {
  it.each([
    ['SIGTERM', 143, 'the run was terminated'],
    ['SIGHUP', 143, 'the run was terminated'],
    ['SIGINT', 130, 'the run was interrupted'],
  ] as const)('%s stops a run, which cleans up, and the exit code is %i', async (signal, exitCode, reason) => {
    const project = new Project({'w.yaml': hanging})
    const running = project.start(['run', 'w.yaml', '--json', '--progress', 'quiet'])
    await project.appears('hangs', running)
    running.kill(signal)
    const ended = await endOf(running)
    expect(ended).toMatchObject({exitCode, signal: null})
    const {result, task} = finishedRun(ended)
    expect(result).toMatchObject({status: 'cancelled', reason, counts: {succeeded: 1, skipped: 1, cancelled: 1}})
    expect(task('hang')).toMatchObject({status: 'cancelled', error: {code: 'CANCELLED'}})
    expect([project.has('cleaned'), project.has('next')]).toEqual([true, false])
    expect(await newest(project)).toMatchObject({status: 'cancelled', reason})
  })

  it('ends children that left their group, and those that ignore it', async () => {
    const project = new Project({
      'autokestra.yaml': 'limits: {killGrace: 200ms}\n',
      'w.yaml': `id: w\ntasks:\n  - {id: t, type: core/shell.run, inputs: {command: "trap '' TERM; setsid sh -c \\"trap '' TERM HUP; touch hangs; while :; do sleep 1000; done\\" & while :; do sleep 1000; done"}}\n`,
    })
    const running = project.start(['run', 'w.yaml'])
    await project.appears('hangs', running)
    running.kill('SIGTERM')
    expect(await endOf(running)).toMatchObject({exitCode: 143})
  })
})

describe('a command that was stopped for longer than the timeout of its task', () => {
  it('has one result when it goes on', async () => {
    const project = new Project({
      'w.yaml':
        'id: w\ntasks:\n  - {id: t, type: core/shell.run, timeout: 2s, inputs: {command: "touch hangs; until [ -e go ]; do sleep 0.01; done; touch over"}}\n',
    })
    const running = project.start(['run', 'w.yaml', '--json', '--progress', 'quiet'])
    await project.appears('hangs', running)
    running.kill('SIGSTOP')
    project.write({go: ''})
    await project.appears('over', running)
    // The one thing here that only passing time can bring about.
    await sleep(2200)
    running.kill('SIGCONT')
    const ended = await endOf(running)
    const {task} = finishedRun(ended)
    expect([
      [0, 'succeeded', undefined],
      [1, 'failed', 'TIMEOUT'],
    ]).toContainEqual([ended.exitCode, task('t').status, task('t').error?.code])
    expect((await project.events()).filter(({type}) => type === 'task.finished')).toHaveLength(1)
  })
})

describe('a command that is killed', () => {
  it('leaves an interrupted run and no processes; those of other runs go on', async () => {
    const project = new Project({
      'w.yaml': hanging.replace('exec sleep', 'setsid sleep 1000 & exec sleep'),
      'other.yaml':
        'id: other\ntasks:\n  - {id: t, type: core/shell.run, inputs: {command: "touch other; until [ -e go ]; do sleep 0.01; done"}}\n',
      'next.yaml': 'id: next\ntasks:\n  - {id: t, type: core/shell.run, inputs: {command: "true"}}\n',
    })
    const killed = project.start(['run', 'w.yaml'])
    const other = project.start(['run', 'other.yaml'])
    await project.appears('hangs', killed)
    await project.appears('other', other)
    killed.kill('SIGKILL')
    await killed.ended
    expect(await project.json(['runs', 'list', '--status', 'interrupted'])).toMatchObject([{workflow: 'hanging', status: 'interrupted'}])
    const [{id} = {id: ''}] = (await project.json(['runs', 'list', '--workflow', 'hanging'])) as RunSummary[]
    expect(await project.json(['runs', 'show', id])).toMatchObject({
      status: 'interrupted',
      tasks: [
        {id: 'hang', status: 'interrupted'},
        {id: 'next', status: 'pending'},
        {id: 'cleanup', status: 'pending'},
      ],
    })
    await until(() => tagHolders(killed.pid).length === 0)
    expect(await project.run(['run', 'next.yaml'])).toMatchObject({exitCode: 0})
    expect(tagHolders(other.pid).length).toBeGreaterThanOrEqual(1)
    project.write({go: ''})
    expect(await endOf(other)).toMatchObject({exitCode: 0})
  })

  it.each(['single', 'reuse'])('takes its SDK hosts with it, busy and waiting ones (worker: %s)', async (worker) => {
    const project = new Project({
      ...sdkPlugin(
        'p',
        actionSource(
          "writeFileSync(`busy-${context.run.task}`, ''); setInterval(() => {}, 1000); await new Promise(() => {})",
          "import {writeFileSync} from 'node:fs'",
        ),
        {manifest: `worker: ${worker}\nactions: [{name: act, timeout: 1h}]`},
      ),
      'w.yaml': `id: w\nparallelism: 2\ntasks:\n${['a', 'b', 'c', 'd'].map((id) => `  - {id: ${id}, type: test/p.act}\n`).join('')}`,
    })
    const running = project.start(['run', 'w.yaml'])
    await project.appears('busy-a', running)
    await project.appears('busy-b', running)
    expect(tagHolders(running.pid).length).toBeGreaterThanOrEqual(2)
    running.kill('SIGKILL')
    const {signal} = await running.ended
    expect(signal).toBe('SIGKILL')
    await until(() => tagHolders(running.pid).length === 0)
  })

  it('at any moment leaves a journal that can be read, and a home that can be used', async () => {
    const tasks = Array.from(
      {length: 30},
      (_, n) => `  - {id: t${String(n)}, type: core/shell.run, inputs: {command: 'echo ${String(n)}'}}\n`,
    )
    const project = new Project({'w.yaml': `id: w\ntasks:\n${tasks.join('')}`})
    for (const wanted of ['workflow w: run', 't9 |', 't29: started']) {
      const running = project.start(['run', 'w.yaml', '--progress', 'plain'])
      await running.printed(wanted)
      running.kill('SIGKILL')
      const {stderr} = await running.ended
      // What was shown had been journalled before.
      const finished = (await project.events()).flatMap((event) => (event.type === 'task.finished' ? [event.task] : []))
      expect(finished).toEqual(expect.arrayContaining([...stderr.matchAll(/^(t\d+): succeeded/gm)].map(([, id]) => id)))
    }
    expect(await project.run(['run', 'w.yaml'])).toMatchObject({exitCode: 0})
    const runs = (await project.json(['runs', 'list'])) as RunSummary[]
    expect(runs.map(({status}) => status)).toEqual([
      'succeeded',
      expect.stringMatching(/interrupted|succeeded/),
      'interrupted',
      'interrupted',
    ])
  })
})
