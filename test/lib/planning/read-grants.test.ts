// Advice about grants comes beside what is granted, and only where grants are enforced.

import {expect, it} from 'vitest'
import {readGrants} from '../../../src/lib/planning/read-grants.ts'
import {draftOf} from '../../rig/draft.ts'

const facts = {programHome: '/no/home', sockets: [], pluginDirs: [], configFiles: []}

it.each<[string, object, string[]]>([
  ['restricted', {security: 'restricted', permissions: {network: ['http://api.test', 'https://*']}}, ['unencrypted', 'any-host']],
  [
    'restricted, in a task',
    {security: 'restricted', permissions: {network: ['https://*']}, tasks: [{id: 'a', permissions: {network: ['http://10.1.2.3']}}]},
    ['permission-not-granted', 'any-host', 'unencrypted', 'private-address'],
  ],
  ['trusted', {permissions: {network: ['https://*']}}, []],
  ['a rule that is none has one finding', {security: 'restricted', permissions: {network: ['nonsense']}}, ['bad-network-rule']],
])('%s', (_title, value, expected) => {
  expect(readGrants(draftOf(value), '/', facts).findings.diagnostics.map(({code}) => code)).toEqual(expected)
})

it('warnings are all made: rules are limited already', () => {
  const network = Array.from({length: 150}, (_, index) => `http://host${String(index)}.test`)
  const {value, findings} = readGrants(draftOf({security: 'restricted', permissions: {network}}), '/', facts)
  expect(findings.diagnostics).toHaveLength(150)
  expect(value.workflow.rules).toHaveLength(150)
})
