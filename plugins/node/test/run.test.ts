import {runAction} from '@autokestra/plugin-sdk/testing'
import {describe, expect, it} from 'vitest'
import type {JsonValue} from '@autokestra/plugin-sdk'
import {usePluginHost} from '../../../test/rig/bundled-plugin.ts'
import {run} from '../src/index.ts'

describe('core/node.run', () => {
  const plugin = usePluginHost('node')

  async function inHost(script: string, inputs: Record<string, JsonValue> = {}): Promise<unknown> {
    const host = plugin.start()
    return await host.invoke({main: plugin.main, action: 'run', inputs: {script, ...inputs}})
  }

  it.each<[string, Record<string, JsonValue>, unknown]>([
    ['return inputs.rows.toReversed()', {rows: [1, {a: null}]}, [{a: null}, 1]],
    ["const {basename} = require('node:path')\nreturn basename('/a/b')", {}, 'b'],
    ["const {basename} = await import('node:path')\nreturn basename('/a/c')", {}, 'c'],
    ['return `${inputs.name}!`', {name: '${1 + 1}'}, '${1 + 1}!'],
    ['return 1 // a comment at the end', {}, 1],
    ['return Object.keys(inputs)', {b: 1}, ['b']],
  ])('%j', async (script, inputs, output) => {
    expect(await inHost(script, inputs)).toMatchObject({ok: true, output})
  })

  it('gives null for a script that returns nothing', async () => {
    expect(await inHost('let x = 1')).toMatchObject({ok: true, output: null})
  })

  it.each(["'; process.exit(3) //", '`${process.exit(3)}`', '$(touch bad)', 'line\nline', 'a\u0000b', '\\', '})(); process.exit(3)'])(
    'hands over %j as data',
    async (value) => {
      expect(await inHost('return inputs.value', {value})).toMatchObject({ok: true, output: value})
    },
  )

  it('names the line of a mistake in the script', async () => {
    const failure: unknown = await runAction(run, {script: 'let a = 1\nlet = = 2'}).catch((error: unknown) => error)
    expect(failure).toMatchObject({code: 'SCRIPT_INVALID', retryable: false, message: expect.stringMatching(/\(line 2\)$/) as string})
  })

  it('fails with what the script throws, and names its line', async () => {
    const result = await inHost("function half() {\n  throw new TypeError('no half')\n}\nhalf()")
    expect(result).toMatchObject({ok: false, error: {message: expect.stringContaining('no half') as string}})
  })
})
