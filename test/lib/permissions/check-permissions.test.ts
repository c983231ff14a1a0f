// From written permissions to grants: every refusal with its place, and a task never gets more than its workflow.

import {mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {checkPermissions, grantsOf, type CheckedPermissions} from '../../../src/lib/permissions/check-permissions.ts'
import {readPermissions} from '../../../src/lib/workflow/written-permissions.ts'
import {draftOf} from '../../rig/draft.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const facts = {programHome: '/no/home', sockets: [], pluginDirs: [], configFiles: []}

function check(value: object): CheckedPermissions & {readonly dir: string} {
  const dir = temporaryDir()
  for (const name of ['data/deep', 'out']) mkdirSync(join(dir, name), {recursive: true})
  const workflow = {security: 'restricted', tasks: [{id: 'a'}, {id: 'b'}], ...value}
  return {...checkPermissions(readPermissions(draftOf(workflow)), {file: 'w.yaml', dir}, facts), dir}
}

const codes = (value: object): string[] =>
  check(value).findings.map(({at, code, errorCode = ''}) => `${at.join('.')} ${code} ${errorCode}`.trim())

const network = ['https://api.test/*']
const task = (permissions: object): object => ({tasks: [{id: 'a', permissions}, {id: 'b'}]})

describe('findings', () => {
  it.each<[string, () => object, string[]]>([
    [
      'none where all is granted',
      () => ({permissions: {network, filesystem: {read: ['data'], write: ['out']}}, ...task({network: ['https://api.test/v1']})}),
      [],
    ],
    ['a rule that is none', () => ({permissions: {network: ['api.test', ...network]}}), ['permissions.network.0 bad-network-rule']],
    [
      'a path that is not there',
      () => ({permissions: {filesystem: {read: ['nothing']}}}),
      ['permissions.filesystem.read.0 granted-path-missing'],
    ],
    [
      'a path that is not there, where nothing is enforced',
      () => ({security: 'trusted', permissions: {filesystem: {read: ['nothing']}}}),
      [],
    ],
    [
      'a path that is never granted',
      () => ({permissions: {filesystem: {write: ['/etc']}}}),
      ['permissions.filesystem.write.0 permission-refused PERMISSION_REFUSED'],
    ],
    ['a path that cannot be one', () => ({permissions: {filesystem: {read: ['~other/x']}}}), ['permissions.filesystem.read.0 bad-path']],
    [
      'a task that wants more',
      () => ({
        permissions: {network, filesystem: {read: ['data']}},
        ...task({network: ['https://other.test'], filesystem: {write: ['data']}}),
      }),
      [
        'tasks.0.permissions.network.0 permission-not-granted PERMISSION_REFUSED',
        'tasks.0.permissions.filesystem.write.0 permission-not-granted PERMISSION_REFUSED',
      ],
    ],
    [
      'a path that another task can exchange',
      () => ({permissions: {filesystem: {write: ['data']}}, ...task({filesystem: {read: ['data/deep']}})}),
      ['tasks.0.permissions.filesystem.read.0 granted-path-exchangeable PERMISSION_REFUSED'],
    ],
    ['too many rules', () => ({permissions: {network: Array(2001).fill(network[0])}}), ['permissions too-many-rules']],
    [
      'what has the wrong shape is left to the schema',
      () => ({permissions: {network: 'x', filesystem: {read: [5, '']}}, ...task([] as object)}),
      [],
    ],
  ])('%s', (_title, value, expected) => {
    expect(codes(value())).toEqual(expected)
  })
})

describe('grants', () => {
  it('a task without permissions of its own has those of the workflow', () => {
    const {value} = check({permissions: {network}, ...task({network: []})})
    expect(grantsOf(value, 'a').rules).toEqual([])
    expect(grantsOf(value, 'b').rules.map(({text}) => text)).toEqual(network)
  })

  it('what a task does not write stays as the workflow grants it', () => {
    const {value, dir} = check({permissions: {network, filesystem: {read: ['data']}}, ...task({network: []})})
    expect(grantsOf(value, 'a').paths.map(({real}) => real)).toEqual([join(dir, 'data')])
  })

  it('a filesystem that is written empty takes all paths away', () => {
    const {value} = check({permissions: {filesystem: {read: ['data']}}, ...task({filesystem: {}})})
    expect(grantsOf(value, 'a').paths).toEqual([])
  })
})
