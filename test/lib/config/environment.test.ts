import {expect, it} from 'vitest'
import {readEnvironment} from '../../../src/lib/config/environment.ts'

it('nothing is assumed of an empty environment', () => {
  expect(readEnvironment({})).toEqual({
    variables: {},
    unattendedBy: undefined,
    agent: undefined,
    isGithubActions: false,
    isDebug: false,
    isNodeDebug: false,
    terminal: {isColored: undefined, isDumb: false, hasUnicode: false},
    outerTag: undefined,
  })
})

it.each([
  [{CI: 'true'}, {unattendedBy: 'CI'}],
  [{CI: 'false'}, {unattendedBy: undefined}],
  [{AI_AGENT: 'some'}, {unattendedBy: 'AI_AGENT', agent: 'AI_AGENT'}],
  [{CI: '1', AI_AGENT: 'some'}, {unattendedBy: 'CI'}],
  [{CI: ''}, {unattendedBy: undefined}],
  [{GITHUB_ACTIONS: 'true'}, {isGithubActions: true}],
  [{DEBUG: '1'}, {isDebug: true}],
  [{DEBUG: ''}, {isDebug: false}],
  [{NODE_DEBUG: ''}, {isNodeDebug: true}],
  [{AUTOKESTRA_TASK_TAG: '1:2:x:y-z'}, {outerTag: '1:2:x:y-z'}],
  [{NO_COLOR: '1', FORCE_COLOR: '1'}, {terminal: {isColored: false}}],
  [{NO_COLOR: '', FORCE_COLOR: '3'}, {terminal: {isColored: true}}],
  [{FORCE_COLOR: 'false'}, {terminal: {isColored: false}}],
  [{TERM: 'dumb', LANG: 'C.UTF-8'}, {terminal: {isDumb: true, hasUnicode: false}}],
  [{LC_ALL: 'C', LANG: 'en_US.UTF-8'}, {terminal: {hasUnicode: false}}],
  [{LC_ALL: '', LANG: 'en_US.utf8'}, {terminal: {hasUnicode: true}}],
])('%j means %j', (variables, meaning) => {
  expect(readEnvironment(variables)).toMatchObject({variables, ...meaning})
})

it('what was read stays as it was', () => {
  const {variables} = readEnvironment()
  expect(variables['PATH']).toBe(process.env['PATH'])
  expect(variables).not.toBe(process.env)
})
