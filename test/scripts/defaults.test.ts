// `defaults` by type: inputs that tasks get without writing them.

import {describe, expect, it} from 'vitest'
import {Project} from '../rig/project.ts'

const file = `id: d
defaults:
  core/shell.run: {shell: bash, parse: lines}
  core/console.log: {level: error, message: 'from {{ run.workflow }}'}
tasks:
  - {id: a, type: core/shell.run, inputs: {command: 'echo "$0"', parse: text}}
  - {id: b, type: core/shell.run, inputs: {command: 'echo "$0"', shell: sh}}
  - {id: c, type: core/console.log}
`

describe('default inputs', () => {
  it('are given to the tasks of their type', async () => {
    const project = new Project({'w.yaml': file})
    const {exitCode, task} = await project.runJson('w.yaml')
    expect(exitCode).toBe(0)
    expect(task('a').output).toMatchObject({stdout: 'bash'})
    expect(task('a').output).not.toHaveProperty('value')
    expect(task('b').output).toMatchObject({stdout: 'sh', value: ['sh']})
    expect((await project.run(['runs', 'logs', '--task', 'c'])).stdout).toContain('from d')
  })

  it('are checked once, where they stand', async () => {
    const project = new Project({
      'w.yaml': file
        .replace('parse: lines', 'pars: lines')
        .replace('from {{ run.workflow }}', '{{ vars.x }}')
        .replace('  - {id: c', '  - {id: c2, type: core/console.log}\n  - {id: c'),
    })
    const {exitCode, stdout} = await project.run(['validate', 'w.yaml', '--json'])
    const [{diagnostics}] = JSON.parse(stdout) as [{diagnostics: {code: string; line: number; column: number}[]}]
    expect(exitCode).toBe(3)
    expect(diagnostics.map(({code, line, column}) => `${line}:${column} ${code}`)).toEqual(['3:33 unknown-property', '4:49 unknown-var'])
  })

  it('of a type that no task has are a warning, of a key that is no type an error', async () => {
    const project = new Project({
      'w.yaml': file.replace('core/shell.run:', 'core/shel.run:'),
      'x.yaml': 'id: x\ndefaults: {timeuot: 5m}\ntasks: [{id: a, type: core/console.log, inputs: {message: hi}}]\n',
    })
    const valid = await project.run(['validate', 'w.yaml'])
    expect(valid.exitCode).toBe(0)
    expect(valid.stdout).toMatch(
      /warning\[unused-defaults\]: no task has the type core\/shel.run\n {2}--> w.yaml:3:3[^]*did you mean "core\/shell.run"\?/,
    )
    const wrong = await project.run(['validate', 'x.yaml'])
    expect(wrong.exitCode).toBe(3)
    expect(wrong.stdout).toMatch(/unknown-property[^]*did you mean "timeout"\?/)
  })

  it('point to their position when a template in them fails', async () => {
    const project = new Project({'w.yaml': file.replace('from {{ run.workflow }}', '{{ run.args[7] }}')})
    const {exitCode, error} = await project.runJson('w.yaml')
    expect(exitCode).toBe(1)
    expect(error('c').message).toContain('w.yaml:4:')
  })

  it('may not put a secret into arguments', async () => {
    const project = new Project({
      'w.yaml': `id: w\nsecrets: [TOK]\ndefaults: {core/shell.run: {args: ['{{ secrets.TOK }}']}}\ntasks: [{id: a, type: core/shell.run, inputs: {command: ls}}]\n`,
    })
    const {exitCode, stdout} = await project.run(['validate', 'w.yaml'])
    expect(exitCode).toBe(3)
    expect(stdout).toMatch(/secret-in-arguments[^]*w.yaml:3:/)
  })
})
