// Templates that would work for hours: the task fails with the reason, and meanwhile the clocks and signals of the run work.

import {describe, expect, it} from 'vitest'
import {Project} from '../rig/project.ts'

const heavy = [
  '{{ vars.list.map(a, vars.list.map(b, vars.list.map(c, a))) }}',
  `{{ ('${'a'.repeat(40)}!').matches('^(a+)+$') ? 'yes' : vars.list.exists(a, vars.list.exists(b, vars.list.exists(c, c > 1000))) }}`,
]
const workflow = `id: heavy
vars: {list: [${Array.from({length: 300}, (_, n) => n).join(', ')}]}
failFast: false
tasks:
  - {id: timed, type: core/shell.run, timeout: 2s, inputs: {command: sleep 600}}
${heavy.map((text, n) => `  - {id: t${String(n)}, type: core/console.log, inputs: {message: ${JSON.stringify(text)}}}`).join('\n')}
  - {id: asked, type: core/console.log, if: ${JSON.stringify(heavy[0])}, inputs: {message: no}}
  - {id: linear, type: core/console.log, inputs: {message: "{{ ('${'a'.repeat(40)}!').matches('^(a+)+$') }}"}}
`

interface Printed {
  readonly tasks: readonly {
    readonly id: string
    readonly status: string
    readonly error?: {readonly code: string; readonly message: string}
  }[]
}

describe('templates that work too much', () => {
  it("fail their task, and a neighbour's timeout comes", async () => {
    const project = new Project({'heavy.yaml': workflow})
    const {stdout, exitCode} = await project.run(['run', 'heavy.yaml', '--json', '--concurrency', '8'])
    expect(exitCode).toBe(1)
    const tasks = Object.fromEntries((JSON.parse(stdout) as Printed).tasks.map((task) => [task.id, task]))
    for (const id of ['t0', 't1', 'asked']) {
      expect(tasks[id]?.error?.code).toBe('TEMPLATE_FAILED')
      const steps = id === 'asked' ? '250 000' : '5 000 000'
      expect(tasks[id]?.error?.message).toMatch(/heavy\.yaml:\d+:\d+: the template does too much work: stopped after [\d ]+ steps \(/)
      expect(tasks[id]?.error?.message).toContain(`after ${steps} steps`)
    }
    expect(tasks['timed']?.error?.code).toBe('TIMEOUT')
    expect(tasks['linear']?.status).toBe('succeeded')
  })

  it('do not keep Ctrl-C from ending the run', async () => {
    const project = new Project({'heavy.yaml': workflow.replace('2s', '600s')})
    const running = project.start(['run', 'heavy.yaml', '--concurrency', '8'])
    await running.printed('too much work', 'stderr')
    running.kill('SIGINT')
    expect((await running.ended).exitCode).toBe(130)
  })
})
