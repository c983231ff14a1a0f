// Whether a task asks for no more than its workflow grants, and what becomes of grants in a container.

import {describe, expect, it} from 'vitest'
import {exchangeablePaths, grantsPath, grantsRule, mountsOf, noPermissions} from '../../../src/lib/permissions/permissions.ts'
import type {GrantedPath, PathAccess} from '../../../src/lib/permissions/path-policy.ts'
import {rule} from '../../rig/egress.ts'

const path = (access: PathAccess, real: string, written = real): GrantedPath => ({text: written, access, real, written})

describe('a rule of a task', () => {
  const covers = (granted: string, wanted: string): boolean => grantsRule({...noPermissions, rules: [rule(granted)]}, rule(wanted))

  it.each([
    ['https://api.test', 'https://api.test'],
    ['https://api.test', 'https://API.test:443/v1/*'],
    ['https://api.test/*', 'https://api.test/a/b'],
    ['https://api.test/v1/*', 'https://api.test/v1/users*'],
    ['https://*.test', 'https://api.test'],
    ['https://*.test', 'https://*.test'],
    ['https://*.test', 'https://*.eu.test/x'],
    ['https://*', 'https://*.test'],
    ['https://*', 'https://api.test'],
    ['http://10.1.2.3:8080', 'http://10.1.2.3:8080/x'],
  ])('%s covers %s', (granted, wanted) => {
    expect(covers(granted, wanted)).toBe(true)
  })

  it.each([
    ['https://api.test', 'http://api.test'],
    ['https://api.test', 'https://api.test:8443'],
    ['https://api.test', 'https://www.api.test'],
    ['https://api.test', 'https://*.api.test'],
    ['https://api.test', 'https://*'],
    ['https://*.test', 'https://test'],
    ['https://*.test', 'https://*'],
    ['https://*.a.test', 'https://*.test'],
    ['https://*.a.test', 'https://b-a.test'],
    ['https://api.test/v1/*', 'https://api.test'],
    ['https://api.test/v1/*', 'https://api.test/v2/*'],
    ['https://api.test/v1', 'https://api.test/v1*'],
    ['https://*', 'https://10.1.2.3'],
    ['https://*', 'https://[fd00::5]'],
  ])('%s does not cover %s', (granted, wanted) => {
    expect(covers(granted, wanted)).toBe(false)
  })
})

describe('a path of a task', () => {
  const granted = {...noPermissions, paths: [path('read', '/p/data'), path('write', '/p/out')]}

  it.each<[PathAccess, string, boolean]>([
    ['read', '/p/data', true],
    ['read', '/p/data/a/b', true],
    ['read', '/p/out/x', true],
    ['write', '/p/out/x', true],
    ['write', '/p/data', false],
    ['read', '/p', false],
    ['read', '/p/database', false],
    ['write', '/p/outside', false],
  ])('%s %s: %s', (access, real, expected) => {
    expect(grantsPath(granted, path(access, real))).toBe(expected)
  })
})

describe('paths that another task can exchange for links', () => {
  const found = (...sets: readonly GrantedPath[][]): string[] =>
    [...exchangeablePaths(sets.map((paths) => ({...noPermissions, paths})))].map(([each, parent]) => `${each.real} in ${parent.real}`)

  it('stand in what it may write to', () => {
    expect(found([path('write', '/p/out')], [path('read', '/p/out/x')])).toEqual(['/p/out/x in /p/out'])
    expect(found([path('write', '/p/out')], [path('write', '/p/out/x/y')])).toEqual(['/p/out/x/y in /p/out'])
    // The directory between the two can be moved, whatever is mounted in it.
    expect(found([path('write', '/p/out'), path('read', '/p/out/x/y')])).toEqual(['/p/out/x/y in /p/out'])
  })

  it('are not those that stand beside it, that it may only read, or that are mounted in its own container', () => {
    expect(found([path('write', '/p/out')], [path('write', '/p/out')], [path('read', '/p/outside')])).toEqual([])
    expect(found([path('read', '/p/data')], [path('read', '/p/data/x')])).toEqual([])
    expect(found([path('write', '/p/out/a')], [path('write', '/p/out/b')])).toEqual([])
    expect(found([path('write', '/p/out'), path('read', '/p/out/fixed')], [path('read', '/p/out/fixed')])).toEqual([])
  })
})

describe('mounts', () => {
  it('stand where the paths stand here, by both of their names', () => {
    expect(mountsOf({...noPermissions, paths: [path('read', '/real/data', '/link/data')]})).toEqual([
      {source: '/real/data', target: '/link/data', isReadOnly: true},
      {source: '/real/data', target: '/real/data', isReadOnly: true},
    ])
  })

  it('are writable when either grant says so, in any order', () => {
    const both = [path('read', '/p/x'), path('write', '/p/x')]
    for (const paths of [both, both.toReversed()]) {
      expect(mountsOf({...noPermissions, paths})).toEqual([{source: '/p/x', target: '/p/x', isReadOnly: false}])
    }
  })

  it('keep a directory that may only be read within one that may be written', () => {
    expect(mountsOf({...noPermissions, paths: [path('read', '/p/out/fixed'), path('write', '/p/out')]})).toEqual([
      {source: '/p/out', target: '/p/out', isReadOnly: false},
      {source: '/p/out/fixed', target: '/p/out/fixed', isReadOnly: true},
    ])
  })
})
