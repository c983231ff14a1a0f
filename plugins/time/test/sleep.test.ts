import {runAction} from '@autokestra/plugin-sdk/testing'
import {describe, expect, it} from 'vitest'
import {usePluginHost} from '../../../test/rig/bundled-plugin.ts'
import {sleep} from '../src/index.ts'
import {parseDuration} from '../src/parse-duration.ts'

describe('core/time.sleep', () => {
  const plugin = usePluginHost('time')

  it('waits as long as it is told and says how long it was', async () => {
    const {output} = await runAction(sleep, {duration: '120ms'})
    expect(output.sleptMs).toBeGreaterThanOrEqual(118)
    expect((await runAction(sleep, {duration: 0})).output.sleptMs).toBeLessThan(100)
  })

  it('ends at once when it is cancelled', async () => {
    const startedAt = Date.now()
    const controller = new AbortController()
    setTimeout(() => {
      controller.abort(new Error('enough'))
    }, 50)
    await expect(runAction(sleep, {duration: '1h'}, {signal: controller.signal})).rejects.toThrow()
    expect(Date.now() - startedAt).toBeLessThan(5000)
  })

  it.each([
    ['500ms', 500],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    [2, 2000],
    [0.25, 250],
    [0, 0],
  ])('reads %s as %d ms', (written, ms) => {
    expect(parseDuration(written)).toBe(ms)
  })

  it.each(['', '5', '5 s', '5d', '-1s', 's', '1e3s', '481h', -1, NaN, Infinity, 1e12])('refuses %s', async (duration) => {
    await expect(runAction(sleep, {duration})).rejects.toMatchObject({code: 'INPUT_INVALID', retryable: false})
  })

  it('is cancelled in a real host', async () => {
    const host = plugin.start()
    const {id, nonce} = host.send({main: plugin.main, action: 'sleep', inputs: {duration: '1h'}})
    host.cancel(id)
    expect(await host.result(nonce)).toMatchObject({ok: false})
    expect(await host.invoke({main: plugin.main, action: 'sleep', inputs: {duration: '10ms'}})).toMatchObject({ok: true})
  })
})
