// Files just below the limit of 4 MiB, made so that somebody who reads them carelessly takes minutes and gigabytes.

import {readFileSync} from 'node:fs'
import {expect, it} from 'vitest'
import {Project} from '../rig/project.ts'
import {builtCommand} from '../rig/workflow-command.ts'

const bytes = 4 * 1024 * 1024 - 1000
const fill = (text: string): string => text.repeat(Math.floor(bytes / text.length))
const list = (length: number, make: (index: number) => string): string => Array.from({length}, (_, index) => make(index)).join('')

const files: readonly (readonly [title: string, text: string, shown: RegExp])[] = [
  [
    'ids that are nearly right',
    `id: w\ntasks:\n${list(20_000, (n) => `  - {id: task-number-${n}, type: core/console.log, needs: [tsak-number-${n}], inputs: {message: x}}\n`)}`,
    /unknown-need.*\n(.*\n)*error\[more-findings\]: and 19900 more errors/,
  ],
  ['empty tasks', `id: w\ntasks:\n${'  - {}\n'.repeat(60_000)}`, /more-findings\]: and 119\d{3} more errors/],
  ['empty items', '-\n'.repeat(400_000), /250 000 values/],
  ['open brackets and commas', `a: ${fill('[,,,')}`, /error\[/],
  ['the same key again and again', fill('a:\n'), /duplicate key/],
  ['empty lines before a mistake', `id: w\n${fill('\n')}tasks: 1\n`, /tasks must be a list/],
  ['a bad value', `id: w\ntasks:\n  - {id: a, type: "${fill('x ')}"}\n`, /bad-type|invalid-type/],
  [
    'templates without end in one text',
    `id: w\ntasks:\n  - {id: a, type: core/console.log, inputs: {message: "${'{{ x.y }}'.repeat(400_000)}"}}\n`,
    /too many templates/,
  ],
]

/** Written when the process ends. */
const meter = `process.on('exit', () => {
  const {userCPUTime, systemCPUTime, maxRSS} = process.resourceUsage()
  require('node:fs').writeFileSync(process.env.METER, JSON.stringify({seconds: (userCPUTime + systemCPUTime) / 1e6, megabytes: maxRSS / 1024}))
})`

it.each(files)('%s: the first findings, within the budget', async (_title, text, shown) => {
  const project = new Project({'w.yaml': text, 'meter.cjs': meter})
  const command = [process.execPath, '--require', project.path('meter.cjs'), builtCommand] as const
  const {stdout, stderr, exitCode} = await project.run(['validate', 'w.yaml'], {command, env: {METER: project.path('used.json')}})
  expect(exitCode).toBe(3)
  expect(stdout).toMatch(shown)
  expect(stdout.length + stderr.length).toBeLessThan(100_000)
  const used = JSON.parse(readFileSync(project.path('used.json'), 'utf8')) as {seconds: number; megabytes: number}
  // Time of the processor, which does not depend on what else the machine does.
  expect(used.seconds).toBeLessThan(5)
  expect(used.megabytes).toBeLessThan(500)
})
