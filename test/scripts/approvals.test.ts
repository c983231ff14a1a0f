// `core/approval.wait`, `runs approve` and `runs reject`: people and runs in processes of their own.

import {readFileSync} from 'node:fs'
import {userInfo} from 'node:os'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import type {RunEvent} from '../../src/lib/engine/events.ts'
import {endOf, finishedRun, Project, steps} from '../rig/project.ts'
import {Terminal} from '../rig/terminal.ts'
import type {CommandResult, RunningCommand} from '../rig/workflow-command.ts'

const user = userInfo().username
const asking = (inputs = 'message: "Publish it?"', more = ''): string => `id: asking
${more}
tasks:
  - {id: ask, type: core/approval.wait, inputs: {${inputs}}}
  - {id: go, type: core/shell.run, needs: [ask], env: {BY: "{{ tasks.ask.output.by }}"}, inputs: {command: 'touch gone; echo "by $BY"'}}
outputs: {answer: "{{ tasks.ask.output }}"}
`

/** Starts a run, and resolves when it asks. */
async function ask(project: Project, args: readonly string[] = [], env: Record<string, string> = {}): Promise<RunningCommand> {
  const running = project.start(['run', 'w.yaml', '--json', '--progress', 'plain', ...args], {env})
  await running.printed('runs reject')
  return running
}

interface Failure {
  readonly error: {readonly code: string; readonly message: string; readonly hint?: string}
}

async function refusal(project: Project, args: readonly string[]): Promise<Failure['error'] & {exitCode: number | null}> {
  const {exitCode, stdout} = await project.run(['runs', ...args, '--json'])
  return {exitCode, ...(JSON.parse(stdout) as Failure).error}
}

function errorOf(ended: CommandResult, task: string): unknown {
  return finishedRun(ended).error(task)
}

