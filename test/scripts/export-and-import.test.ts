// `workflow runs export` and `runs import`: one run as one file.

import {createHash} from 'node:crypto'
import {statSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {findLeaks} from '../rig/canary.ts'
import {haltOnce, killAt} from '../rig/interrupted-run.ts'
import {Project} from '../rig/project.ts'

const canary = 'Vq7-plover#Zz93-kestrel'

const files = {
  'w.yaml': `id: demo
secrets: [TOKEN]
tasks:
  - {id: one, type: core/shell.run, env: {T: '{{ secrets.TOKEN }}'}, inputs: {command: 'echo "has $T"; printf %s "$T" | base64'}}
  - {id: two, type: core/shell.run, needs: [one], env: {X: '{{ tasks.one.output.stdout }}'}, retry: {max: 1, delay: 1ms}, inputs: {command: 'echo "$X"; exit 3'}}
outputs: {said: '{{ tasks.one.output.stdout }}'}
`,
  'halts.yaml': `id: halts\ntasks: [{id: a, type: core/shell.run, inputs: {command: '${haltOnce('halted')}'}}]\n`,
}

async function exported() {
  const project = new Project(files)
  const {result} = await project.runJson('w.yaml', [], {env: {TOKEN: canary}})
  const answer = await project.json(['runs', 'export', 'latest', '-o', 'run.jsonl'])
  return {project, run: result.run, answer, text: project.read('run.jsonl')}
}

/** The lines of a file with an end that fits them. */
function seal(lines: readonly string[]): string {
  const text = `${lines.join('\n')}\n`
  return `${text}${JSON.stringify({type: 'end', lines: lines.length, digest: `sha256:${createHash('sha256').update(text).digest('hex')}`})}\n`
}

describe('runs export', () => {
  it('writes a file that only its owner reads, without secrets, and replaces none', async () => {
    const {project, run, answer, text} = await exported()
    expect(answer).toMatchObject({run, events: text.trimEnd().split('\n').length - 4})
    expect(statSync(project.path('run.jsonl')).mode & 0o777).toBe(0o600)
    expect(text).toContain('***SECRET***')
    expect(findLeaks({TOKEN: canary}, {'run.jsonl': text})).toEqual([])
    const piped = await project.run(['runs', 'export', run])
    expect([piped.exitCode, piped.stdout]).toEqual([0, text])
    expect(piped.stderr).toContain('without encrypted outputs')
    expect((await project.run(['runs', 'export', run, '-o', 'run.jsonl'])).stderr).toContain('already exists')
    expect((await project.run(['runs', 'export', run, '--json'])).exitCode).toBe(2)
  })

  it('refuses a run that has not ended', async () => {
    const project = new Project(files)
    await killAt(project, 'halted', ['run', 'halts.yaml'])
    const {exitCode, stderr} = await project.run(['runs', 'export', 'latest', '-o', 'x'])
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('has not ended (interrupted)')])
    expect(project.has('x')).toBe(false)
  })
})

describe('runs import', () => {
  it('adds the same run to another home, once, and nothing can go on with it', async () => {
    const {project, run, text} = await exported()
    const other = new Project({'run.jsonl': text})
    expect(await other.json(['runs', 'import', 'run.jsonl'])).toMatchObject({run, status: 'failed'})
    for (const args of [
      ['runs', 'show', run],
      ['runs', 'logs', run],
      ['explain', run, 'two'],
      ['runs', 'list'],
    ])
      expect(await other.json(args)).toEqual(await project.json(args))
    expect((await other.run(['runs', 'show', run, '--events'])).stdout).toBe((await project.run(['runs', 'show', run, '--events'])).stdout)
    expect((await other.run(['runs', 'export', run])).stdout).toBe(text)
    expect((await other.run(['runs', 'resume', run])).stderr).toContain('nothing to resume')
    const again = await other.run(['runs', 'import', 'run.jsonl'])
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining(`run ${run} is already here`)])
    expect(await other.json(['runs', 'list'])).toHaveLength(1)
  })

  it('refuses what is damaged, was changed, or is no run, and keeps nothing of it', async () => {
    const {run, text} = await exported()
    const lines = text.trimEnd().split('\n').slice(0, -1)
    const replaced = (from: string, to: string): string => seal(lines.map((line) => line.replaceAll(from, to)))
    const without = (index: number): string => seal(lines.filter((_line, at) => at !== index))
    const cases: Readonly<Record<string, readonly [string, string]>> = {
      'a changed byte': [text.replace('has ', 'had '), 'its digest is another one'],
      'cut off': [text.slice(0, -40), 'cut off'],
      'without its end': [`${lines.join('\n')}\n`, 'cut off'],
      empty: ['', 'line 1 is not JSON'],
      'another file': ['{"type":"version","format":"other"}\n', 'not a run that was exported'],
      newer: [replaced('"format":"autokestra-run","version":1', '"format":"autokestra-run","version":9'), 'another version'],
      'an id that is a path': [replaced(run, '../../../etc'), 'which run it is'],
      'a workflow with escapes': [replaced('"workflow":"demo"', '"workflow":"\\u001b[2J"'), 'which run it is'],
      'an event less': [without(5), 'an event is missing'],
      'no end of the run': [without(lines.length - 1), 'not those of a run that has ended'],
      'no beginning': [seal([...lines.slice(0, 3), ...lines.slice(4)]), ''],
      'a line twice': [seal([...lines, lines.at(-1) ?? '']), ''],
      'an odd event': [seal([...lines.slice(0, -1), '{"type":"run.exploded"}']), 'is not an event'],
      'no JSON': [seal([...lines.slice(0, -1), '{']), 'is not JSON'],
      null: [seal(['null', 'null', 'null']), 'not a run'],
    }
    const other = new Project(Object.fromEntries(Object.entries(cases).map(([name, [content]]) => [name, content])))
    for (const [name, [, message]] of Object.entries(cases)) {
      const {exitCode, stderr} = await other.run(['runs', 'import', name])
      expect([name, exitCode, stderr]).toEqual([name, 3, expect.stringContaining(message)])
    }
    expect((await other.run(['runs', 'import', 'none'])).stderr).toContain('does not exist')
    expect((await other.json(['runs', 'list'])) as RunSummary[]).toEqual([])
  })
})
