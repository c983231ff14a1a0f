// Scripts written in the workflow file, from the installed command: values arrive as data, secrets stay hidden, a stop ends them.

import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {Project} from '../rig/project.ts'

const hostile = [`'; rm -rf / #`, '$(touch bad) `touch bad`', '"""\nraise SystemExit(9)\n"""', '${process.exit(9)}', 'line\nline', '\u0000']

const scripts = [
  ['core/python.run', 'import sys\nprint("seen")\nreturn [v[::-1][::-1] for v in inputs["values"]]'],
  ['core/node.run', 'console.log("seen")\nreturn inputs.values.map((v) => [...v].join(""))'],
] as const

describe.each(scripts)('%s', (type, script) => {
  it('gets hostile values as data', async () => {
    const project = new Project({
      'w.yaml': JSON.stringify({
        id: 'w',
        vars: {hostile},
        tasks: [{id: 't', type, inputs: {script, values: '{{ vars.hostile }}'}}],
        outputs: {same: '{{ tasks.t.output }}'},
      }),
    })
    const {exitCode, stdout, stderr} = await project.run(['run', 'w.yaml', '-v'])
    expect({exitCode, stdout: JSON.parse(stdout) as unknown}).toEqual({exitCode: 0, stdout: {same: hostile}})
    expect(stderr).toContain('seen')
    expect(readdirSync(project.dir)).not.toContain('bad')
  })

  it('hides a secret that the script prints and returns', async () => {
    const project = new Project({
      'w.yaml': JSON.stringify({
        id: 'w',
        secrets: ['TOKEN'],
        tasks: [
          {
            id: 't',
            type,
            inputs: {
              token: '{{ secrets.TOKEN }}',
              script:
                type === 'core/python.run'
                  ? 'print(inputs["token"])\nreturn inputs["token"]'
                  : 'console.log(inputs.token)\nreturn inputs.token',
            },
          },
        ],
        outputs: {token: '{{ tasks.t.output }}'},
      }),
    })
    const {exitCode, stdout, stderr} = await project.run(['run', 'w.yaml', '-v'], {env: {TOKEN: 'quokka-9281-zephyr'}})
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toEqual({token: '***SECRET***'})
    expect(stderr).toContain('***SECRET***')
    expect(stdout + stderr).not.toContain('quokka')
  })

  it('refuses a template in the script, before anything starts', async () => {
    const project = new Project({
      'w.yaml': JSON.stringify({id: 'w', vars: {x: 1}, tasks: [{id: 't', type, inputs: {script: 'return {{ vars.x }}'}}]}),
    })
    const {exitCode, stdout, stderr} = await project.run(['validate', 'w.yaml'])
    expect(exitCode).toBe(3)
    expect(stdout + stderr).toContain('templates are not evaluated in the input "script"')
  })

  it('ends with its timeout, children included', async () => {
    const sleep = type === 'core/python.run' ? 'import os\nos.system("sleep 300")' : 'require("node:child_process").execSync("sleep 300")'
    const project = new Project({
      'w.yaml': JSON.stringify({id: 'w', tasks: [{id: 't', type, timeout: '1s', inputs: {script: sleep}}]}),
    })
    const {exitCode, stderr} = await project.run(['run', 'w.yaml'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain('the task took longer than 1s')
  })
})

it('a Python script of a failing task shows its traceback', async () => {
  const project = new Project({
    'w.yaml': JSON.stringify({id: 'w', tasks: [{id: 't', type: 'core/python.run', inputs: {script: 'return 1 / 0'}}]}),
  })
  const {exitCode, stderr} = await project.run(['run', 'w.yaml'])
  expect(exitCode).toBe(1)
  expect(stderr).toContain('ZeroDivisionError: division by zero')
  expect(stderr).not.toContain(join('python', 'run.py'))
})