describe('a task that waits for an approval', () => {
  it('has an output of which all properties are known', async () => {
    const project = new Project({
      'w.yaml': `id: w
tasks:
  - {id: ask, type: core/approval.wait, inputs: {message: hi}}
  - {id: use, type: core/console.log, needs: [ask], inputs: {message: '{{ tasks.ask.output.comments }}'}}
`,
    })
    const {exitCode, stdout, stderr} = await project.run(['validate', 'w.yaml'])
    expect(exitCode).toBe(3)
    expect(stdout + stderr).toContain('tasks.ask.output has no "comments" (output of core/approval.wait)')
  })

  it('goes on when somebody approves, and says who, when and why', async () => {
    const project = new Project({'w.yaml': asking()})
    const running = await ask(project)
    expect(project.has('gone')).toBe(false)
    const {exitCode, stdout} = await project.run(['runs', 'approve', 'latest', '--comment', 'looks good', '--json'])
    expect(exitCode).toBe(0)
    const given = JSON.parse(stdout) as {run: string; at: string}
    expect(given).toEqual({
      run: expect.any(String) as string,
      task: 'ask',
      message: 'Publish it?',
      answer: 'approved',
      by: user,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      comment: 'looks good',
    })
    const ended = finishedRun(await endOf(running))
    expect(ended.exitCode).toBe(0)
    expect(ended.result.run).toBe(given.run)
    expect(ended.result.outputs).toEqual({answer: {approved: true, by: user, at: given.at, comment: 'looks good'}})
    expect(ended.stderr).toContain(
      `ask: waiting for approval: Publish it?\n  workflow runs approve ${given.run} ask\n  workflow runs reject ${given.run} ask\n`,
    )
    expect(ended.stderr).toContain(`ask: approved by ${user}: looks good\n`)
    expect(project.has('gone')).toBe(true)
    expect(steps(await project.events())).toEqual([
      'run.started',
      'task.started ask',
      'task.waiting ask',
      'task.answered ask',
      'task.finished ask',
      'task.started go',
      'task.finished go',
      'run.finished',
    ])
    expect((await project.run(['runs', 'show'])).stdout).toContain(`approved by ${user}: looks good`)
  })

  it('fails when somebody rejects, and is not tried again', async () => {
    const project = new Project({'w.yaml': asking().replace('inputs: {message', 'retry: {max: 3, delay: 1ms}, inputs: {message')})
    const running = await ask(project)
    expect((await project.run(['runs', 'show'])).stdout).toContain('waiting for approval: Publish it?')
    const rejected = await project.run(['runs', 'reject', 'latest', 'ask', '-m', 'not on a Friday'])
    expect(rejected).toMatchObject({exitCode: 0, stderr: ''})
    expect(rejected.stdout).toMatch(/^rejected: task ask of run \S+: Publish it\?\n$/)
    const ended = finishedRun(await endOf(running))
    expect(ended.exitCode).toBe(1)
    expect(ended.task('ask')).toMatchObject({status: 'failed', attempts: 1})
    expect(ended.error('ask')).toEqual({code: 'REJECTED', message: `rejected by ${user}: not on a Friday`, retryable: false})
    expect(project.has('gone')).toBe(false)
  })

  it('fails when nobody answers in time, and a later answer is refused', async () => {
    const project = new Project({'w.yaml': asking('message: "Publish it?", timeout: 700ms')})
    const running = await ask(project)
    const ended = await endOf(running)
    expect(errorOf(ended, 'ask')).toEqual({
      code: 'TIMEOUT',
      message: 'nobody has answered within 700ms, the input "timeout"',
      retryable: true,
    })
    expect(ended.stderr).toMatch(/ask: waiting for approval until \S+Z: Publish it\?/)
    const late = await refusal(project, ['approve', 'latest'])
    expect(late).toMatchObject({exitCode: 1, code: 'APPROVAL_NOT_AWAITED'})
    expect(late.message).toMatch(/has finished \(failed\)$/)
    expect(late.hint).toMatch(/^workflow runs show /)
  })

  it('asks again after a deadline with retry, and is answered then', async () => {
    const project = new Project({
      'w.yaml': asking('message: "Publish it?", timeout: 5s').replace('inputs: {message', 'retry: {max: 3, delay: 1ms}, inputs: {message'),
    })
    const running = await ask(project)
    await running.printed('attempt 1 failed')
    expect(await project.run(['runs', 'approve', 'latest'])).toMatchObject({exitCode: 0})
    expect(finishedRun(await endOf(running)).task('ask')).toMatchObject({status: 'succeeded', attempts: 2})
  })

  it('takes one of two answers that are given at once, and the other command says who was first', async () => {
    const project = new Project({'w.yaml': asking()})
    const running = await ask(project)
    const [approve, reject] = await Promise.all(
      ['approve', 'reject'].map((verb) => project.run(['runs', verb, 'latest', '--comment', `by ${verb}`])),
    )
    const ended = await endOf(running)
    const winner = ended.exitCode === 0 ? 'approve' : 'reject'
    expect([approve?.exitCode, reject?.exitCode]).toEqual(winner === 'approve' ? [0, 1] : [1, 0])
    const loser = winner === 'approve' ? reject : approve
    expect(loser?.stderr).toContain(`task "ask" was ${winner === 'approve' ? 'approved' : 'rejected'} by ${user}: by ${winner} at `)
    const answers = (await project.events()).filter((event): event is RunEvent & {comment?: string} => event.type === 'task.answered')
    expect(answers.map(({comment}) => comment)).toEqual([`by ${winner}`])
  })

  it('ends with Ctrl-C', async () => {
    const project = new Project({'w.yaml': asking()})
    const running = await ask(project)
    running.kill('SIGINT')
    const ended = await endOf(running)
    expect(ended.exitCode).toBe(130)
    expect(errorOf(ended, 'ask')).toMatchObject({code: 'CANCELLED'})
    expect(await refusal(project, ['approve', 'latest'])).toMatchObject({exitCode: 1, code: 'APPROVAL_NOT_AWAITED'})
  })

  it('leaves a readable journal after kill -9, and a command that answers says that the process is gone', async () => {
    const project = new Project({'w.yaml': asking()})
    const running = await ask(project)
    running.kill('SIGKILL')
    await running.ended
    const refused = await refusal(project, ['approve', 'latest'])
    expect(refused).toMatchObject({exitCode: 1, code: 'APPROVAL_NOT_AWAITED'})
    expect(refused.message).toMatch(/its process is gone$/)
    expect(steps(await project.events())).toEqual(['run.started', 'task.started ask', 'task.waiting ask'])
    const shown = (await project.json(['runs', 'show'])) as {status: string; tasks: {status: string; waiting?: object}[]}
    expect(shown.status).toBe('interrupted')
    expect(shown.tasks[0]).toMatchObject({status: 'interrupted'})
    expect(shown.tasks[0]).not.toHaveProperty('waiting')
  })

  it('takes an answer that came while its process was suspended', async () => {
    const project = new Project({'w.yaml': asking()})
    const running = await ask(project)
    running.kill('SIGSTOP')
    expect(await refusal(project, ['approve', 'latest'])).toMatchObject({exitCode: 1, code: 'APPROVAL_NOT_TAKEN'})
    running.kill('SIGCONT')
    expect((await endOf(running)).exitCode).toBe(0)
  }, 30_000)

  it('is refused with a cache, an empty message, and a timeout that is none', async () => {
    const project = new Project({
      'a.yaml': asking().replace('inputs: {message', 'cache: {}, inputs: {message'),
      'b.yaml': asking('message: ""'),
      'c.yaml': asking('message: x, timeout: soon'),
      'w.yaml': asking('message: x, timeout: 400d'),
    })
    for (const [file, text] of [
      ['a.yaml', 'error[approval-with-cache]'],
      ['b.yaml', 'message'],
      ['c.yaml', 'timeout'],
    ] as const) {
      const {exitCode, stdout} = await project.run(['validate', file])
      expect(exitCode).toBe(3)
      expect(stdout).toContain(text)
    }
    expect((await project.runJson('w.yaml')).error('ask')).toMatchObject({code: 'INPUT_INVALID', retryable: false})
  })
})

