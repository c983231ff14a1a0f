// A random task as a workflow file would have it.

import type {ForEach, Matrix} from '../../src/lib/workflow/items/model.ts'
import type {RandomInput, RandomTask} from './random-run.ts'
import type {TaskSketch} from './scripted-run.ts'

export function sketchOf(task: RandomTask): TaskSketch {
  const {id, needs, condition, continueOnError, retry, timeoutMs, items: {forEach, matrix} = {}, isOrderOnly, until, cache, inputs} = task
  return {
    id,
    needs,
    continueOnError,
    retry,
    timeoutMs,
    ...(isOrderOnly === true && {needsOnlyOrder: true}),
    ...(condition !== undefined && {if: condition.text}),
    // Plain by its making.
    ...(forEach !== undefined && {forEach: forEach as ForEach}),
    ...(matrix !== undefined && {matrix: matrix as Matrix}),
    ...(until !== undefined && {until: {if: "{{ output.state == 'done' }}", ...until}}),
    ...(inputs !== undefined && {inputs: Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, textOf(input)]))}),
    ...(cache !== undefined && {
      cache: {
        files: cache.files,
        key: cache.keys.map((name) => `{{ vars.${name} }}`),
        makes: cache.makes,
        ...(cache.ttlMs !== undefined && {ttlMs: cache.ttlMs}),
      },
    }),
  }
}

function textOf(input: RandomInput): string {
  if (input.kind === 'var') return `{{ vars.${input.name} }}`
  if (input.kind === 'index') return '{{ index }}'
  return input.kind === 'status' ? '{{ run.status }}' : `{{ toJson(tasks.${input.task}.output ?? "none") }}`
}
