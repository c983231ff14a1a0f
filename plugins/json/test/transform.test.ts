import {runAction} from '@autokestra/plugin-sdk/testing'
import {describe, expect, it} from 'vitest'
import type {JsonValue} from '@autokestra/plugin-sdk'
import {usePluginHost} from '../../../test/rig/bundled-plugin.ts'
import {transform} from '../src/index.ts'

const rows = [
  {city: 'Seattle', temp: 12.5, date: '2015-01-01'},
  {city: 'New York', temp: 17, date: '2015-01-02'},
  {city: 'Seattle', temp: 7.5, date: '2015-01-03'},
]
const means = `
  unique(data.map(r, r.city)).map(city, {
    'city': city,
    'mean': sum(data.filter(r, r.city == city).map(r, r.temp))
            / size(data.filter(r, r.city == city))
  })
`

describe('core/json.transform', () => {
  const plugin = usePluginHost('json')

  it.each<[string, JsonValue, JsonValue]>([
    ['data.filter(r, r.temp > 10).map(r, r.date)', rows, ['2015-01-01', '2015-01-02']],
    [
      means,
      rows,
      [
        {city: 'Seattle', mean: 10},
        {city: 'New York', mean: 17},
      ],
    ],
    ["data.map(r, {'day': r.date, 'f': r.temp * 1.8 + 32})[1]", rows, {day: '2015-01-02', f: 62.6}],
    ['data.map(r, r.temp > 10, r.city)', rows, ['Seattle', 'New York']],
    ['data.exists(r, r.temp < 0)', rows, false],
    ['data.all(r, has(r.city))', rows, true],
    ['[min(data), max(data), sum(data), size(data), round(sum(data) / size(data), 2)]', [3, 1.5, 2], [1.5, 3, 6.5, 3, 2.17]],
    ["data.name ?? 'nobody'", {}, 'nobody'],
    ["data.n > 0 ? 'some' : 'none'", {n: 0}, 'none'],
    ["join(data, ', ')", ['a', 'b'], 'a, b'],
    ['data.upper()', 'ab', 'AB'],
    ['fromJson(data).x', '{"x": [1]}', [1]],
    ['data', null, null],
    ['data.n + 1', {n: 1}, 2],
    ['data["__proto__"]', JSON.parse('{"__proto__": 7}') as JsonValue, 7],
  ])('%s', async (expression, data, value) => {
    expect((await runAction(transform, {data, expression})).output).toEqual({value})
  })

  it('takes lists as long as reports need', async () => {
    const data = Array.from({length: 20_000}, (_, n) => ({n, group: n % 7}))
    const {output} = await runAction(transform, {data, expression: 'sum(data.filter(r, r.group == 3).map(r, r.n))'})
    expect(output.value).toBe(data.filter(({group}) => group === 3).reduce((total, {n}) => total + n, 0))
  })

  it.each([
    ['data.rows.', /line 1, column \d+ of the expression$/],
    ['data\n  .map(r, r.nmae)', /nmae/],
    ['nodata + 1', /unknown name "nodata"/],
    ['data.missing', /missing/],
    ['1 / 0', /division by zero/],
    ['constructor', /constructor/],
    ['data.constructor', /constructor/],
    ['process.exit(1)', /./],
  ])('says what is wrong with %j', async (expression, message) => {
    const data = [{name: 'secret value'}]
    const failure: unknown = await runAction(transform, {data, expression}).catch((error: unknown) => error)
    expect(failure).toMatchObject({code: 'EXPRESSION_FAILED', retryable: false, message: expect.stringMatching(message) as string})
    expect(String(failure)).not.toContain('secret value')
  })

  it('computes in the real host, from one file', async () => {
    const host = plugin.start()
    const inputs = {data: rows, expression: means}
    expect(await host.invoke({main: plugin.main, action: 'transform', inputs})).toMatchObject({
      ok: true,
      output: {
        value: [
          {city: 'Seattle', mean: 10},
          {city: 'New York', mean: 17},
        ],
      },
    })
    expect(await host.invoke({main: plugin.main, action: 'transform', inputs: {data: 1, expression: 'data +'}})).toMatchObject({
      ok: false,
      error: {code: 'EXPRESSION_FAILED'},
    })
  })
})
