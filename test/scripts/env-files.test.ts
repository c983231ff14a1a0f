// `dotenv` and --env-file: variables of tasks from files.

import {readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {Project} from '../rig/project.ts'

const planted = 'v4Lue-0f-a-f1le-9x'
const print = `type: core/shell.run, inputs: {command: 'for n in A B C D E F; do eval "printf \\"%s \\" \\"\\\${$n-unset}\\""; done'}`
const file = `id: w
dotenv: [.env, {file: conf/local.env, optional: true}]
inheritEnv: [A, F]
env: {D: workflow, E: workflow}
tasks: [{id: t, env: {E: task}, ${print}}]
`
const dotenv = 'A=dotenv\nexport B="dotenv"\nC=dotenv\nD=dotenv\nE=dotenv\n'

describe('variables from files', () => {
  it('stand between what is inherited and what the workflow says', async () => {
    const project = new Project({
      'w.yaml': file,
      '.env': dotenv,
      'conf/local.env': 'B=local\nC=local\n',
      'elsewhere/x.env': 'C=asked\nA=\n',
    })
    const env = {A: 'inherited', F: 'inherited'}
    expect((await project.runJson('w.yaml', [], {env})).task('t').output).toMatchObject({
      stdout: 'dotenv local local workflow task inherited ',
    })
    const {task} = await project.runJson('w.yaml', ['--env-file', 'elsewhere/x.env'], {env})
    expect(task('t').output).toMatchObject({stdout: ' local asked workflow task inherited '})
  })

  it('are in the journal by name only', async () => {
    const project = new Project({
      'w.yaml': `id: w\ndotenv: [.env]\ntasks: [{id: t, type: core/shell.run, inputs: {command: 'test "$LONG_NAME" = ${planted.split('').join('""')}'}}]\n`,
      '.env': `LONG_NAME=${planted}\n`,
    })
    const {exitCode, stdout, stderr} = await project.runJson('w.yaml')
    expect(exitCode).toBe(0)
    const {stdout: grep} = await project.run(['runs', 'show', 'latest', '--events'])
    expect(stdout + stderr + grep).not.toContain(planted)
    const kept = readdirSync(project.home, {recursive: true, withFileTypes: true})
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'))
      .join('')
    expect(kept).toContain('LONG_NAME')
    expect(kept).not.toContain(planted)
  })

  it('never hold the master key or a declared secret', async () => {
    const project = new Project({
      'w.yaml': `id: w\nsecrets: [{name: TOK, optional: true}]\ndotenv: [.env]\ntasks: [{id: t, type: core/shell.run, env: {X: '{{ secrets.TOK ?? "none" }}'}, inputs: {command: 'echo "$X \${TOK-unset} \${AUTOKESTRA_SECRET_KEY-unset}"'}}]\n`,
      '.env': `TOK=${planted}\nAUTOKESTRA_SECRET_KEY=${planted}\n`,
    })
    const {task, stderr} = await project.runJson('w.yaml')
    expect(task('t').output).toMatchObject({stdout: 'none unset unset'})
    expect(stderr).toContain('warning[secret-in-env-file]: TOK is not taken')
    expect(stderr).not.toContain(planted)
  })

  it.each<[string, Record<string, string>, string[], RegExp]>([
    ['a missing file of the workflow', {}, [], /error\[unreadable-dotenv\]: [^]*does not exist\n {2}--> w.yaml:2:10[^]*optional: true/],
    [
      'lines that are no assignment',
      {'.env': 'A=1\nnonsense here\n9X=1\n'},
      [],
      /error\[not-an-assignment\][^]*.env:2[^]*error\[invalid-name\][^]*.env:3[^]*CONFIG_INVALID/,
    ],
    ['bytes that are no text', {'.env': 'A=\0\n'}, [], /zero-byte[^]*CONFIG_INVALID/],
  ])('%s: nothing starts', async (_title, files, args, message) => {
    const project = new Project({'w.yaml': file, ...files})
    const {exitCode, stderr} = await project.run(['run', 'w.yaml', ...args])
    expect(exitCode).toBe(3)
    expect(stderr).toMatch(message)
  })

  it('a missing file of the command line: nothing starts', async () => {
    const project = new Project({'w.yaml': file, '.env': ''})
    const {exitCode, stderr, stdout} = await project.run(['run', 'w.yaml', '--env-file', 'none.env'])
    // Node.js (20, 22 and 24) looks for files of this flag behind the script too, before the program begins. It does not read them.
    expect({exitCode, stdout}).toEqual({exitCode: 9, stdout: ''})
    expect(stderr).toContain('none.env: not found')
  })

  it('--dry-run knows them: the cache of a task depends on them', async () => {
    const cached = `${file.replace(/tasks:[^]*/, '')}tasks:\n  - {id: c, type: core/shell.run, inputs: {command: 'echo "$REGION"'}, cache: {}}\n`
    const project = new Project({'w.yaml': cached, '.env': 'REGION=eu\n', 'more.env': 'REGION=us\n'})
    const outlook = async (...args: string[]): Promise<string> => (await project.run(['run', 'w.yaml', '--dry-run', ...args])).stdout
    await project.runJson('w.yaml')
    expect(await outlook()).toMatch(/c {2}hit/)
    expect(await outlook('--env-file', 'more.env')).toContain('c  miss: env REGION changed')
    project.write({'.env': 'REGION=ap\n'})
    expect(await outlook()).toContain('c  miss: env REGION changed')
  })
})
