import {expect, it} from 'vitest'
import {readTaskKey, writeTaskKey, type TaskKey} from '../../../src/lib/engine/task-key.ts'

it.each<[string, TaskKey]>([
  ['score', {task: 'score'}],
  ['score[3]', {task: 'score', item: '3'}],
  ['regions[eu,a]', {task: 'regions', item: 'eu,a'}],
  ['a[b[c]]', {task: 'a', item: 'b[c]'}],
  ['a[]', {task: 'a', item: ''}],
])('%s is read as it was written', (text, key) => {
  expect(writeTaskKey(key)).toBe(text)
  expect(readTaskKey(text)).toEqual(key)
})
