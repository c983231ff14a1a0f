// `validate`: every finding with its place, in one pass, and nothing happens.

import {readdirSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {Project} from '../rig/project.ts'

const broken = `id: broken
colour: red
timeout: soon
tasks:
  - id: a
    type: core/shell.run
    needs: [c]
    timeot: 5s
    inputs: {command: "touch started"}
  - id: b
    type: core/shell.run
    needs: [a, fecth]
    inputs: {command: "touch started"}
  - id: c
    type: core/shell.run
    needs: [b]
    continueOnError: maybe
    inputs: {command: "touch started"}
  - id: fetch
    type: core/shell.run
    timeout: 5 parsecs
    inputs: {command: "touch started"}
  - id: fetch
    type: core/shell.run
    if: '{{ vars.missing }}'
    inputs: {command: "touch started"}
`

const found = [
  ['unknown-property', 2, 1],
  ['bad-duration', 3, 10],
  ['cycle', 7, 13],
  ['unknown-property', 8, 5],
  ['unknown-need', 12, 16],
  ['wrong-type', 17, 22],
  ['bad-duration', 21, 14],
  ['duplicate-id', 23, 9],
  ['unknown-var', 25, 13],
] as const

const valid = 'id: fine\ntasks:\n  - {id: a, type: core/shell.run, inputs: {command: "true"}}\n'

interface Findings {
  file: string
  isValid: boolean
  exitCode: number
  diagnostics: {severity: string; code: string; message: string; file: string; line: number; column: number; hint?: string}[]
}

describe('validate', () => {
  it('lists everything that is wrong with a file, with line and column, and exits with 3', async () => {
    const project = new Project({'w.yaml': broken})
    const {exitCode, stdout} = await project.run(['validate', 'w.yaml', '--format', 'json'])
    expect(exitCode).toBe(3)
    const [findings] = JSON.parse(stdout) as Findings[]
    expect(findings?.diagnostics.map(({code, line, column}) => [code, line, column])).toEqual(found)
    const text = Object.fromEntries((findings?.diagnostics ?? []).map(({line, message, hint}) => [line, `${message} / ${hint ?? ''}`]))
    expect(text[7]).toContain('a → c → b → a')
    expect(text[8]).toMatch(/"timeot" in task "a".*did you mean "timeout"\?/)
    expect(text[12]).toMatch(/"fecth".*did you mean "fetch"\?/)
    expect(text[23]).toMatch(/"fetch".*line 19/)
  })

  it('shows each finding with a code frame', async () => {
    const {exitCode, stdout, stderr} = await new Project({'w.yaml': broken}).run(['validate', 'w.yaml'])
    expect({exitCode, stderr}).toEqual({exitCode: 3, stderr: ''})
    for (const [code, line, column] of found) {
      expect(stdout).toContain(`error[${code}]: `)
      expect(stdout).toContain(`--> w.yaml:${String(line)}:${String(column)}\n`)
    }
    expect(stdout).toContain('  8 |     timeot: 5s\n    |     ^^^^^^ did you mean "timeout"?\n')
    expect(stdout).toMatch(/^w\.yaml: .* has 9 errors\.$/m)
  })

  it('writes annotations for GitHub', async () => {
    const {exitCode, stdout} = await new Project({'w.yaml': broken}).run(['validate', 'w.yaml', '--format', 'github'])
    expect(exitCode).toBe(3)
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(found.length)
    for (const [index, [, line, column]] of found.entries()) {
      expect(lines[index]).toMatch(new RegExp(`^::error .*file=w\\.yaml.*line=${String(line)},.*col=${String(column)}\\b.*::.`))
    }
  })

  it('checks several files, and the worst one decides the exit code', async () => {
    const project = new Project({'a.yaml': valid, 'b.yaml': broken, 'c.yaml': valid.replace('shell', 'sehll'), 'd.yaml': valid})
    const {exitCode, stdout} = await project.run(['validate', 'a.yaml', 'b.yaml', 'c.yaml', 'nowhere.yaml', 'd.yaml', '--json'])
    expect(exitCode).toBe(3)
    expect((JSON.parse(stdout) as Findings[]).map(({file, isValid, exitCode}) => [file, isValid, exitCode])).toEqual([
      ['a.yaml', true, 0],
      ['b.yaml', false, 3],
      ['c.yaml', false, 5],
      ['nowhere.yaml', false, 3],
      ['d.yaml', true, 0],
    ])
    expect(await project.run(['validate', 'a.yaml', 'c.yaml'])).toMatchObject({exitCode: 5})
    expect(await project.run(['validate', 'a.yaml', 'd.yaml'])).toMatchObject({exitCode: 0, stdout: 'a.yaml: valid\nd.yaml: valid\n'})
  })

  it('reads - from standard input', async () => {
    const project = new Project()
    expect(await project.run(['validate', '-'], {input: valid})).toMatchObject({exitCode: 0, stdout: '-: valid\n'})
    expect(await project.run(['validate', '-'], {input: broken})).toMatchObject({exitCode: 3})
  })

  it('changes nothing and keeps nothing but its cache', async () => {
    const project = new Project({'w.yaml': broken, 'v.yaml': valid})
    await project.run(['validate', 'w.yaml', 'v.yaml'])
    expect(readdirSync(project.dir).sort()).toEqual(['v.yaml', 'w.yaml'])
    expect(readdirSync(project.home).filter((name) => name !== 'cache')).toEqual([])
  })
})

describe('run of an invalid file', () => {
  it('starts nothing and says the same', async () => {
    const project = new Project({'w.yaml': broken})
    const {exitCode, stdout, stderr} = await project.run(['run', 'w.yaml'])
    expect({exitCode, stdout}).toEqual({exitCode: 3, stdout: ''})
    for (const [code, line, column] of found) {
      expect(stderr).toContain(`error[${code}]: `)
      expect(stderr).toContain(`--> w.yaml:${String(line)}:${String(column)}\n`)
    }
    expect(readdirSync(project.dir)).toEqual(['w.yaml'])
    expect(readdirSync(project.home).filter((name) => name !== 'cache')).toEqual([])
  })
})
