import {describe, expect, it} from 'vitest'
import {TaskQueue} from '../../../../src/lib/engine/loop/task-queue.ts'

const always = (): boolean => true

/** Takes tasks until there is none to take. */
function takeAll(queue: TaskQueue, isWanted: (task: string) => boolean = always): string[] {
  const taken: string[] = []
  for (let task = queue.take(isWanted); task !== undefined; task = queue.take(isWanted)) taken.push(task)
  return taken
}

function queueOf(slots: number, tasks: readonly string[], groups: Readonly<Record<string, number>> = {}): TaskQueue {
  const queue = new TaskQueue({slots, groups, groupOf: (task) => (task.includes('/') ? task.split('/')[0] : undefined)})
  for (const task of tasks) queue.push(task)
  return queue
}

describe('TaskQueue', () => {
  it('hands tasks out in order of arrival, as many as there are slots', () => {
    const queue = queueOf(2, ['a', 'b', 'c'])
    expect(takeAll(queue)).toEqual(['a', 'b'])
    queue.free('a')
    queue.push('d')
    expect(takeAll(queue)).toEqual(['c'])
  })

  it('keeps a task waiting whose group is full, and lets others pass', () => {
    const queue = queueOf(9, ['db/1', 'db/2', 'a', 'api/1', 'db/3', 'api/2'], {db: 1, api: 2})
    expect(takeAll(queue)).toEqual(['db/1', 'a', 'api/1', 'api/2'])
    queue.free('a')
    expect(takeAll(queue)).toEqual([])
    queue.free('db/1')
    expect(takeAll(queue)).toEqual(['db/2'])
    queue.free('db/2')
    expect(takeAll(queue)).toEqual(['db/3'])
  })

  it('drops what has come to its end while it waited', () => {
    const queue = queueOf(1, ['db/1', 'a', 'db/2'], {db: 1})
    expect(takeAll(queue, (task) => task === 'db/2')).toEqual(['db/2'])
    queue.free('db/2')
    expect(takeAll(queue)).toEqual([])
  })

  it('holds everything back for one task, until it comes or is given up', () => {
    const queue = queueOf(2, ['a'])
    queue.holdFor('b')
    expect(takeAll(queue)).toEqual([])
    queue.push('b')
    expect(takeAll(queue)).toEqual(['a', 'b'])
    queue.holdFor('c')
    queue.push('d')
    queue.free('a')
    queue.release()
    expect(takeAll(queue)).toEqual(['d'])
  })

  it('halves the slots that are in use, and keeps one', () => {
    const queue = queueOf(8, ['a', 'b', 'c', 'd', 'e', 'f'])
    expect(takeAll(queue)).toHaveLength(6)
    for (const task of ['a', 'b', 'c']) queue.free(task)
    queue.narrow()
    queue.push('g')
    expect(takeAll(queue)).toEqual([])
    for (const task of ['d', 'e']) queue.free(task)
    expect(takeAll(queue)).toEqual(['g'])
    for (const task of ['f', 'g']) queue.free(task)
    queue.narrow()
    for (const task of ['h', 'i']) queue.push(task)
    expect(takeAll(queue)).toEqual(['h'])
  })

  it('lets tasks that use no slot pass those that wait for one, but not the limit of their group', () => {
    const groupOf = (task: string): string | undefined => (task.includes('/') ? task.split('/')[0] : undefined)
    const queue = new TaskQueue({slots: 1, groups: {runs: 2}, groupOf, usesSlot: (task) => !task.includes('wait')})
    for (const task of ['a', 'b', 'wait1', 'runs/wait1', 'runs/wait2', 'runs/wait3', 'wait2']) queue.push(task)
    expect(takeAll(queue)).toEqual(['a', 'wait1', 'runs/wait1', 'runs/wait2', 'wait2'])
    queue.free('wait1')
    expect(takeAll(queue)).toEqual([])
    queue.free('runs/wait2')
    queue.holdFor('b')
    expect(takeAll(queue)).toEqual(['runs/wait3'])
    queue.release()
    queue.free('a')
    expect(takeAll(queue)).toEqual(['b'])
  })

  it('refuses a task of a group that has no limit', () => {
    expect(() => queueOf(1, ['what/1'])).toThrow("the group of task 'what/1' has no limit")
  })
})
