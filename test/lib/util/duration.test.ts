import {expect, test} from 'vitest'
import {parseDuration} from '../../../src/lib/util/duration.ts'

test.each<[unknown, number | undefined]>([
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['1.5s', 1500],
  [2, 2000],
  [0.25, 250],
  ['24h', 86_400_000],
  ['0s', undefined],
  [0, undefined],
  [-1, undefined],
  ['-1s', undefined],
  ['1d', 86_400_000],
  ['10', undefined],
  [' 1s', undefined],
  ['1s\n', undefined],
  ['1 s', undefined],
  ['1e3s', undefined],
  ['', undefined],
  ['600h', undefined],
  [Infinity, undefined],
  [NaN, undefined],
  [null, undefined],
  [[1], undefined],
])('%j is %s milliseconds', (written, ms) => {
  expect(parseDuration(written)).toBe(ms)
})
