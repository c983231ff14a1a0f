import {runAction} from '@autokestra/plugin-sdk/testing'
import {describe, expect, it} from 'vitest'
import {usePluginHost} from '../../../test/rig/bundled-plugin.ts'
import {log} from '../src/index.ts'

describe('core/console.log', () => {
  const plugin = usePluginHost('console')

  it('logs text at info, line by line', async () => {
    const {logs, output} = await runAction(log, {message: 'one\r\n\ntwo\n'})
    expect(logs).toEqual(['one', '', 'two'].map((message) => ({level: 'info', message})))
    expect(output).toBeNull()
  })

  it.each([
    [{a: [1, null]}, '{"a":[1,null]}'],
    [0, '0'],
    [false, 'false'],
    [null, 'null'],
    ['', ''],
  ])('logs %j', async (message, expected) => {
    expect((await runAction(log, {message})).logs).toEqual([{level: 'info', message: expected}])
  })

  it('logs at the level it is given', async () => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      expect((await runAction(log, {message: 'm', level})).logs).toEqual([{level, message: 'm'}])
    }
  })

  it('logs through the real host', async () => {
    const host = plugin.start()
    expect(await host.invoke({main: plugin.main, action: 'log', inputs: {message: 'hello', level: 'warn'}})).toMatchObject({
      ok: true,
      output: null,
    })
    expect(host.frames[0]).toEqual({type: 'log', level: 'warn', message: 'hello'})
  })
})
