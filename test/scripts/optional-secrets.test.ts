// Secrets that a run can do without.

import {describe, expect, it} from 'vitest'
import {Project} from '../rig/project.ts'

const planted = 'k7Qw-zR2m-Xp94-vLt8'

const file = `id: w
secrets: [{name: OPT, optional: true}, {name: REQ}]
tasks:
  - {id: asks, type: core/shell.run, if: '{{ has(secrets.OPT) }}', env: {T: '{{ secrets.OPT }}'}, inputs: {command: 'echo "with $T"'}}
  - id: guards
    type: core/shell.run
    env: {T: '{{ secrets.OPT ?? "nothing" }}', N: '{{ secrets.OPT ?? null }}'}
    inputs: {command: 'echo "$T \${N-unset} $(cat)"', stdin: '{{ has(secrets.OPT) ? "there" : "missing" }}'}
  - {id: deploy, type: core/shell.run, env: {T: '{{ secrets.REQ }}'}, inputs: {command: 'echo "$T"'}}
outputs: {there: '{{ has(secrets.OPT) }}'}
`

describe('an optional secret', () => {
  it('that is missing reads as absent', async () => {
    const project = new Project({'w.yaml': file})
    const {exitCode, result, task} = await project.runJson('w.yaml', [], {env: {REQ: planted}})
    expect(exitCode).toBe(0)
    expect(task('asks')).toMatchObject({status: 'skipped', reason: 'its condition is false: {{ has(secrets.OPT) }}'})
    expect(task('guards').output).toMatchObject({stdout: 'nothing unset missing'})
    expect(result.outputs).toEqual({there: false})
  })

  it.each(['store', 'environment'])('that is in the %s is read and hidden', async (where) => {
    const project = new Project({'w.yaml': file})
    if (where === 'store') await project.run(['secrets', 'set', 'OPT', '--stdin'], {input: planted})
    const env = {REQ: 'another-value-of-it', ...(where === 'environment' && {OPT: planted})}
    const {exitCode, result, task, stdout, stderr} = await project.runJson('w.yaml', [], {env})
    expect(exitCode).toBe(0)
    expect(task('asks').output).toMatchObject({stdout: 'with ***SECRET***'})
    expect(task('guards').output).toMatchObject({stdout: '***SECRET*** ***SECRET*** there'})
    expect(result.outputs).toEqual({there: true})
    expect(stdout + stderr + JSON.stringify(await project.events())).not.toContain(planted)
  })

  it('is not asked for by --dry-run', async () => {
    const project = new Project({'w.yaml': file})
    expect((await project.run(['run', 'w.yaml', '--dry-run'], {env: {REQ: planted}})).exitCode).toBe(0)
    const {exitCode, stderr} = await project.run(['run', 'w.yaml', '--dry-run'])
    expect(exitCode).toBe(4)
    expect(stderr).toContain('Missing secrets: REQ')
    expect(stderr).not.toContain('OPT')
  })

  it('that only a condition asks for is not read from the store', async () => {
    const project = new Project({
      'w.yaml': `id: w\nsecrets: [{name: OPT, optional: true}]\ntasks: [{id: t, type: core/console.log, if: '{{ has(secrets.OPT) }}', inputs: {message: hi}}]\n`,
    })
    await project.run(['secrets', 'set', 'OPT', '--stdin'], {input: planted})
    const {task} = await project.runJson('w.yaml')
    expect(task('t').status).toBe('succeeded')
    expect(JSON.stringify(await project.json(['secrets', 'audit']))).not.toContain('read')
  })
})

describe('a secret of tasks that do not run', () => {
  it('need not exist', async () => {
    const project = new Project({'w.yaml': file})
    expect((await project.runJson('w.yaml', ['guards'])).exitCode).toBe(0)
    const {exitCode, stderr} = await project.run(['run', 'w.yaml', 'deploy'])
    expect({exitCode, stderr}).toMatchObject({exitCode: 4, stderr: expect.stringContaining('Missing secrets: REQ') as string})
  })

  it('is still not inherited', async () => {
    const project = new Project({
      'w.yaml': `id: w\nsecrets: [REQ]\ninheritEnv: ['RE*']\ntasks:\n  - {id: a, type: core/shell.run, inputs: {command: 'echo "\${REQ-unset}"'}}\n  - {id: b, type: core/shell.run, env: {R: '{{ secrets.REQ }}'}, inputs: {command: ls}}\n`,
    })
    const {task} = await project.runJson('w.yaml', ['a'], {env: {REQ: planted}})
    expect(task('a').output).toMatchObject({stdout: 'unset'})
  })
})
