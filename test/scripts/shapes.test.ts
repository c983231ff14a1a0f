// Workflows of unusual shapes and names.

import {describe, expect, it} from 'vitest'
import {Project, steps} from '../rig/project.ts'

function ids(count: number): string[] {
  return Array.from({length: count}, (_, index) => `t${String(index)}`)
}

describe('a workflow', () => {
  it('of a chain of a thousand tasks runs in its order', async () => {
    const tasks = ids(1000).map(
      (id, index) =>
        `  - {id: ${id}, type: core/shell.run, needs: [${index === 0 ? '' : `t${String(index - 1)}`}], inputs: {command: "true", parse: none}}\n`,
    )
    // Written backwards: the order of the file means nothing.
    const project = new Project({'w.yaml': `id: chain\ntasks:\n${tasks.reverse().join('')}`})
    const {exitCode, result} = await project.runJson('w.yaml')
    expect({exitCode, counts: result.counts}).toEqual({exitCode: 0, counts: {succeeded: 1000, failed: 0, skipped: 0, cancelled: 0}})
    const started = (await project.events()).flatMap((event) => (event.type === 'task.started' ? [event.task] : []))
    expect(started).toEqual(ids(1000))
  }, 60_000)

  it('of a thousand tasks side by side runs them all', async () => {
    const tasks = ids(1000).map((id) => `  - {id: ${id}, type: core/shell.run, inputs: {command: "true", parse: none}}\n`)
    const {exitCode, result} = await new Project({'w.yaml': `id: wide\ntasks:\n${tasks.join('')}`}).runJson('w.yaml')
    expect({exitCode, counts: result.counts}).toMatchObject({exitCode: 0, counts: {succeeded: 1000}})
  }, 60_000)

  it('shaped like a diamond joins both sides', async () => {
    const shell = 'type: core/shell.run'
    const project = new Project({
      'w.yaml': `id: diamond
tasks:
  - {id: top, ${shell}, inputs: {command: 'echo 1'}}
  - {id: left, ${shell}, needs: [top], env: {N: '{{ tasks.top.output.stdout }}'}, inputs: {command: 'echo "l$N"'}}
  - {id: right, ${shell}, needs: [top], env: {N: '{{ tasks.top.output.stdout }}'}, inputs: {command: 'echo "r$N"'}}
  - {id: bottom, ${shell}, needs: [left, right], env: {N: '{{ tasks.left.output.stdout }}{{ tasks.right.output.stdout }}{{ tasks.top.output.stdout }}'}, inputs: {command: 'echo "$N"'}}
outputs: {text: '{{ tasks.bottom.output.stdout }}'}
`,
    })
    expect((await project.runJson('w.yaml')).result.outputs).toEqual({text: 'l1r11'})
    const order = steps(await project.events())
    expect(order.indexOf('task.started bottom')).toBeGreaterThan(
      Math.max(order.indexOf('task.finished left'), order.indexOf('task.finished right')),
    )
  })

  it('with two hundred skipped tasks tells of each', async () => {
    const tasks = ids(200).map((id, index) =>
      index < 100
        ? `  - {id: ${id}, type: core/shell.run, if: false, inputs: {command: "true"}}\n`
        : `  - {id: ${id}, type: core/shell.run, needs: [t${String(index - 1)}], inputs: {command: "true"}}\n`,
    )
    const project = new Project({'w.yaml': `id: skipped\ntasks:\n${tasks.join('')}`})
    const {exitCode, result} = await project.runJson('w.yaml')
    expect({exitCode, status: result.status, counts: result.counts}).toEqual({
      exitCode: 0,
      status: 'succeeded',
      counts: {succeeded: 0, failed: 0, skipped: 200, cancelled: 0},
    })
    expect(result.tasks.filter(({reason}) => reason === undefined)).toEqual([])
  })
})

describe('names', () => {
  it.each(['Ünïcode', '任务', 'with space', 'a.b', '-a', '_a', 'a/b', '"a\\u001b[31m"', `"${'a'.repeat(101)}"`, '""'])(
    '%s is no id of a task',
    async (id) => {
      const project = new Project({'w.yaml': `id: w\ntasks:\n  - {id: ${id}, type: core/shell.run, inputs: {command: "true"}}\n`})
      const {exitCode, stderr} = await project.run(['run', 'w.yaml'])
      expect(exitCode).toBe(3)
      expect(stderr).toContain('--> w.yaml:3:10\n')
      // eslint-disable-next-line no-control-regex -- control characters are what is looked for
      expect(stderr).not.toMatch(/\x1b/)
    },
  )

  it.each(['Nightly', 'ünïcode', 'a b', '-a', 'a.b'])('%s is no id of a workflow', async (id) => {
    const project = new Project({'w.yaml': `id: ${id}\ntasks:\n  - {id: a, type: core/shell.run, inputs: {command: "true"}}\n`})
    expect(await project.run(['run', 'w.yaml'])).toMatchObject({exitCode: 3})
  })

  it('of the language are names like all others', async () => {
    const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', 'A', '0', 'null', 'true', 'in']
    const tasks = names.map((name, index) => {
      const before = names[index - 1]
      const needs = before === undefined ? '' : `needs: ["${before}"], if: '{{ tasks["${before}"].status == "succeeded" }}', `
      return `  - {id: "${name}", type: core/shell.run, ${needs}inputs: {command: "echo ${name}"}}\n`
    })
    const project = new Project({
      'w.yaml': `id: constructor
vars: {constructor: one, __proto__: two, toString: three}
tasks:
${tasks.join('')}outputs:
  constructor: '{{ vars.constructor }} {{ vars["__proto__"] }} {{ vars.toString }}'
  __proto__: '{{ tasks.constructor.output.stdout }}'
`,
    })
    const {exitCode, stdout, stderr} = await project.run(['run', 'w.yaml', '--var', 'constructor=set', '--progress', 'quiet'])
    expect({exitCode, stderr}).toMatchObject({exitCode: 0})
    expect(stdout.replace(/\s+/g, ' ')).toBe('{ "constructor": "set two three", "__proto__": "constructor" } ')
    const logs = await project.run(['runs', 'logs', 'latest', '--task', 'constructor'])
    expect(logs.stdout).toBe('constructor\n')
  })

  it.each([
    '{{ vars.constructor }}',
    '{{ vars.__proto__ }}',
    '{{ tasks.a.output.constructor }}',
    '{{ tasks.a.output.__proto__.polluted }}',
    '{{ run.constructor }}',
  ])('%s that nobody declared is an error', async (template) => {
    const project = new Project({
      'w.yaml': `id: w\ntasks:\n  - {id: a, type: core/shell.run, inputs: {command: "true"}}\n  - {id: b, type: core/console.log, needs: [a], inputs: {message: '${template}'}}\n`,
    })
    const {exitCode} = await project.run(['run', 'w.yaml'])
    expect([1, 3]).toContain(exitCode)
  })

  it('and texts of all scripts go through unharmed', async () => {
    const text = 'Grüße, 世界 𝄞 \u202e\u0000 "\\" \' $HOME `x` {{ }}'
    const project = new Project({
      'w.yaml': `id: w\nname: ${JSON.stringify(text)}\nvars: {text: ${JSON.stringify(text)}}\ntasks:\n  - {id: a, type: core/json.transform, inputs: {data: '{{ vars.text }}', expression: data}}\noutputs: {text: '{{ tasks.a.output.value }}'}\n`,
    })
    const {exitCode, result} = await project.runJson('w.yaml')
    expect({exitCode, outputs: result.outputs}).toEqual({exitCode: 0, outputs: {text}})
  })
})
