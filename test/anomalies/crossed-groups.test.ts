// Runs that hold a concurrency group while a run of theirs waits for another one: whole processes.

import {describe, expect, it} from 'vitest'
import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {expectLawfulJournal} from '../rig/journal-laws.ts'
import {randomOf} from '../rig/random.ts'
import {endOf, finishedRun, Project} from '../rig/project.ts'
import type {CommandResult} from '../rig/workflow-command.ts'

const child = (group: string, more = ''): string => `id: child-${group}
concurrency: {group: ${group}${more}}
tasks: [{id: work, type: core/shell.run, inputs: {command: 'echo work >> worked; sleep 0.1'}}]
`

/** Holds `own` and touches NAME.started; when the file `go` is there, it runs a child that wants `wanted`. */
const parent = (name: string, own: string, wanted: string, more = ''): string => `id: ${name}
concurrency: {group: ${own}}
tasks:
  - {id: wait, type: core/shell.run, inputs: {command: 'touch ${name}.started; until [ -e go ]; do sleep 0.02; done'}}
  - {id: run, type: core/workflow.run, needs: [wait], inputs: {file: child-${wanted}.yaml}${more}}
`
const quiet = ['--progress', 'plain', '--json']

async function startParents(project: Project, names: readonly string[]): Promise<Promise<CommandResult>[]> {
  const started = names.map((name) => ({name, command: project.start(['run', `${name}.yaml`, ...quiet])}))
  for (const {name, command} of started) await project.appears(`${name}.started`, command)
  project.write({go: ''})
  return started.map(({command}) => endOf(command))
}

async function runs(project: Project): Promise<RunSummary[]> {
  return (await project.json(['runs', 'list', '--limit', '100'])) as RunSummary[]
}

describe('runs that wait for each other across processes', () => {
  it.each([2, 3])('in a circle of %i: the last child fails and says what to do; the others end well', async (count) => {
    const groups = ['east', 'north', 'west'].slice(0, count)
    const project = new Project()
    const names = groups.map((group) => `p-${group}`)
    for (const [index, group] of groups.entries()) {
      const wanted = groups[(index + 1) % count] ?? ''
      project.write({[`child-${group}.yaml`]: child(group), [`p-${group}.yaml`]: parent(`p-${group}`, group, wanted)})
    }
    const ends = (await Promise.all(await startParents(project, names))).map((ended) => finishedRun(ended))
    expect(ends.map(({exitCode}) => exitCode).toSorted()).toEqual([...Array.from({length: count - 1}, () => 0), 1])
    const loser = ends.find(({exitCode}) => exitCode === 1)
    const error = loser?.error('run')
    const victim = (await runs(project)).find((run) => run.parent?.run === loser?.result.run)
    expect(error).toMatchObject({code: 'CHILD_RUN_FAILED'})
    expect(error?.message).toContain(`failed: deadlock: run ${victim?.id ?? ''} waits for run `)
    for (const {result} of ends) expect(error?.message).toContain(`run ${result.run} waits for its child, run `)
    for (const group of groups) expect(error?.message).toContain(`(group "${group}")`)
    expect(error?.message).toContain('; let all workflows that run others take their concurrency groups in the same order')
    expect(loser?.stderr).toContain('deadlock: ')
    expect(victim).toMatchObject({status: 'failed', reason: expect.stringMatching(/^deadlock: /) as unknown})
    expect((await project.events(victim?.id)).find(({type}) => type === 'run.refused')).toMatchObject({status: 'failed'})
    expect(project.read('worked')).toBe('work\n'.repeat(count - 1))
    expectLawfulJournal(project.home)
  })

  it('is no deadlock where one of them is asked to stop for the other', async () => {
    const project = new Project({
      'child-east.yaml': child('east', ', onConflict: cancel'),
      'child-west.yaml': child('west'),
      'p-east.yaml': parent('p-east', 'east', 'west'),
      'p-west.yaml': parent('p-west', 'west', 'east'),
    })
    await Promise.all(await startParents(project, ['p-east', 'p-west']))
    const all = await runs(project)
    expect(all.map(({reason}) => reason ?? '').filter((reason) => reason.startsWith('deadlock'))).toEqual([])
    expect(all.find(({workflow}) => workflow === 'p-east')).toMatchObject({status: 'cancelled'})
    expect(all.find(({workflow}) => workflow === 'p-west')).toMatchObject({status: 'succeeded'})
  })

  it('is no deadlock after kill -9 of one of them', async () => {
    const project = new Project({
      'child-east.yaml': child('east'),
      'child-west.yaml': child('west'),
      'p-east.yaml': parent('p-east', 'east', 'west'),
      'p-west.yaml': parent('p-west', 'west', 'east'),
    })
    const east = project.start(['run', 'p-east.yaml', ...quiet])
    const west = project.start(['run', 'p-west.yaml', ...quiet])
    await project.appears('p-east.started', east)
    await project.appears('p-west.started', west)
    west.kill('SIGKILL')
    project.write({go: ''})
    expect((await endOf(east)).exitCode).toBe(0)
  })

  it('never is one where all take the groups in the same order, however long they wait', {timeout: 240_000}, async () => {
    const random = randomOf(Number(process.env.SEED ?? 11))
    const groups = ['east', 'north', 'south', 'west']
    const project = new Project({go: ''})
    for (const group of groups) project.write({[`child-${group}.yaml`]: child(group).replace('sleep 0.1', 'sleep 1')})
    const names = Array.from({length: 14}, (_, index) => {
      const own = random(groups.length - 1)
      const wanted = own + 1 + random(groups.length - 1 - own)
      project.write({[`p${index}.yaml`]: parent(`p${index}`, groups[own] ?? '', groups[wanted] ?? '')})
      return `p${index}`
    })
    const ends = await Promise.all(names.map((name) => endOf(project.start(['run', `${name}.yaml`, ...quiet]))))
    expect(ends.map(({exitCode}) => exitCode)).toEqual(names.map(() => 0))
    expect(project.read('worked')).toBe('work\n'.repeat(names.length))
  })

  it(
    'are parted again and again where they cross at random: every process ends, and nobody is refused for another reason',
    {timeout: 240_000},
    async () => {
      const random = randomOf(Number(process.env.SEED ?? 5))
      const groups = ['east', 'north', 'west']
      const project = new Project({go: ''})
      for (const group of groups) project.write({[`child-${group}.yaml`]: child(group)})
      const names = Array.from({length: 12}, (_, index) => {
        const own = random(groups.length)
        const wanted = (own + 1 + random(groups.length - 1)) % groups.length
        project.write({[`p${index}.yaml`]: parent(`p${index}`, groups[own] ?? '', groups[wanted] ?? '')})
        return `p${index}`
      })
      const ends = (await Promise.all(names.map((name) => endOf(project.start(['run', `${name}.yaml`, ...quiet]))))).map((ended) =>
        finishedRun(ended),
      )
      const failed = ends.filter(({exitCode}) => exitCode !== 0)
      for (const ended of failed) expect(ended.error('run').message).toContain(': deadlock: run ')
      expect(project.read('worked')).toBe('work\n'.repeat(names.length - failed.length))
      expectLawfulJournal(project.home)
    },
  )
})