describe('runs approve and reject', () => {
  it('refuse what they cannot answer, each with what to do', async () => {
    const project = new Project({
      'w.yaml': `id: two
tasks:
  - {id: one, type: core/approval.wait, inputs: {message: First?}}
  - {id: two, type: core/approval.wait, inputs: {message: Second?}}
  - {id: other, type: core/shell.run, inputs: {command: 'true'}}
`,
      'done.yaml': 'id: done\ntasks: [{id: t, type: core/shell.run, inputs: {command: "true"}}]\n',
    })
    expect(await refusal(project, ['approve', 'latest'])).toMatchObject({exitCode: 1, code: 'RUN_NOT_FOUND'})
    const done = await project.runJson('done.yaml')
    const running = project.start(['run', 'w.yaml', '--progress', 'quiet'])
    await running.printed('Second?')
    const cases: [args: string[], exitCode: number, code: string, text: RegExp][] = [
      [['approve', 'latest'], 2, 'USAGE', /several tasks of run \S+ wait for approval: one, two$/],
      [['approve', 'latest', 'other'], 1, 'APPROVAL_NOT_AWAITED', /task "other" of run \S+ does not wait for approval: it is succeeded$/],
      [['reject', 'latest', 'tow'], 1, 'APPROVAL_NOT_AWAITED', /has no task "tow"$/],
      [['reject', done.result.run], 1, 'APPROVAL_NOT_AWAITED', /has finished \(succeeded\)$/],
      [['reject', 'nothing'], 1, 'RUN_NOT_FOUND', /no run has the id "nothing"/],
      [['reject', 'latest', 'one', '--comment', 'x'.repeat(2001)], 2, 'USAGE', /2001 characters/],
    ]
    for (const [args, exitCode, code, text] of cases) {
      const refused = await refusal(project, args)
      expect(refused).toMatchObject({exitCode, code, message: expect.stringMatching(text) as string})
      if (!refused.message.includes('characters')) expect(refused.hint).toBeTypeOf('string')
    }
    expect((await project.run(['runs', 'approve', 'latest', 'one'])).exitCode).toBe(0)
    const again = await refusal(project, ['reject', 'latest', 'one'])
    expect(again).toMatchObject({exitCode: 1, code: 'APPROVAL_TOO_LATE'})
    expect(again.message).toContain(`task "one" was approved by ${user} at `)
    // Only one waits now.
    expect((await project.run(['runs', 'approve', 'latest'])).exitCode).toBe(0)
    const {stderr} = await endOf(running)
    expect(stderr).toContain('two: waiting for approval: Second?\n  workflow runs approve ')
  })

  it('answer items one by one', async () => {
    const project = new Project({
      'w.yaml': `id: items
parallelism: 1
tasks:
  - {id: ask, forEach: {items: [eu, us], key: "{{ item }}"}, type: core/approval.wait, inputs: {message: "Publish to {{ item }}?"}}
`,
    })
    const running = project.start(['run', 'w.yaml', '--json', '--progress', 'plain'])
    await running.printed('Publish to us?')
    await running.printed("ask[us]'")
    expect(await refusal(project, ['approve', 'latest', 'ask'])).toMatchObject({
      exitCode: 2,
      message: 'of task "ask", these items wait for approval: ask[eu], ask[us]',
    })
    expect((await project.run(['runs', 'approve', 'latest', 'ask[us]'])).stdout).toContain('Publish to us?')
    expect((await project.run(['runs', 'reject', 'latest'])).stdout).toContain('Publish to eu?')
    const {result} = finishedRun(await endOf(running))
    expect(result.tasks[0]?.items?.map(({id, status}) => [id, status])).toEqual([
      ['ask[eu]', 'failed'],
      ['ask[us]', 'succeeded'],
    ])
  })

  it('answer a child by its own id, which its parent shows', async () => {
    const project = new Project({
      'child.yaml': asking().replace('id: asking', 'id: child'),
      'w.yaml': 'id: parent\ntasks: [{id: run, type: core/workflow.run, inputs: {file: child.yaml}}]\n',
    })
    for (const progress of ['plain', 'quiet']) {
      const running = project.start(['run', 'w.yaml', '--progress', progress])
      await running.printed('runs reject')
      const hinted = await refusal(project, ['approve', 'latest'])
      expect(hinted).toMatchObject({code: 'APPROVAL_NOT_AWAITED', hint: expect.stringMatching(/^workflow runs approve \S+ ask$/) as string})
      const [, , , child = ''] = hinted.hint?.split(' ') ?? []
      expect((await project.run(['runs', 'approve', child])).exitCode).toBe(0)
      const {exitCode, stderr} = await endOf(running)
      expect(exitCode).toBe(0)
      expect(stderr).toContain(`workflow runs approve ${child} ask\n`)
    }
  })

  it('show hostile messages harmlessly, and mask secrets everywhere', async () => {
    const secret = 'walrus-9981-piccolo'
    const project = new Project({
      'w.yaml': asking(
        String.raw`message: "\e[2J\e]0;owned\a\u202e{{ secrets.TOKEN }}\nsecond line ${'long '.repeat(500)}"`,
        'secrets: [TOKEN]',
      ),
    })
    const running = await ask(project, ['--events', 'events'], {TOKEN: secret})
    const shown = await project.run(['runs', 'show'])
    const approved = await project.run(['runs', 'approve', 'latest', '--comment', `\u001b[31mit is fine\r\n`])
    expect(approved.exitCode).toBe(0)
    const ended = await endOf(running)
    for (const {stdout, stderr} of [shown, approved, {...ended, stdout: ''}]) {
      const text = stdout + stderr
      // eslint-disable-next-line no-control-regex
      expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/)
      expect(text).toContain('***SECRET***')
      for (const line of text.split('\n')) expect(line.length).toBeLessThan(600)
    }
    const files = [project.read('events'), readFileSync(path.join(project.home, 'autokestra.db'), 'latin1')]
    for (const text of [...files, ended.stdout, ended.stderr, shown.stdout, approved.stdout]) expect(text).not.toContain(secret)
  })
})

