// What begins in the same moment as a stop of the run is not stopped by it.

import {describe, expect, it} from 'vitest'
import {sketchedTask, startScriptedRun} from '../../../rig/scripted-run.ts'

const retry = {maxAttempts: 2, backoff: 'constant', delayMs: 100_000, maxDelayMs: 100_000, jitter: false, on: ['error', 'timeout']} as const

describe('a stop of a run in which a task waits to be tried again', () => {
  it('lets the task that cleans up run to its end', async () => {
    const run = await startScriptedRun([
      {id: 'a', retry},
      {id: 'clean', needs: ['a'], if: '{{ always() }}'},
    ])
    ;(await run.attempt('a')).fail()
    await new Promise((resolve) => setImmediate(resolve))
    run.loop.stop('interrupted')
    const clean = await run.attempt('clean')
    expect(clean.signal.aborted).toBe(false)
    clean.succeed()
    expect(await run.finished).toMatchObject({status: 'cancelled', counts: {cancelled: 1, failed: 0, succeeded: 1}})
  })

  it('lets the hooks run to their end', async () => {
    const hook = {...sketchedTask({id: 'last'}), hook: 'finally' as const}
    const run = await startScriptedRun([{id: 'a', retry}], {workflow: {hooks: {finally: [hook]}}})
    ;(await run.attempt('a')).fail()
    await new Promise((resolve) => setImmediate(resolve))
    run.loop.stop('interrupted')
    const last = await run.attempt('last')
    expect(last.signal.aborted).toBe(false)
    last.succeed()
    expect(await run.finished).toMatchObject({status: 'cancelled', counts: {cancelled: 1, succeeded: 1}})
  })
})
