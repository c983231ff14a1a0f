import {describe, expect, it} from 'vitest'
import type {TaskFile} from '../../../../src/lib/engine/task-result.ts'
import {FilesOfRun, moveRunPaths} from '../../../../src/lib/execution/files/run-paths.ts'

const file = (name: string, sha256: string): TaskFile => ({path: `/home/runs/r1/${name}`, name, size: 1, sha256})

describe('paths of files that a run has left', () => {
  const files = new FilesOfRun('/home/runs/r1')
  files.add({list: [file('t/a', '11'), file('t/a b', '22')], none: null, one: file('t/dir/c.txt', '33')})

  it.each([
    ['alone', '/home/runs/r1/t/a', '{run.dir}/t/a 11'],
    ['with a space in it, the longest first', '/home/runs/r1/t/a b', '{run.dir}/t/a b 22'],
    ['in a list of them', '--in=/home/runs/r1/t/a --c "/home/runs/r1/t/dir/c.txt"', '--in={run.dir}/t/a 11 --c "{run.dir}/t/dir/c.txt 33"'],
    ['of another file', '/home/runs/r1/t/a.csv', '/home/runs/r1/t/a.csv'],
    ['of their directory', '/home/runs/r1/t', '/home/runs/r1/t'],
    ['of another run', '/home/runs/r2/t/a', '/home/runs/r2/t/a'],
    ['with a part that goes back', '/home/runs/r1/t/../t/a', '/home/runs/r1/t/../t/a'],
    ['beside one that is not known', '/home/runs/r1/x /home/runs/r1/t/a', '/home/runs/r1/x {run.dir}/t/a 11'],
  ])('%s', (_what, text, described) => {
    expect(files.describe({deep: [text, 1, null]})).toEqual({deep: [described, 1, null]})
  })

  it('leaves a value alone that has none of them', () => {
    const value = {a: ['x', {b: true}]}
    expect(files.describe(value)).toBe(value)
  })

  it('is quick for a text with thousands of them', () => {
    const many = new FilesOfRun('/r')
    const names = Array.from({length: 3000}, (_, nth) => `/r/t/${String(nth)}`)
    many.add({all: names.map((path) => ({path, name: path, size: 1, sha256: 'x'}))})
    const startedAt = performance.now()
    expect(many.describe(names.join(' '))).not.toContain('/r/')
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })
})

it('moves paths to another run, and nothing else', () => {
  const output = {text: 'see /home/runs/r1/t/a, /home/runs/r1', list: ['/home/runs/r10/x', 5]}
  expect(moveRunPaths(output, '/home/runs/r1', '/home/runs/$&')).toEqual({
    text: 'see /home/runs/$&/t/a, /home/runs/r1',
    list: ['/home/runs/r10/x', 5],
  })
})
