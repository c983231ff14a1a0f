// Secrets in a run that is resumed: later tasks are given what earlier ones really returned, and nobody else sees more than in an undisturbed run.

import {readdirSync, readFileSync, statSync} from 'node:fs'
import path from 'node:path'
import BetterSqlite from 'better-sqlite3'
import {describe, expect, it} from 'vitest'
import {haltOnce, killAt, resume, resumed} from '../rig/interrupted-run.ts'
import {Project} from '../rig/project.ts'
import {bytesOnDisk} from '../rig/raw-database.ts'
import {runWorkflow} from '../rig/workflow-command.ts'

const canary = 'canary-4711-tweets'
const reversed = Array.from(canary).reverse().join('')

/** `login` returns a text with the secret, and one that its templates compute of it; `use` is given both by another process. */
const workflow = `id: w
secrets: [TOKEN]
tasks:
  - id: login
    type: core/shell.run
    env: {TOKEN: "{{ secrets.TOKEN }}", HASH: "{{ sha256(secrets.TOKEN) }}"}
    inputs: {command: 'echo "session=$TOKEN"; echo "$HASH" > hash; echo "$TOKEN" | rev > reversed'}
  - id: halt
    type: core/shell.run
    needs: [login]
    idempotent: true
    inputs: {command: ${JSON.stringify(haltOnce('halted'))}}
  - id: use
    type: core/shell.run
    needs: [halt]
    env: {SESSION: "{{ tasks.login.output.stdout }}"}
    inputs: {command: 'printf "%s" "$SESSION" | wc -c; echo "got $SESSION"; cat hash; cat reversed'}
outputs: {session: "{{ tasks.login.output.stdout }}"}
`

function expectHidden(text: string): void {
  expect(text).not.toContain(canary)
  expect(text).not.toContain(Buffer.from(canary).toString('base64').slice(0, 20))
}

async function storedProject(text = workflow): Promise<Project> {
  const project = new Project({'w.yaml': text})
  expect(await project.run(['secrets', 'set', 'TOKEN', '--stdin'], {input: canary})).toMatchObject({exitCode: 0})
  return project
}

describe('secrets of a run that is resumed', () => {
  it('reach the tasks that read what earlier ones returned, and no sink', async () => {
    const project = await storedProject()
    const events = project.path('events.ndjson')
    await killAt(project, 'halted', ['run', 'w.yaml'])
    const {result, stdout, stderr} = await resumed(project, ['-v', '--events', events])
    const use = result.tasks.find(({id}) => id === 'use')?.output as {stdout: string}
    // The length is that of the real value.
    expect(use.stdout.split('\n')[0]?.trim()).toBe(String(`session=${canary}`.length))
    expect(use.stdout).toContain('got session=***SECRET***')
    // What templates had computed of it for a task that had ended is hidden, too.
    expect(use.stdout.split('\n')[2]).toBe('***SECRET***')
    expect(result.outputs).toEqual({session: 'session=***SECRET***'})
    for (const text of [stdout, stderr, readFileSync(events, 'utf8'), bytesOnDisk(project.home).toString('latin1')]) expectHidden(text)
    const revealed = await runWorkflow(['runs', 'show', 'latest', '--reveal', '--force'], {home: project.home, cwd: project.dir})
    expect(revealed.stdout).toContain(`session=${canary}`)
    expect(use.stdout).toContain(reversed)
  })

  it('reach later tasks also when the process died before the first event', async () => {
    const project = await storedProject()
    await killAt(project, 'halted', ['run', 'w.yaml'])
    const db = new BetterSqlite(path.join(project.home, 'autokestra.db'))
    for (const table of ['events', 'log_lines', 'sealed_outputs']) db.exec(`DELETE FROM ${table}`)
    db.exec('UPDATE runs SET task_count = NULL')
    db.close()
    const {result} = await resumed(project)
    const use = result.tasks.find(({id}) => id === 'use')?.output as {stdout: string}
    expect(use.stdout.split('\n')[0]?.trim()).toBe(String(`session=${canary}`.length))
    expect((await project.events()).filter(({type}) => type === 'run.started' || type === 'run.resumed')).toHaveLength(1)
  })

  it('that have another value now are refused; when that is accepted, what was returned of the old one is still hidden', async () => {
    const project = await storedProject()
    await killAt(project, 'halted', ['run', 'w.yaml'])
    await project.run(['secrets', 'set', 'TOKEN', '--stdin'], {input: 'another-value-8899'})
    const refused = await resume(project)
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringContaining('the secret "TOKEN" has another value than when the run began'),
    ])
    expect(refused.stderr).toContain('--accept-changed-secrets')
    const {result, stdout, stderr} = await resumed(project, ['-v', '--accept-changed-secrets'])
    expect(result.status).toBe('succeeded')
    expect(result.outputs).toEqual({session: 'session=***SECRET***'})
    expectHidden(stdout + stderr + bytesOnDisk(project.home).toString('latin1'))
  })

  it('that were deleted are named', async () => {
    const project = await storedProject()
    await killAt(project, 'halted', ['run', 'w.yaml'])
    await project.run(['secrets', 'delete', 'TOKEN', '--force'])
    const refused = await resume(project)
    expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining('Missing secrets: TOKEN')])
    // No task that is left reads it.
    const {result} = await resumed(project, ['--accept-changed-secrets'])
    expect(result.status).toBe('succeeded')
  })

  it('in the plan as literal text do not keep the run from going on', async () => {
    const project = await storedProject(workflow.replace('echo "got $SESSION"', `echo "got $SESSION"; [ ${canary} = x ] || echo same`))
    await killAt(project, 'halted', ['run', 'w.yaml'])
    const {result} = await resumed(project)
    expect((result.tasks[2]?.output as {stdout: string}).stdout).toContain('same')
    expectHidden(JSON.stringify(result) + bytesOnDisk(project.home).toString('latin1'))
  })

  it('are kept in computed vars', async () => {
    const project = await storedProject(`id: w
secrets: [TOKEN]
vars: {v: {command: 'echo computed >> log; cat given'}}
tasks:
  - {id: a, type: core/shell.run, env: {V: "{{ vars.v }}", T: "{{ secrets.TOKEN }}"}, inputs: {command: 'echo "$V"'}}
  - {id: b, type: core/shell.run, needs: [a], idempotent: true, env: {V: "{{ vars.v }}"}, inputs: {command: ${JSON.stringify(`${haltOnce('halted')}; printf %s "$V" | wc -c`)}}}
`)
    project.write({given: `v ${canary}`})
    await killAt(project, 'halted', ['run', 'w.yaml'])
    const {result} = await resumed(project)
    expect((result.tasks[1]?.output as {stdout: string}).stdout.trim()).toBe(String(canary.length + 2))
    expect(project.read('log')).toBe('computed\n')
  })
})

