// Tasks that follow from the order of the file: what becomes of those below a task that was skipped, has failed, or cleans up.

import {expect, it} from 'vitest'
import {startScriptedRun} from '../../../rig/scripted-run.ts'

interface Step {
  readonly id: string
  readonly if?: string
  readonly fails?: true
  readonly needs?: readonly string[]
}

/** How each task ends, with the reason of a skip. */
async function endsOf(steps: readonly Step[]): Promise<Record<string, string>> {
  const sketches = steps.map(({id, if: condition, needs}, index) => ({
    id,
    needs:
      needs ??
      steps
        .slice(0, index)
        .slice(-1)
        .map((above) => above.id),
    followsOrder: index > 0 && needs === undefined,
    ...(condition !== undefined && {if: condition}),
  }))
  const run = await startScriptedRun(sketches, {failFast: false})
  const over = {is: false}
  void run.finished.finally(() => (over.is = true))
  while (!over.is) {
    for (const id of run.open()) {
      const attempt = await run.attempt(id)
      if (steps.find((step) => step.id === id)?.fails) attempt.fail()
      else attempt.succeed()
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return Object.fromEntries(
    run.events.flatMap((event) => {
      if (event.type === 'task.finished') return [[event.task, event.status]]
      return event.type === 'task.skipped' ? [[event.task, event.reason]] : []
    }),
  )
}

const no = '{{ false }}'

it.each<[string, Step[], Record<string, string>]>([
  ['a step with a false condition is left out', [{id: 'a'}, {id: 'b', if: no}, {id: 'c'}], {c: 'succeeded'}],
  ['also several of them', [{id: 'a', if: no}, {id: 'b', if: no}, {id: 'c'}], {c: 'succeeded'}],
  [
    'a failure ends the steps below',
    [{id: 'a', fails: true}, {id: 'b'}, {id: 'c'}],
    {b: "needed task 'a' failed", c: "needed task 'b' was skipped"},
  ],
  [
    'a step that tells of a failure does not let the steps below go on',
    [{id: 'a', fails: true}, {id: 'tell', if: '{{ failure() }}'}, {id: 'c'}, {id: 'clean', if: '{{ always() }}'}, {id: 'd'}],
    {tell: 'succeeded', c: "needed task 'a' failed", clean: 'succeeded', d: "needed task 'c' was skipped"},
  ],
  ['and is left out when nothing failed', [{id: 'a'}, {id: 'tell', if: '{{ failure() }}'}, {id: 'c'}], {c: 'succeeded'}],
  [
    'a written need of a skipped task still counts',
    [{id: 'a'}, {id: 'b', if: no}, {id: 'c', needs: ['b']}],
    {c: "needed task 'b' was skipped"},
  ],
])('%s', async (_, steps, ends) => {
  expect(await endsOf(steps)).toMatchObject(ends)
})
