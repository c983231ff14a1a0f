// Thousands of damaged workflow files: each is read, or refused with findings. Nothing else is thrown, and nothing grows without a bound.

import {expect, test} from 'vitest'
import {SchemaCompiler} from '../../../src/lib/documents/json-schema.ts'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {loadWorkflow} from '../../rig/load-workflow.ts'

const valid = `id: nightly
name: Nightly "report"
vars: {limit: 10, list: [1, 2.5, x], map: {a: {b: null}}}
secrets: [API_TOKEN]
env: {TZ: UTC, N: "{{ vars.limit }}"}
timeout: 5m
defaults: {retry: {max: 3, backoff: exponential, delay: 1s}}
trigger: {type: cron, cron: "0 3 * * *"}
permissions:
  network: ["https://api.example.com/*"]
  filesystem: {read: [./data], write: &w [./out]}
tasks:
  - id: fetch
    type: core/http.request
    inputs: {url: "https://example.com/{{ vars.limit }}", headers: {a: "{{ secrets.API_TOKEN }}"}}
  - id: filter
    needs: [fetch]
    type: core/json.transform
    if: "{{ tasks.fetch.output.status == 200 && size(vars.list) > 1 }}"
    inputs:
      data: '{{ tasks.fetch.output.body ?? "none" }}'
      expression: |
        data.filter(r, r.mm > 0)
          .map(r, {"city": r.city})
  - {id: say, type: core/console.log, needs: [filter, fetch], inputs: {message: "{{ tasks.filter.output }} 😀"}, retry: {max: 2}}
outputs: {result: "{{ tasks.filter.output.value }}"}
`

const pieces = [
  '{{',
  '}}',
  '- ',
  ': ',
  '"',
  "'",
  '[',
  ']',
  '{',
  '}',
  '|',
  '>',
  '&a ',
  '*a',
  '*w',
  '!!x ',
  '<<: ',
  '#',
  '\n',
  '\t',
  '  ',
  '---\n',
  '...\n',
  '%',
  '?',
  ',',
  'null',
  '1e999',
  '9007199254740993',
  '😀',
  '\u2028',
  '\\',
  'tasks',
  'needs: [say]',
  '~',
  '@',
  '`',
]

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function mutate(random: () => number): string {
  let text = valid
  const below = (limit: number): number => Math.floor(random() * limit)
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(text.length)
    const length = below(random() < 0.2 ? 200 : 8)
    const piece = pieces[below(pieces.length)] ?? ''
    switch (below(5)) {
      case 0:
        text = text.slice(0, at) + text.slice(at + length)
        break
      case 1:
        text = text.slice(0, at) + piece + text.slice(at)
        break
      case 2:
        text = text.slice(0, at) + text.slice(at, at + length).repeat(1 + below(20)) + text.slice(at)
        break
      case 3:
        text = text.slice(0, at) + piece.repeat(1 + below(150)) + text.slice(at + length)
        break
      default: {
        const lines = text.split('\n')
        const line = below(lines.length)
        lines[line] = random() < 0.5 ? ` ${lines[line] ?? ''}` : (lines[line] ?? '').replace(/^ /, '')
        text = lines.join('\n')
      }
    }
  }
  return text
}

test('3 000 damaged files give a workflow or findings', async () => {
  const schemas = new SchemaCompiler()
  let refused = 0
  for (let seed = 1; seed <= 3000; seed++) {
    const text = mutate(randomFrom(seed))
    try {
      await loadWorkflow(text, {schemas})
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw new Error(`seed ${seed}:\n${text}`, {cause: error})
      refused++
      for (const kind of ['error', 'warning'])
        expect(error.diagnostics.filter(({severity}) => severity === kind).length, `seed ${seed}`).toBeLessThanOrEqual(101)
      if (error.code === 'WORKFLOW_INVALID') expect(error.diagnostics.length, `seed ${seed}`).toBeGreaterThan(0)
      for (const {message, hint = '', sourceLine = ''} of error.diagnostics)
        expect(Math.max(message.length, hint.length, sourceLine.length - 3000), `seed ${seed}: ${message}`).toBeLessThan(2000)
    }
  }
  expect(refused).toBeGreaterThan(1500)
}, 120_000)
