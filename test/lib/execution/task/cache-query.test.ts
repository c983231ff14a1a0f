import {describe, expect, test} from 'vitest'
import type {Plan, PlannedTask} from '../../../../src/lib/engine/plan.ts'
import type {PlannedContainer} from '../../../../src/lib/engine/planned-container.ts'
import {queryOf, type EvaluatedTask} from '../../../../src/lib/execution/task/cache-query.ts'

const values: EvaluatedTask = {
  inputs: {command: 'x'},
  env: {A: '1'},
  workingDir: '/w',
  cache: {files: ['src', ['a', 'b']], key: [1, 'k'], makes: []},
}
const facts = {pluginDigest: 'd', inherited: {B: '2', A: 'hidden'}}
// Of a plan, as far as it is looked at.
const task = {
  id: 't',
  action: {type: 'a/b.c', plugin: 'a/b', pluginVersion: '1.0.0'},
  cache: {files: [], key: [], makes: [], ttlMs: 5},
} as unknown as PlannedTask
const plan = {file: '/w/x.yaml', workflow: {workingDir: '/w', security: 'trusted'}} as unknown as Plan

test('all that counts has a name', () => {
  expect(queryOf({plan, task, key: {task: 't', item: '3'}}, values, facts)).toEqual({
    ...{owner: {file: '/w/x.yaml', task: 't[3]'}, base: '/w', files: ['src', 'a', 'b'], makes: [], ttlMs: 5},
    parts: {
      ...{type: 'a/b.c', 'plugin a/b': ['1.0.0', 'd'], 'working directory': '/w', security: 'trusted'},
      ...{'input command': 'x', 'env A': '1', 'env B': '2', 'key 1': 1, 'key 2': 'k'},
    },
  })
})

test('what a restricted task is granted counts, and its image', () => {
  const restricted = {...task, restrictions: {permissions: {rules: [], paths: []}, limits: {}}}
  const {parts} = queryOf({plan, task: restricted, key: {task: 't'}}, values, {...facts, imageId: 'sha256:1'})
  expect(parts).toMatchObject({image: 'sha256:1', permissions: JSON.stringify(restricted.restrictions)})
})

describe('a container', () => {
  const container: PlannedContainer = {
    ...{image: 'python:3.12-slim', network: 'none', user: '1000', workdir: '/work', pull: 'missing'},
    ...{mounts: [{source: '/data', target: '/in', isReadOnly: true}], limits: {pids: 9}},
  }
  const query = (more: Partial<PlannedContainer>): ReturnType<typeof queryOf> =>
    queryOf({plan, task, key: {task: 't'}}, {...values, container: {...container, ...more}}, facts)
  const {parts} = query({})

  test('counts with the name of its image and with its settings', () => {
    expect(parts).toMatchObject({
      ...{image: 'python:3.12-slim', 'container network': 'none', 'container user': '1000', 'container workdir': '/work'},
      ...{'container mounts': [['/data', '/in', true]], 'container resources': '{"pids":9}'},
    })
  })

  test.each<[string, Partial<PlannedContainer>]>([
    ['image', {image: 'python:3.13-slim'}],
    ['container mounts', {mounts: [{source: '/data', target: '/in', isReadOnly: false}]}],
    ['container mounts', {mounts: []}],
    ['container network', {network: 'bridge'}],
    ['container user', {user: 'root'}],
    ['container workdir', {workdir: '/'}],
    ['container resources', {limits: {}}],
  ])('differs in nothing but its %s with %j', (name, more) => {
    const changed = query(more).parts
    expect(Object.keys(parts).filter((part) => JSON.stringify(parts[part]) !== JSON.stringify(changed[part]))).toEqual([name])
  })

  test('does not differ by when its image is pulled', () => {
    expect(query({pull: 'always'}).parts).toEqual(parts)
  })
})

test('a workflow from standard input is known by its directory', () => {
  const {owner} = queryOf({plan: {...plan, file: '-'}, task, key: {task: 't'}}, values, facts)
  expect(owner.file).toBe('/w/-')
})

test.each([
  ['../x', 'the pattern "../x" cannot be used: it contains ".."'],
  [5, 'a pattern of files must be text, not 5'],
])('a template that gives %j', (pattern, message) => {
  const wrong = {...values, cache: {...values.cache, files: [pattern]}}
  expect(() => queryOf({plan, task, key: {task: 't'}}, wrong, facts)).toThrow(message)
})
