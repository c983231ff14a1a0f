import {expect, test} from 'vitest'
import {defined} from '../../../src/lib/util/defined.ts'

test('keeps what is defined, in its order, and nothing else', () => {
  expect(Object.entries(defined({a: undefined, b: null, c: false, d: 0, e: '', f: undefined}))).toEqual([
    ['b', null],
    ['c', false],
    ['d', 0],
    ['e', ''],
  ])
  expect(Object.keys(defined({a: undefined}))).toEqual([])
})

test('does not override what it is merged over', () => {
  const limits = {memoryBytes: 1024, pids: 10}
  const written: {readonly memoryBytes: number | undefined; readonly pids: number | undefined} = {memoryBytes: undefined, pids: 5}
  expect({...limits, ...defined(written)}).toEqual({memoryBytes: 1024, pids: 5})
})
