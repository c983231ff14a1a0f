import {describe, expect, it} from 'vitest'
import {selectTasks, type TaskRequest} from '../../../src/lib/planning/select-tasks.ts'

const tasks = [
  {id: 'a', needs: []},
  {id: 'b', needs: ['a']},
  {id: 'c', needs: ['a']},
  {id: 'd', needs: ['b', 'c']},
  {id: '__proto__', needs: []},
]

function select(request: TaskRequest, wanted?: readonly string[]): string[] | undefined {
  const selected = selectTasks({tasks, ...(wanted && {default: wanted})}, request)
  return selected && [...selected].sort()
}

describe('the tasks of a run', () => {
  it.each<[string, TaskRequest, readonly string[] | undefined, string[] | undefined]>([
    ['are all, when nothing says otherwise', {}, undefined, undefined],
    ['are all, for empty lists', {tasks: [], only: [], from: []}, undefined, undefined],
    ['are the default ones and their needs', {}, ['b'], ['a', 'b']],
    ['are those that are named, not the default ones', {tasks: ['c']}, ['b'], ['a', 'c']],
    ['are exactly those of only', {only: ['d', 'a']}, ['b'], ['a', 'd']],
    ['are those that follow', {from: ['b']}, ['c'], ['b', 'd']],
    ['may have odd names', {tasks: ['__proto__']}, undefined, ['__proto__']],
  ])('%s', (_title, request, wanted, expected) => {
    expect(select(request, wanted)).toEqual(expected)
  })

  it('may be a chain of any length', () => {
    const chain = Array.from({length: 100_000}, (_, index) => ({id: `t${index}`, needs: index === 0 ? [] : [`t${index - 1}`]}))
    expect(selectTasks({tasks: chain}, {tasks: ['t99999']})?.size).toBe(100_000)
    expect(selectTasks({tasks: chain}, {from: ['t1']})?.size).toBe(99_999)
  })
})
