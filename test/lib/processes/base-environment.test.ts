import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it, test} from 'vitest'
import {baseEnvironment, pickVariables} from '../../../src/lib/processes/base-environment.ts'

test('what tasks inherit is what the page says, and nothing else', () => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../../docs/workflow-file.md'), 'utf8')
  const section = page.slice(page.indexOf('## The environment of a task'))
  const sentence = section.slice(section.indexOf('It gets these variables'), section.indexOf('The `env` of the workflow'))
  const named = [...sentence.matchAll(/`([A-Za-z_*]+)`/g)].map(([, name = '']) => name.replace('*', 'ALL'))
  const others = ['TOKEN', 'HTTP_PROXY_PASSWORD', 'AUTOKESTRA_CONCURRENCY', 'NODE_OPTIONS', 'LD_PRELOAD', 'AUTOKESTRA_SECRET_KEY', 'LCX']
  const source = Object.fromEntries([...named, ...others].map((name) => [name, 'x']))
  expect(named.length).toBeGreaterThan(5)
  expect(Object.keys(baseEnvironment(source)).sort()).toEqual(named.sort())
})

describe('variables that are asked for', () => {
  const source = {AWS_REGION: 'eu', AWS_SECRET_ACCESS_KEY: 's', AWS: 'x', AUTOKESTRA_SECRET_KEY: 'k', AUTOKESTRA_NEW_SECRET_KEY: 'n', A: ''}

  it.each([
    [['AWS_REGION'], [], {AWS_REGION: 'eu'}],
    [['AWS_*'], [], {AWS_REGION: 'eu', AWS_SECRET_ACCESS_KEY: 's'}],
    [['AWS*', 'A'], ['AWS_SECRET_ACCESS_KEY'], {AWS_REGION: 'eu', AWS: 'x', A: ''}],
    [['AUTOKESTRA_SECRET_KEY', 'AUTOKESTRA_*'], [], {}],
    [['GONE'], [], {}],
  ])('%j without %j', (names, except, picked) => {
    expect(pickVariables(source, {names, except})).toEqual(picked)
  })
})
