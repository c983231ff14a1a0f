// The completion scripts in real shells. bash is everywhere; the others are asked where they are installed.

import {execFile} from 'node:child_process'
import {rmSync, symlinkSync} from 'node:fs'
import path from 'node:path'
import {promisify} from 'node:util'
import {beforeAll, describe, expect, it} from 'vitest'
import {hasErrorCode} from '../../../src/lib/util/error-code.ts'
import {Project} from '../../rig/project.ts'
import {storeSecrets} from '../../rig/secret-store.ts'
import {builtCommand, runWorkflow} from '../../rig/workflow-command.ts'

const workflow =
  'id: w\ntasks:\n  - {id: first, type: core/console.log, inputs: {message: x}}\n  - {id: second, type: core/console.log, needs: [first], inputs: {message: x}}\n'
const value = 'a-value-that-nobody-shows'

/** Runs a script of a shell in the project, with the command on its PATH; undefined when there is no such shell. */
async function inShell(project: Project, shell: string, args: readonly string[]): Promise<string | undefined> {
  const env = {
    PATH: `${project.home}/bin:${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    HOME: project.home,
    AUTOKESTRA_HOME: project.home,
  }
  try {
    const {stdout, stderr} = await promisify(execFile)(shell, args, {cwd: project.dir, env})
    expect(stderr).toBe('')
    return stdout
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

async function scriptOf(shell: string): Promise<string> {
  const {exitCode, stdout} = await runWorkflow(['completion', shell], {home: '/nonexistent', cwd: '/'})
  expect(exitCode).toBe(0)
  return stdout
}

async function filledProject(): Promise<Project> {
  const project = new Project({'w.yaml': workflow})
  await project.run(['run', 'w.yaml'])
  await storeSecrets(project, {API_KEY: value})
  // Names are listed without it.
  rmSync(path.join(project.home, 'secret.key'))
  return project
}

describe('bash', () => {
  let script: string
  beforeAll(async () => {
    script = await scriptOf('bash')
  })

  /** What bash would offer for the words; the last one is to be completed. */
  async function offers(project: Project, words: readonly string[]): Promise<string[]> {
    const list = ['workflow', ...words].map((word) => `'${word}'`).join(' ')
    const output = await inShell(project, 'bash', [
      '-c',
      `workflow() { '${process.execPath}' '${builtCommand}' "$@"; }\n${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${String(words.length)}; _workflow_complete; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p workflow`,
    ])
    const lines = (output ?? '').trimEnd().split('\n')
    expect(lines.pop()).toBe('complete -F _workflow_complete workflow')
    return lines.filter((line) => line !== '')
  }

  it('completes commands, flags, values, run ids, task ids, secret and plugin names, and files', {timeout: 60_000}, async () => {
    const project = await filledProject()
    expect(await offers(project, ['se'])).toEqual(['secrets'])
    expect(await offers(project, ['run', '--dr'])).toEqual(['--dry-run'])
    expect(await offers(project, ['run', '--progress', '=', 'pl'])).toEqual(['plain'])
    expect(await offers(project, ['runs', 'logs', ''])).toEqual(['latest', expect.stringMatching(/^\d{8}-/)])
    expect(await offers(project, ['runs', 'logs', '--task', ''])).toEqual(['first', 'second'])
    expect(await offers(project, ['runs', 'logs', 'w.yaml', '--task', 's'])).toEqual(['second'])
    expect(await offers(project, ['secrets', 'get', ''])).toEqual(['API_KEY'])
    expect(await offers(project, ['plugin', 'inspect', 'core/sh'])).toEqual(['core/shell'])
    expect(await offers(project, ['run', 'w'])).toEqual(['w.yaml'])
    expect(await offers(project, ['nope', ''])).toEqual([])
  })

  it('says nothing where there is nothing to say', async () => {
    const project = new Project()
    expect(await offers(project, ['secrets', 'get', ''])).toEqual([])
    expect(await offers(project, ['runs', 'logs', 'gone', '--task', ''])).toEqual([])
  })
})

describe('fish and zsh', () => {
  it('are told to ask the command', async () => {
    expect(await scriptOf('zsh')).toMatch(
      /^#compdef workflow\n[^]* complete -- [^]*_files[^]*_describe [^]*compdef _workflow_complete workflow\n$/,
    )
    expect(await scriptOf('fish')).toMatch(
      / complete -- [^]*__fish_complete_path [^]*complete -c workflow -f -a '\(__workflow_complete\)'\n$/,
    )
  })

  it('can read their scripts, where they are installed', async () => {
    const project = await filledProject()
    for (const shell of ['zsh', 'fish']) {
      project.write({[`script.${shell}`]: await scriptOf(shell)})
      expect(await inShell(project, shell, ['-n', `script.${shell}`])).toBeOneOf([undefined, ''])
    }
    const bin = project.path('bin')
    project.write({'bin/.keep': ''})
    symlinkSync(builtCommand, path.join(bin, 'workflow'))
    const offered = await inShell(project, 'fish', [
      '-c',
      `set -x PATH ${bin} $PATH; source script.fish; complete -C 'workflow runs logs --task '; complete -C 'workflow secrets get '`,
    ])
    expect(offered).toBeOneOf([undefined, 'first\tsucceeded\nsecond\tsucceeded\nAPI_KEY\tsecret\n'])
  })
})

it('no candidate ever holds a value', async () => {
  const project = await filledProject()
  for (const words of [
    ['secrets', 'get', ''],
    ['secrets', 'set', 'API_KEY', ''],
    ['secrets', ''],
  ]) {
    const {exitCode, stdout, stderr} = await project.run(['complete', '--', ...words])
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
    expect(stdout).not.toContain(value)
  }
})
