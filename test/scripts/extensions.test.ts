// CLI extensions on the built command: linked, so that nothing is fetched. Installing a packed one is tested with the installed package.

import {mkdirSync, mkdtempSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {beforeAll, describe, expect, it} from 'vitest'
import {writeFiles} from '../rig/plugin-dir.ts'
import {temporaryDir} from '../rig/temporary-dir.ts'
import {packageRoot, runWorkflow, type CommandResult} from '../rig/workflow-command.ts'

const command = (summary: string, body: string): string => `import {Command, Flags} from '@oclif/core'
export default class extends Command {
  static summary = '${summary}'
  static enableJsonFlag = true
  static flags = {fail: Flags.boolean()}
  async run() {
    ${body}
  }
}
`

let home: string
let linked: CommandResult

function workflow(...args: string[]): Promise<CommandResult> {
  return runWorkflow(args, {home})
}

beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'workflow-test-'))
  const extension = path.join(home, 'extension')
  writeFiles(extension, {
    'package.json': JSON.stringify({
      name: 'extension-of-tests',
      version: '1.2.3',
      type: 'module',
      oclif: {commands: './commands', hooks: {prerun: './hooks/prerun.js'}},
    }),
    'commands/runs/stats.js': command(
      'Count runs.',
      `const {flags} = await this.parse(this.ctor)
    if (flags.fail) this.error('it went wrong', {exit: 7})
    this.log('stats')
    return {n: 1}`,
    ),
    'commands/run.js': command('Run something else.', `this.log('overridden')`),
    'hooks/prerun.js': 'export default async function ({Command}) { process.stderr.write(`hook before ${Command.id}\\n`) }\n',
  })
  mkdirSync(path.join(extension, 'node_modules/@oclif'), {recursive: true})
  symlinkSync(path.join(packageRoot, 'node_modules/@oclif/core'), path.join(extension, 'node_modules/@oclif/core'))
  linked = await workflow('plugins', 'link', extension)
  return () => {
    rmSync(home, {recursive: true})
  }
})

describe('an extension', () => {
  it('is shown when it is added: its commands, its hooks, and what it may not replace', () => {
    expect(linked.exitCode).toBe(0)
    expect(linked.stderr).toContain(`added extension-of-tests 1.2.3
  command workflow runs stats
  skipped command run: workflow already has a command of that name
  hook prerun: runs inside commands of workflow
`)
  })

  it('adds a command to one of our topics', async () => {
    expect(await workflow('runs', 'stats')).toMatchObject({exitCode: 0, stdout: 'stats\n'})
    expect((await workflow('runs', '--help')).stdout).toContain('Count runs.')
  })

  it('cannot replace a command of ours', async () => {
    const {exitCode, stdout} = await workflow('run', path.join(packageRoot, 'examples/01-hello.yaml'), '--json', '--progress', 'quiet')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({status: 'succeeded'})
  })

  it('has its hooks called for our commands', async () => {
    expect((await workflow('version')).stderr).toBe('hook before version\n')
  })

  it('is listed by version', async () => {
    expect((await workflow('version')).stdout).toContain('extension-of-tests/1.2.3\n')
    expect(JSON.parse((await workflow('version', '--json')).stdout)).toMatchObject({extensions: {'extension-of-tests': '1.2.3'}})
  })

  it.each([
    [['runs', 'stats', '--fail'], 7],
    [['runs', 'stats', '--flag-it-has-not'], 2],
    [['plugins', 'inspect', 'not-installed'], 1],
  ])('%j ends in the same way with --json as without', async (args, exitCode) => {
    const [plain, json] = [await workflow(...args), await workflow(...args, '--json')]
    expect([plain.exitCode, json.exitCode]).toEqual([exitCode, exitCode])
    expect(JSON.parse(json.stdout)).toMatchObject({exitCode})
    expect(plain.stderr).toMatch(/error\[(EXTENSION_FAILED|USAGE)\]/)
  })

  it('is described by `plugins --json` without the internals of oclif', async () => {
    const listed = JSON.parse((await workflow('plugins', '--json')).stdout) as Record<string, unknown>[]
    expect(listed.find(({name}) => name === 'extension-of-tests')).toEqual({
      name: 'extension-of-tests',
      version: '1.2.3',
      type: 'link',
      root: path.join(home, 'extension'),
      commands: ['run', 'runs stats'],
      hooks: ['prerun'],
    })
    for (const entry of listed) expect(Object.keys(entry)).toEqual(['name', 'version', 'type', 'root', 'commands', 'hooks'])
  })
})

describe('what is installed', () => {
  it.each(['./gone.tgz', '../gone', '/nowhere/gone.tgz', 'gone.tgz'])('as %s is a file, and never looked for elsewhere', async (word) => {
    const result = await workflow('plugins', 'install', word)
    expect(result).toMatchObject({exitCode: 2, stdout: ''})
    expect(result.stderr).toContain(`error[USAGE]: there is no file ${word}`)
  })
})

describe('the name the program was called by', () => {
  it.each(['autokestra', 'workflow'])('%s stands in help, hints, errors and the end of a run', async (name) => {
    const dir = temporaryDir()
    symlinkSync(path.join(packageRoot, 'bin/run.js'), path.join(dir, name))
    const call = (...args: string[]): Promise<CommandResult> => runWorkflow(args, {home: dir, command: [path.join(dir, name)]})
    const other = name === 'workflow' ? 'autokestra ' : 'workflow '
    expect((await call('run', '--help')).stdout).toContain(`${name} run hello.yaml`)
    const shown = [
      await call('run', path.join(packageRoot, 'examples/01-hello.yaml')),
      await call('runs', 'show', 'nope'),
      await call('rum'),
      await call('secrets', 'get', 'NOPE'),
      await call('run', '--what'),
    ].map(({stderr}) => stderr)
    for (const [index, words] of ['runs show', 'runs list', 'run', 'secrets', 'run --help'].entries())
      expect(shown[index]).toContain(`${name} ${words}`)
    expect(shown.join('').replaceAll('workflow hello', '')).not.toContain(other)
    const json = await call('runs', 'show', 'nope', '--json')
    expect((JSON.parse(json.stdout) as {error: {hint: string}}).error.hint).toBe(`${name} runs list`)
  })
})
