import {homedir} from 'node:os'
import {describe, expect, it} from 'vitest'
import {resolveDirectory} from '../../../src/lib/files/resolve-directory.ts'

describe('a directory that a file names', () => {
  it.each([
    ['.', '/base'],
    ['sub/../other', '/base/other'],
    ['/abs', '/abs'],
    ['~', homedir()],
    ['~/', `${homedir()}/`],
    ['~/a/../b', `${homedir()}/b`],
    ['~you', '/base/~you'],
    ['a/~', '/base/a/~'],
    ['./~', '/base/~'],
  ])('%s', (written, resolved) => {
    expect(resolveDirectory('/base', written)).toBe(resolved)
  })
})