describe('a run whose secrets are environment variables', () => {
  const env = {TOKEN: canary}

  it('goes on when nothing that is still read was masked', async () => {
    const project = new Project({'w.yaml': workflow.replace('{{ tasks.login.output.stdout }}', 'x').replace(/outputs: .*\n/, '')})
    await killAt(project, 'halted', ['run', 'w.yaml'], {env})
    expect((await resumed(project, [], {env})).result.status).toBe('succeeded')
  })

  it('says what was not kept, and how to keep it', async () => {
    const project = new Project({'w.yaml': workflow})
    await killAt(project, 'halted', ['run', 'w.yaml'], {env})
    const missing = await resume(project)
    expect([missing.exitCode, missing.stderr]).toEqual([4, expect.stringContaining('Missing secrets: TOKEN')])
    const refused = await resume(project, [], {env})
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('what task "login" returned held secrets')])
    expect(refused.stderr).toContain('workflow run --resumable')
  })

  it('that is given up takes its key with it', async () => {
    const project = new Project({'w.yaml': workflow})
    await killAt(project, 'halted', ['run', 'w.yaml', '--resumable'], {env})
    expect(readdirSync(path.join(project.home, 'run-keys'))).toHaveLength(1)
    expect(await project.run(['runs', 'prune', '--older-than', '0s', '--status', 'interrupted'])).toMatchObject({exitCode: 0})
    expect(readdirSync(path.join(project.home, 'run-keys'))).toEqual([])
  })

  it('goes on with the runs that it has made, which read no secret themselves', async () => {
    const project = new Project({
      'w.yaml': `id: w
secrets: [TOKEN]
tasks:
  - {id: login, type: core/shell.run, env: {T: "{{ secrets.TOKEN }}"}, inputs: {command: 'echo "$T"'}}
  - {id: sub, type: core/workflow.run, needs: [login], inputs: {file: child.yaml, inputs: {x: "{{ tasks.login.output.stdout }}"}}}
outputs: {y: "{{ tasks.sub.output.y }}"}
`,
      'child.yaml': `id: child
inputs: {x: {type: string, required: true}}
tasks: [{id: t, type: core/shell.run, idempotent: true, env: {X: "{{ inputs.x }}"}, inputs: {command: ${JSON.stringify(`${haltOnce('halted')}; printf %s "$X" | wc -c`)}}}]
outputs: {y: "{{ tasks.t.output.stdout }}"}
`,
    })
    await killAt(project, 'halted', ['run', 'w.yaml', '--resumable'], {env})
    const {result} = await resumed(project, [], {env})
    expect(result).toMatchObject({status: 'succeeded', outputs: {y: expect.stringContaining(String(canary.length)) as unknown}})
    expectHidden(bytesOnDisk(project.home).toString('latin1'))
  })

  it('goes on with --resumable: its key is its own, private, and gone when it has ended', async () => {
    const project = new Project({'w.yaml': workflow})
    await killAt(project, 'halted', ['run', 'w.yaml', '--resumable'], {env})
    const keys = path.join(project.home, 'run-keys')
    const [key = ''] = readdirSync(keys)
    expect(statSync(path.join(keys, key)).mode & 0o777).toBe(0o600)
    expectHidden(bytesOnDisk(project.home).toString('latin1'))
    const changed = await resume(project, [], {env: {TOKEN: 'another-value-8899'}})
    expect([changed.exitCode, changed.stderr]).toEqual([1, expect.stringContaining('has another value than when the run began')])
    const {result, stdout, stderr} = await resumed(project, ['-v'], {env})
    expect(result.outputs).toEqual({session: 'session=***SECRET***'})
    expect((result.tasks[2]?.output as {stdout: string}).stdout.split('\n')[0]?.trim()).toBe(String(`session=${canary}`.length))
    expectHidden(stdout + stderr + bytesOnDisk(project.home).toString('latin1'))
    expect(readdirSync(keys)).toEqual([])
    const revealed = await project.run(['runs', 'show', 'latest', '--reveal', '--force'])
    expect([revealed.exitCode, revealed.stderr]).toEqual([4, expect.stringContaining('removed when it had ended')])
  })
})
