import {describe, expect, it} from 'vitest'
import {hintForForm, hintForKey, hintForType} from '../../../../src/lib/workflow/check/shape-hints.ts'
import {taskSchema} from '../../../../src/lib/workflow/schema/task-schema.ts'
import {workflowSchema} from '../../../../src/lib/workflow/schema/workflow-schema.ts'

const own = {task: Object.keys(taskSchema.properties), workflow: Object.keys(workflowSchema.properties)}

describe('hints for the keys of other programs', () => {
  it.each(['depends', 'run', 'when', 'continue-on-error', 'retryPolicy', 'withItems', 'deps', 'image', 'timeout-minutes'])(
    'of a task: %s',
    (key) => {
      const named = /called (\w+)|write (\w+)/.exec(hintForKey(key, true) ?? '')
      expect(own.task).toContain(named?.[1] ?? named?.[2])
    },
  )

  it.each(['schedule', 'params', 'variables', 'handlerOn', 'maxActiveRuns', 'tags', 'steps'])('of a workflow: %s', (key) => {
    expect(own.workflow).toContain(/called (\w+)/.exec(hintForKey(key, false) ?? '')?.[1])
  })

  it('there are none for own keys, and none for others', () => {
    for (const key of own.task) expect(hintForKey(key, true)).toBeUndefined()
    for (const key of own.workflow) expect(hintForKey(key, false)).toBeUndefined()
    for (const key of ['constructor', '__proto__', 'toString', '']) {
      expect([hintForKey(key, true), hintForKey(key, false)]).toEqual([undefined, undefined])
      expect(hintForType({path: [key], keyword: 'type', params: {type: 'object'}}, 1)).toBeUndefined()
    }
  })
})

describe('hints for values of the wrong type', () => {
  it.each([
    ['needs', 'build', 'write it as a list: needs: [build]'],
    ['dotenv', '.env', 'write it as a list: dotenv: [.env]'],
    ['inheritEnv', 'AWS_*', "write it as a list: inheritEnv: ['AWS_*']"],
    ['needs', "it's", undefined],
    ['needs', 'x'.repeat(100), undefined],
    ['needs', 5, undefined],
    ['onFailure', {id: 'a'}, 'write it as a list: each item begins with -'],
  ])('%s: %j, where a list is wanted', (key, value, expected) => {
    expect(hintForType({path: ['tasks', 0, key], keyword: 'type', params: {type: 'array'}}, {tasks: [{[key]: value}]})).toBe(expected)
  })

  it('a list where a text is wanted', () => {
    const hint = hintForForm({path: ['command'], keyword: 'type', params: {type: 'string'}}, {command: ['a', 'b']})
    expect(hint).toBe('write one text, which may have several lines: command: |')
  })
})
