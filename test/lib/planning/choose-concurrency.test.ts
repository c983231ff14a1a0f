import {describe, expect, it} from 'vitest'
import {chooseConcurrency} from '../../../src/lib/planning/choose-concurrency.ts'

const wishes = {
  concurrency: 4,
  concurrencyFrom: 'default',
  parallelism: undefined,
  openFileLimit: undefined,
  processLimit: undefined,
} as const

describe('chooseConcurrency', () => {
  it.each([
    ['the number of cores', {}, 4],
    ['the workflow over the cores', {parallelism: 7}, 7],
    ['the workflow over configuration files', {parallelism: 7, concurrencyFrom: 'project'}, 7],
    ['a configuration file for workflows that say nothing', {concurrencyFrom: 'user'}, 4],
    ['the command line over the workflow', {parallelism: 7, concurrencyFrom: 'flag'}, 4],
    ['the environment over the workflow', {parallelism: 7, concurrencyFrom: 'environment'}, 4],
    ['no more than the open files allow', {concurrency: 500, concurrencyFrom: 'flag', openFileLimit: 64}, 3],
    ['one, however few files may be open', {openFileLimit: 20}, 1],
    ['no more than the processes allow', {concurrency: 40, concurrencyFrom: 'flag', processLimit: 30}, 5],
    ['one, however few processes there may be', {processLimit: 5}, 1],
    ['what was asked for where processes are plenty', {concurrency: 500, processLimit: 96_365}, 500],
    ['what was asked for where files are plenty', {concurrency: 500, openFileLimit: 1_048_576}, 500],
  ] as const)('takes %s', (_title, more, expected) => {
    expect(chooseConcurrency({...wishes, ...more})).toBe(expected)
  })
})
