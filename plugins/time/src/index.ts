// The plugin core/time.

import {performance} from 'node:perf_hooks'
import {setTimeout as wait} from 'node:timers/promises'
import {defineAction} from '@autokestra/plugin-sdk'
import {parseDuration} from './parse-duration.ts'

/** Waits for `duration`; rejects at once with the reason of the signal when it is aborted. */
export const sleep = defineAction({
  async execute(input: {duration: string | number}, context): Promise<{sleptMs: number}> {
    const durationMs = parseDuration(input.duration)
    const startedAt = performance.now()
    await wait(durationMs, undefined, {signal: context.signal})
    return {sleptMs: Math.round(performance.now() - startedAt)}
  },
})
