// The permissions of a file are read once, with the place of each grant.

import {expect, it} from 'vitest'
import {listMaps, readPermissions} from '../../../src/lib/workflow/written-permissions.ts'
import {draftOf} from '../../rig/draft.ts'

it('of the workflow and of each task; what is not written is undefined', () => {
  const written = readPermissions(
    draftOf({
      security: 'restricted',
      permissions: {network: ['https://a.test'], filesystem: {read: ['x']}},
      tasks: [{id: 'a', permissions: {network: []}}, {id: 'b'}, {noId: true, permissions: {network: ['https://b.test']}}],
    }),
  )
  expect(written).toEqual({
    isRestricted: true,
    workflow: {
      network: [{text: 'https://a.test', at: ['permissions', 'network', 0]}],
      filesystem: {read: [{text: 'x', at: ['permissions', 'filesystem', 'read', 0]}], write: []},
    },
    tasks: [
      {id: 'a', own: {network: [], filesystem: undefined}},
      {id: 'b', own: undefined},
    ],
  })
  expect(listMaps(written)).toHaveLength(2)
})

it.each<[unknown]>([
  ['all'],
  [[]],
  [{network: 'https://a.test', filesystem: []}],
  [{network: [5, ''], filesystem: {read: 'x', write: [null]}}],
])('permissions %j grant nothing', (permissions) => {
  const {workflow} = readPermissions(draftOf({permissions}))
  expect([workflow.network ?? [], workflow.filesystem?.read ?? [], workflow.filesystem?.write ?? []]).toEqual([[], [], []])
})
