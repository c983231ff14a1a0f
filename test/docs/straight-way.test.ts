// docs/architecture.md tells the way of a run in a few steps. Each function it names exists in the file it names, and is called, in that order.

import {readFileSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {buildTracedCommand, type TracedFunction} from '../rig/traced-command.ts'
import {writeFiles} from '../rig/plugin-dir.ts'
import {temporaryDir} from '../rig/temporary-dir.ts'
import {packageRoot, runWorkflow} from '../rig/workflow-command.ts'

/** The numbered paragraphs below the heading. */
function readSteps(): string[] {
  const page = readFileSync(path.join(packageRoot, 'docs/architecture.md'), 'utf8')
  const section = page.split(/^## /m).find((text) => text.startsWith('`workflow run FILE`, step by step\n')) ?? ''
  return section.split('\n').filter((line) => /^\d+\. /.test(line))
}

function functionsOf(step: string): TracedFunction[] {
  return [...step.matchAll(/`([\w.]+)` \(`(src\/[\w./-]+\.ts)`\)/g)].map(([, name = '', file = '']) => ({name, file}))
}

it('the way of `workflow run FILE` is told in at most ten steps, in the order in which it happens', async () => {
  const steps = readSteps()
  expect(steps.length).toBeGreaterThan(5)
  expect(steps.length).toBeLessThanOrEqual(10)
  for (const step of steps) expect(functionsOf(step).length, step).toBeGreaterThan(0)
  const functions = steps.flatMap(functionsOf)

  const {command, calls} = buildTracedCommand(functions)
  const home = temporaryDir()
  const secret = 'straight-4c1f09ab'
  const cwd = writeFiles(temporaryDir(), {
    'w.yaml': `id: w
secrets: [TOKEN]
tasks:
  - {id: a, type: core/shell.run, env: {TOKEN: '{{ secrets.TOKEN }}'}, inputs: {command: 'echo done $TOKEN'}}
outputs: {said: '{{ tasks.a.output.stdout }}'}
`,
  })
  const result = await runWorkflow(['run', 'w.yaml'], {command, home, cwd, env: {TOKEN: secret}})
  expect(result).toMatchObject({exitCode: 0, stdout: '{\n  "said": "done ***SECRET***"\n}\n'})
  expect(calls()).toEqual(functions.map(({name}) => name))
}, 120_000)
