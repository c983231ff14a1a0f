// `workflow runs show --reveal`: the one reader of sealed outputs. It asks, needs the key, and leaves an entry in the audit log.

import path from 'node:path'
import Sqlite from 'better-sqlite3'
import {describe, expect, it} from 'vitest'
import {Project} from '../rig/project.ts'
import {filesWith, storeSecrets} from '../rig/secret-store.ts'
import {Terminal} from '../rig/terminal.ts'

const value = 'canary-reveal-90ab'
const workflow = `id: w
secrets: [TOKEN]
tasks:
  - {id: login, type: core/shell.run, env: {TOKEN: '{{ secrets.TOKEN }}'}, inputs: {command: 'echo "token $TOKEN"'}}
  - {id: plain, type: core/shell.run, needs: [login], inputs: {command: 'echo open'}}
outputs: {said: '{{ tasks.login.output.stdout }}'}
`

interface Shown {
  readonly id: string
  readonly tasks: readonly {readonly id: string; readonly output?: {readonly stdout: string}}[]
  readonly outputs: {readonly said: string}
}

/** A project whose latest run has returned a secret. */
async function ranProject(): Promise<Project> {
  const project = new Project({'w.yaml': workflow})
  await storeSecrets(project, {TOKEN: value})
  expect(await project.run(['run', 'w.yaml', '-q'])).toMatchObject({exitCode: 0, stdout: '{\n  "said": "token ***SECRET***"\n}\n'})
  return project
}

async function audited(project: Project): Promise<unknown[]> {
  return (await project.json(['secrets', 'audit'])) as unknown[]
}

function change(project: Project, sql: string): void {
  const database = new Sqlite(path.join(project.home, 'autokestra.db'))
  database.exec(sql)
  database.close()
}

const reveal = ['runs', 'show', '--reveal']

describe('runs show --reveal', () => {
  it('shows what tasks and the run returned, also after the keys were rotated, and is in the audit log', async () => {
    const project = await ranProject()
    const {id} = (await project.json(['runs', 'show'])) as Shown
    // The run itself stands in the log, with its id.
    expect((await audited(project))[0]).toMatchObject({action: 'read', run: id, command: 'run', names: ['TOKEN']})
    const json = await project.run([...reveal, '--force', '--json'])
    expect(json).toMatchObject({exitCode: 0, stderr: expect.stringMatching(/^warning: this exposes secrets/) as string})
    const shown = JSON.parse(json.stdout) as Shown
    expect(shown.outputs).toEqual({said: `token ${value}`})
    expect(shown.tasks.map((task) => [task.id, task.output?.stdout])).toEqual([
      ['login', `token ${value}`],
      ['plain', 'open'],
    ])
    const entry = {action: 'reveal', run: id, command: 'runs show', names: []}
    expect((await audited(project))[0]).toMatchObject(entry)
    expect((await project.run(['secrets', 'audit'])).stdout).toContain(`\treveal\toutputs of run ${id}\t`)

    expect(await project.run(['secrets', 'rotate-key', '--reencrypt'])).toMatchObject({exitCode: 0})
    const text = await project.run([...reveal, id, '--force'])
    expect(text.exitCode, text.stderr).toBe(0)
    expect(text.stdout).toContain(`\nlogin returned:\n  {\n    "exitCode": 0,\n    "stdout": "token ${value}",\n`)
    expect(text.stdout).toContain(`\noutputs of the run:\n  {\n    "said": "token ${value}"\n  }\n`)
    expect(await project.run(['secrets', 'verify'])).toMatchObject({exitCode: 0})
    expect(filesWith(project, value)).toEqual([])
  })

  it('asks on a terminal, and shows nothing without a yes', async () => {
    const project = await ranProject()
    const before = await audited(project)
    const refusing = new Terminal(project, reveal)
    expect(await refusing.shows('secrets in clear text')).not.toContain(value)
    refusing.press('Enter')
    expect(await refusing.exitCode()).toBe(0)
    expect(refusing.screen()).toContain('The outputs were not shown.')
    expect(refusing.history()).not.toContain(value)
    refusing.close()
    for (const options of [{args: [...reveal, '--no-input']}, {args: reveal, env: {CI: '1'}}]) {
      const unasked = new Terminal(project, options.args, {env: options.env ?? {}})
      expect(await unasked.exitCode()).toBe(2)
      expect(unasked.history()).not.toContain(value)
      unasked.close()
    }
    expect(await audited(project)).toEqual(before)
    const agreeing = new Terminal(project, reveal)
    await agreeing.shows('secrets in clear text')
    agreeing.press('y', 'Enter')
    expect(await agreeing.exitCode()).toBe(0)
    expect(agreeing.screen()).toContain(`token ${value}`)
    expect(await audited(project)).toHaveLength(before.length + 1)
  })

  it('refuses without a terminal, and without the right key, and tells damage from a key that is gone', async () => {
    const project = await ranProject()
    const refused = await project.run(reveal)
    expect(refused).toMatchObject({exitCode: 2, stdout: ''})
    expect(refused.stderr).toMatch(
      /^error\[USAGE\]: the outputs of run \S+ were not shown: there is no terminal to ask on\nhint: use --force/,
    )
    expect(await project.run([...reveal, '--events'])).toMatchObject({exitCode: 2, stdout: ''})

    const expectError = async (message: RegExp, env: Record<string, string> = {}): Promise<void> => {
      const {exitCode, stdout, stderr} = await project.run([...reveal, '--force'], {env})
      expect({exitCode, stdout}).toEqual({exitCode: 4, stdout: ''})
      expect(stderr).toMatch(message)
    }
    await expectError(/^error\[MASTER_KEY_WRONG\]/, {AUTOKESTRA_SECRET_KEY: 'another key of some length'})
    change(project, "UPDATE sealed_outputs SET key_id = 'gone' WHERE task = 'login'")
    await expectError(/^error\[SECRET_STORE_DAMAGED\]: the data key that the sealed output of task "login" was encrypted with is gone/)
    change(project, 'UPDATE sealed_outputs SET key_id = (SELECT active_key_id FROM secret_store), auth_tag = zeroblob(16)')
    await expectError(/^error\[SECRET_TAMPERED\]: the sealed output of task "login" was changed or damaged/)
    change(project, "DELETE FROM sealed_outputs WHERE task = 'login'")
    await expectError(/^error\[SECRET_TAMPERED\]: the sealed output of the run was changed or damaged/)
  })

  it('of a run without sealed outputs needs no key, and says that they are shown as recorded', async () => {
    const project = new Project({'w.yaml': workflow})
    await project.run(['run', 'w.yaml', '-q'], {env: {TOKEN: value}})
    const {exitCode, stdout, stderr} = await project.run([...reveal, '--force'])
    expect({exitCode, stderr}).toEqual({
      exitCode: 0,
      stderr: 'note: no output of this run is stored encrypted; they are shown as they were recorded\n',
    })
    expect(stdout).toContain('"said": "token ***SECRET***"')
  })
})
