// Files of tasks with a cache, where the tasks run in containers: steps of a trusted workflow, and tasks of a restricted one.

import {readdirSync, readFileSync, rmSync, statSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {baseImage, describeInDocker} from '../rig/docker.ts'
import type {FinishedRun} from '../rig/project.ts'
import {RestrictedProject} from '../rig/restricted-project.ts'

const workflow = (head: string): string => `id: kept
${head}
vars: {rows: [1, 2]}
tasks:
  - id: make
    type: core/shell.run
    inputs: {command: 'cd "$AUTOKESTRA_FILES"; umask 022; mkdir -p out/deep; cp rows.json out/deep/a.json; printf "#!/bin/sh\\necho ran \\$0" > out/tool; chmod 755 out/tool; echo "$AUTOKESTRA_FILES/out/tool"'}
    files: {in: {rows.json: '{{ vars.rows }}'}, out: {all: 'out/**', tool: out/tool}}
    cache: {}
  - id: read
    type: core/shell.run
    needs: [make]
    inputs: {command: 'cat "$ROWS"; "$TOOL" | sed "s|$TOOL|tool|"'}
    env: {ROWS: '{{ tasks.make.files.all[0].path }}', TOOL: '{{ tasks.make.files.tool.path }}'}
  - id: copy
    type: core/shell.run
    needs: [make]
    inputs: {command: 'cat "$ROWS" > "$AUTOKESTRA_FILES/copy"; echo copied'}
    env: {ROWS: '{{ tasks.make.files.all[0].path }}'}
    files: {out: {copy: copy}}
    cache: {}
  - {id: last, type: core/shell.run, needs: [copy], inputs: {command: 'cat "$COPY"'}, env: {COPY: '{{ tasks.copy.files.copy.path }}'}}
`

/** A task reaches its own directory only. */
const restricted = (container: string): string => `id: kept
security: restricted
${container}vars: {text: echo tool}
tasks:
  - id: make
    type: core/shell.run
    inputs: {command: 'cd "$AUTOKESTRA_FILES"; mkdir out; cat tool > out/tool; chmod 755 out/tool'}
    files: {in: {tool: '{{ vars.text }}'}, out: {tool: out/tool}}
    cache: {}
  - id: copy
    type: core/shell.run
    needs: [make]
    inputs: {command: 'echo "$TOOL" > "$AUTOKESTRA_FILES/copy"'}
    env: {TOOL: '{{ tasks.make.files.tool.sha256 }}'}
    files: {out: {copy: copy}}
    cache: {}
  - id: look
    type: core/shell.run
    needs: [copy]
    inputs: {command: 'test -e "$TOOL" && seen=seen || seen=hidden; echo "$NAME $SIZE $seen"'}
    env: {TOOL: '{{ tasks.make.files.tool.path }}', NAME: '{{ tasks.make.files.tool.name }}', SIZE: '{{ tasks.make.files.tool.size }}'}
`

function stdoutOf(run: FinishedRun, task: string): string {
  return (run.task(task).output as {stdout: string}).stdout
}

/** `hit`, or the reasons. */
function factsOf(run: FinishedRun): unknown[] {
  expect(run.exitCode, JSON.stringify(run.result)).toBe(0)
  return ['make', 'copy'].map((task) => {
    const {cache} = run.task(task)
    return cache?.isHit === false ? cache.reasons : 'hit'
  })
}

function keptFiles(project: RestrictedProject): string[] {
  const dir = path.join(project.home, 'cache', 'files')
  return readdirSync(dir, {recursive: true, encoding: 'utf8'})
    .map((name) => path.join(dir, name))
    .filter((file) => statSync(file).isFile())
}

describeInDocker('files of a cached task', () => {
  it('in a container come back in the next run, for tasks that run and for tasks that do not', {timeout: 120_000}, async () => {
    const project = new RestrictedProject({'w.yaml': workflow(`container: {image: '${baseImage}', network: none}`)})
    const first = await project.runRestricted('w.yaml')
    expect(factsOf(first)).toEqual([['no earlier result'], ['no earlier result']])
    expect(stdoutOf(first, 'read')).toBe('[1,2]ran tool')
    const second = await project.runRestricted('w.yaml')
    expect(factsOf(second)).toEqual(['hit', 'hit'])
    expect([stdoutOf(second, 'read'), stdoutOf(second, 'last')]).toEqual(['[1,2]ran tool', '[1,2]'])
    // Of the run that uses the result, not of the one that made it.
    expect(stdoutOf(second, 'make')).toContain(second.result.run)
    const changed = await project.runRestricted('w.yaml', ['--var', 'rows=[3]'])
    expect(factsOf(changed)).toEqual([['files.in rows.json changed'], [expect.stringContaining('ROWS')]])
    expect([stdoutOf(changed, 'read'), stdoutOf(changed, 'last')]).toEqual(['[3]ran tool', '[3]'])
    for (const file of keptFiles(project)) rmSync(file)
    const again = await project.runRestricted('w.yaml')
    expect(factsOf(again)[0]).toEqual([expect.stringMatching(/^file out\/\S+ is not kept any more$/)])
    expect(stdoutOf(again, 'read')).toBe('[1,2]ran tool')
  })

  it.each([
    ['task', ''],
    ['step in a container', `container: {image: '${baseImage}', network: none}\n`],
  ])('of a restricted %s come back in their own directory, which no other task reaches', {timeout: 120_000}, async (_name, container) => {
    const project = new RestrictedProject({'w.yaml': restricted(container)})
    await project.build('core/shell')
    const first = await project.runRestricted('w.yaml')
    expect(factsOf(first)).toEqual([['no earlier result'], ['no earlier result']])
    const second = await project.runRestricted('w.yaml')
    expect(factsOf(second)).toEqual(['hit', 'hit'])
    for (const run of [first, second]) {
      const tool = run.task('make').files?.['tool'] as {readonly path: string}
      expect(tool.path).toContain(run.result.run)
      expect([readFileSync(tool.path, 'utf8'), statSync(tool.path).mode & 0o100]).toEqual(['echo tool', 0o100])
      expect(stdoutOf(run, 'look')).toBe('out/tool 9 hidden')
    }
    expect(factsOf(await project.runRestricted('w.yaml', ['--var', 'text=other']))).toEqual([
      ['files.in tool changed'],
      [expect.stringContaining('TOOL')],
    ])
  })
})