describe('on a terminal', () => {
  it('shows what is asked and what to type above what runs, and explains it later', async () => {
    const project = new Project({'w.yaml': asking()})
    const terminal = new Terminal(project, ['run', 'w.yaml'])
    const screen = await terminal.shows('ask  waiting for approval')
    const [, id = ''] = /runs approve (\S+) ask\n/.exec(screen) ?? []
    expect(screen).toContain(
      `ask: waiting for approval: Publish it?\n  workflow runs approve ${id} ask\n  workflow runs reject ${id} ask\n`,
    )
    expect((await project.run(['explain', 'latest', 'ask'])).stdout).toContain('It waits for approval: Publish it?')
    expect((await project.run(['runs', 'approve', id])).exitCode).toBe(0)
    expect(await terminal.exitCode()).toBe(0)
    expect(terminal.screen()).toContain(`ask: approved by ${user}\n`)
    expect((await project.run(['explain', 'latest', 'ask'])).stdout).toContain(`It was approved by ${user} at `)
  })

  it('ends with Ctrl-C', async () => {
    const project = new Project({'w.yaml': asking()})
    const terminal = new Terminal(project, ['run', 'w.yaml'])
    await terminal.shows('ask  waiting for approval')
    terminal.press('C-c')
    expect(await terminal.exitCode()).toBe(130)
  })
})
