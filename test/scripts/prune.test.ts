// `workflow runs prune`, and what the configuration has removed after a run.

import {mkdirSync, readdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import type {PrunedRuns} from '../../src/lib/app/keeping/prune-runs.ts'
import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {haltOnce, killAt, resumed} from '../rig/interrupted-run.ts'
import {Project} from '../rig/project.ts'

const files = {
  'ok.yaml': `id: ok\ntasks: [{id: a, type: core/shell.run, files: {out: {x: x}}, inputs: {command: 'echo hi > "$AUTOKESTRA_FILES/x"'}}]\n`,
  'bad.yaml': 'id: bad\ntasks: [{id: a, type: core/shell.run, inputs: {command: exit 3}}]\n',
  'halts.yaml': `id: halts\ntasks: [{id: a, type: core/shell.run, inputs: {command: '${haltOnce('halted')}'}}]\n`,
  'parent.yaml': 'id: parent\ntasks: [{id: child, type: core/workflow.run, inputs: {file: ok.yaml}}]\n',
}

async function list(project: Project): Promise<RunSummary[]> {
  return (await project.json(['runs', 'list'])) as RunSummary[]
}

function directories({home}: Project): string[] {
  return readdirSync(path.join(home, 'runs'))
}

describe('runs prune', () => {
  it('removes all but the newest of each workflow, with their files, and shows before what it would remove', async () => {
    const project = new Project(files)
    const [first, second, failed] = [await project.runJson('ok.yaml'), await project.runJson('ok.yaml'), await project.runJson('bad.yaml')]
    expect(directories(project).sort()).toEqual([first.result.run, second.result.run].sort())
    const dry = await project.run(['runs', 'prune', '--keep', '1', '--dry-run'])
    expect([dry.exitCode, dry.stderr]).toEqual([0, 'Would remove 1 run.\n'])
    expect(dry.stdout).toContain(first.result.run)
    expect(await list(project)).toHaveLength(3)
    const pruned = (await project.json(['runs', 'prune', '--keep', '1'])) as PrunedRuns
    expect(pruned).toMatchObject({removed: 1, runs: [{id: first.result.run, workflow: 'ok', status: 'succeeded'}]})
    expect((await list(project)).map(({id}) => id)).toEqual([failed.result.run, second.result.run])
    expect(directories(project)).toEqual([second.result.run])
    expect(await project.run(['runs', 'show', first.result.run])).toMatchObject({exitCode: 1})
  })

  it('chooses by status and workflow, and takes what tasks have made with the run of the task', async () => {
    const project = new Project(files)
    await project.runJson('parent.yaml')
    await project.runJson('bad.yaml')
    expect((await project.run(['runs', 'prune', '--older-than', '0s', '--status', 'cancelled,interrupted'])).stderr).toBe(
      'Removed 0 runs.\n',
    )
    // The child is no run of its own here.
    expect((await project.run(['runs', 'prune', '--older-than', '0s', '--workflow', 'ok'])).stderr).toBe('Removed 0 runs.\n')
    expect((await project.run(['runs', 'prune', '--older-than', '0s', '--status', 'succeeded'])).stderr).toBe(
      'Removed 2 runs, 1 of them made by tasks of the others.\n',
    )
    expect((await list(project)).map(({workflow}) => workflow)).toEqual(['bad'])
    expect((await project.run(['runs', 'prune', '--older-than', '1h'])).stderr).toBe('Removed 0 runs.\n')
  })

  it('never removes a run that goes on, and one that was interrupted only when that is asked for', async () => {
    const project = new Project(files)
    const running = project.start(['run', 'halts.yaml'])
    await project.appears('halted', running)
    const everything = ['runs', 'prune', '--older-than', '0s', '--keep', '0', '--status']
    expect((await project.run([...everything, 'succeeded,failed,cancelled,interrupted'])).stderr).toBe('Removed 0 runs.\n')
    running.kill('SIGKILL')
    await running.ended
    expect((await project.run(['runs', 'prune', '--older-than', '0s'])).stderr).toBe('Removed 0 runs.\n')
    expect((await project.run([...everything, 'interrupted'])).stderr).toBe('Removed 1 run.\n')
    expect((await project.run(['runs', 'resume', 'latest'])).stderr).toBe('nothing to resume: there are no runs yet\n')
  })

  it('leaves an interrupted run resumable when others are removed', async () => {
    const project = new Project(files)
    await project.runJson('ok.yaml')
    await killAt(project, 'halted', ['run', 'halts.yaml'])
    await project.run(['runs', 'prune', '--older-than', '0s'])
    expect((await resumed(project, ['--retry-interrupted'])).result.status).toBe('succeeded')
  })

  it.each<[string[], string, string]>([
    [[], 'runs prune must be told which runs to remove', 'workflow runs prune --older-than 30d'],
    [['--older-than', 'yesterday'], '--older-than is not a period: yesterday', 'write 90s, 12h, 7d, 2w'],
    [['--older-than', '-1d'], '--older-than', ''],
    [['--keep', '-1'], '--keep', ''],
    [['--keep', '1', '--status', 'running'], '--status', 'succeeded'],
  ])('refuses %j', async (args, message, hint) => {
    const project = new Project()
    const {exitCode, stderr} = await project.run(['runs', 'prune', ...args])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr).toContain(hint)
  })

  it('makes no database', async () => {
    const project = new Project()
    expect(await project.json(['runs', 'prune', '--keep', '1'])).toEqual({runs: [], removed: 0})
    expect(readdirSync(project.home)).toEqual([])
  })
})

describe('runs.prune of the configuration', () => {
  function configure(project: Project, text: string): void {
    mkdirSync(project.home, {recursive: true})
    writeFileSync(path.join(project.home, 'config.yaml'), text)
  }

  it('removes old runs after a run, and then looks again only after an hour', async () => {
    const project = new Project(files)
    await project.runJson('ok.yaml')
    await project.runJson('ok.yaml')
    expect(await list(project)).toHaveLength(2)
    configure(project, 'runs: {prune: {keep: 1}}\n')
    const {result, stderr} = await project.runJson('ok.yaml')
    expect(stderr).not.toContain('warning')
    expect((await list(project)).map(({id}) => id)).toEqual([result.run])
    await project.runJson('ok.yaml')
    expect(await list(project)).toHaveLength(2)
  })

  it('has no effect in a project, which may come from elsewhere', async () => {
    const project = new Project({...files, 'autokestra.yaml': 'runs: {prune: {keep: 1}}\n'})
    await project.runJson('ok.yaml')
    expect((await project.runJson('ok.yaml')).stderr).toContain('runs.prune has no effect here')
    expect(await list(project)).toHaveLength(2)
  })

  it.each(['runs: {prune: {}}', 'runs: {prune: {olderThan: soon}}', 'runs: {prune: {keep: 0}}'])('%s is refused', async (text) => {
    const project = new Project(files)
    configure(project, `${text}\n`)
    const {exitCode, stderr} = await project.run(['run', 'ok.yaml'])
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('prune')])
  })
})
