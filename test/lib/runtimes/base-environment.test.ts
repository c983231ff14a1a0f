import {readFileSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import {baseEnvironment} from '../../../src/lib/runtimes/base-environment.ts'

test('what tasks inherit is what the page says, and nothing else', () => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../../docs/workflow-file.md'), 'utf8')
  const section = page.slice(page.indexOf('## The environment of a task'))
  const sentence = section.slice(section.indexOf('It is given'), section.indexOf('as far as'))
  const named = [...sentence.matchAll(/`([A-Z_*]+)`/g)].map(([, name = '']) => name.replace('*', 'ALL'))
  const others = ['CI', 'TOKEN', 'http_proxy', 'SSH_AUTH_SOCK', 'NODE_OPTIONS', 'LD_PRELOAD', 'AUTOKESTRA_SECRET_KEY', 'LCX']
  const source = Object.fromEntries([...named, ...others].map((name) => [name, 'x']))
  expect(named.length).toBeGreaterThan(5)
  expect(Object.keys(baseEnvironment(source)).sort()).toEqual(named.sort())
})
