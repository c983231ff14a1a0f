// Files that are no workflow: a clear error with the documented exit code, no stack, and nothing happens.

import {execFileSync} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {Project} from '../rig/project.ts'
import {nodeWithoutPrivileges} from '../rig/without-privileges.ts'
import {builtCommand, type CommandResult} from '../rig/workflow-command.ts'

const task = '  - {id: a, type: core/shell.run, inputs: {command: "touch started"}}\n'
const bomb = `id: w\nvars:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from(
  {length: 12},
  (_, n) => `  a${String(n + 1)}: &a${String(n + 1)} [${Array.from({length: 10}, () => `*a${String(n)}`).join(', ')}]\n`,
).join('')}tasks:\n${task}`

/** How each file is made, and what is said about it. */
const cases: readonly (readonly [title: string, make: (file: string) => void, code: string, words: RegExp])[] = [
  ['an empty file', (file) => writeFileSync(file, ''), 'DOCUMENT_UNREADABLE', /empty/],
  ['a file of blanks and comments', (file) => writeFileSync(file, '\n \n# nothing\n---\n'), 'WORKFLOW_INVALID', /empty/],
  ['a directory', (file) => mkdirSync(file), 'DOCUMENT_UNREADABLE', /director/],
  ['a missing file', () => undefined, 'DOCUMENT_UNREADABLE', /not|no such/i],
  ['a link that leads nowhere', (file) => symlinkSync('nowhere', file), 'DOCUMENT_UNREADABLE', /not|no such/i],
  ['a link to itself', (file) => symlinkSync(path.basename(file), file), 'DOCUMENT_UNREADABLE', /./],
  ['a file below a file', (file) => writeFileSync(path.dirname(file) + '/below', ''), 'DOCUMENT_UNREADABLE', /./],
  [
    'a binary file',
    (file) => writeFileSync(file, Buffer.from(Array.from({length: 4096}, (_, n) => n % 256))),
    'DOCUMENT_UNREADABLE',
    /not a text file/,
  ],
  ['a file with zero bytes', (file) => writeFileSync(file, Buffer.alloc(100)), 'DOCUMENT_UNREADABLE', /not a text file/],
  [
    'a file in Latin-1',
    (file) => writeFileSync(file, Buffer.from(`id: w\nname: Gr\u00fc\u00dfe\ntasks:\n${task}`, 'latin1')),
    'DOCUMENT_UNREADABLE',
    /UTF-8/,
  ],
  [
    'a file in UTF-16',
    (file) => writeFileSync(file, Buffer.from(`\ufeffid: w\ntasks:\n${task}`, 'utf16le')),
    'DOCUMENT_UNREADABLE',
    /not a text file/,
  ],
  ['a file of 10 MB', (file) => writeFileSync(file, `id: w\ntasks:\n${task}# ${'x'.repeat(10_000_000)}\n`), 'DOCUMENT_UNREADABLE', /large/],
  ['an alias bomb', (file) => writeFileSync(file, bomb), 'WORKFLOW_INVALID', /alias|expand/i],
  ['a list', (file) => writeFileSync(file, '- 1\n- 2\n'), 'WORKFLOW_INVALID', /map|object/],
  ['a word', (file) => writeFileSync(file, 'hello\n'), 'WORKFLOW_INVALID', /map|object/],
  ['two documents', (file) => writeFileSync(file, `id: w\ntasks:\n${task}---\nid: v\n`), 'WORKFLOW_INVALID', /document/],
  ['an unclosed quote', (file) => writeFileSync(file, `id: "w\ntasks:\n${task}`), 'WORKFLOW_INVALID', /./],
  ['a tab as indentation', (file) => writeFileSync(file, 'id: w\ntasks:\n\t- id: a\n'), 'WORKFLOW_INVALID', /tab/i],
  [
    'lists nested ten thousand deep',
    (file) => writeFileSync(file, `id: w\nvars: {a: ${'['.repeat(10_000)}${']'.repeat(10_000)}}\ntasks:\n${task}`),
    'WORKFLOW_INVALID',
    /./,
  ],
  [
    'a tag of JavaScript',
    (file) => writeFileSync(file, `id: w\nvars: {f: !!js/function 'x'}\ntasks:\n${task}`),
    'WORKFLOW_INVALID',
    /tag/i,
  ],
  ['a named pipe that nobody writes', (file) => execFileSync('mkfifo', [file]), 'DOCUMENT_UNREADABLE', /./],
  ['a device without end', (file) => symlinkSync('/dev/zero', file), 'DOCUMENT_UNREADABLE', /./],
  [
    'a template without quotes',
    (file) => writeFileSync(file, `id: w\ntasks:\n  - id: a\n    type: core/console.log\n    inputs: {message: {{ vars.x }}}\n`),
    'WORKFLOW_INVALID',
    /quote/,
  ],
  ['a key that is there twice', (file) => writeFileSync(file, `id: w\nid: v\ntasks:\n${task}`), 'WORKFLOW_INVALID', /id/],
]

function expectRefusal(result: CommandResult, project: Project, code: string, words: RegExp): void {
  const said = result.stdout + result.stderr
  expect({exitCode: result.exitCode, signal: result.signal}, said).toEqual({exitCode: 3, signal: null})
  expect(said).toMatch(words)
  expect(said.length).toBeLessThan(10_000)
  expect(said).not.toMatch(/^ +at /m)
  expect(said).not.toContain('internal error')
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  expect(said).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f]/)
  expect(existsSync(path.join(project.home, 'autokestra.db'))).toBe(false)
  expect(project.has('started')).toBe(false)
  // `validate` prints findings to stdout.
  if (result.stderr !== '') expect(result.stderr).toContain(`error[${code}]: `)
}

describe('a workflow file that is', () => {
  it.each(cases)('%s is refused by run and by validate', async (_title, make, code, words) => {
    const project = new Project()
    const name = _title === 'a file below a file' ? 'below/w.yaml' : 'w.yaml'
    make(project.path(name === 'w.yaml' ? name : 'w.yaml'))
    const ran = await project.run(['run', name])
    expect(ran.stdout).toBe('')
    expectRefusal(ran, project, code, words)
    expectRefusal(await project.run(['validate', name]), project, code, words)
    const json = await project.run(['run', name, '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({exitCode: 3, error: {code}})
  })

  it('unreadable is refused, and so is one in a directory that may not be entered', async () => {
    const project = new Project({'w.yaml': `id: w\ntasks:\n${task}`, 'closed/w.yaml': `id: w\ntasks:\n${task}`})
    chmodSync(project.path('w.yaml'), 0)
    chmodSync(project.path('closed'), 0)
    const command = [...nodeWithoutPrivileges, builtCommand] as const
    for (const name of ['w.yaml', 'closed/w.yaml']) {
      for (const verb of ['run', 'validate']) {
        expectRefusal(await project.run([verb, name], {command}), project, 'DOCUMENT_UNREADABLE', /permission|may not|not permitted/i)
      }
    }
    chmodSync(project.path('closed'), 0o700)
  })

  it.each([
    ['without end', 'yes | "$0" "$@"', /large/],
    ['binary', 'head -c 100000 /dev/zero | "$0" "$@"', /not a text file/],
    ['in Latin-1', String.raw`printf 'id: w\nname: Gr\374\337e\n' | "$0" "$@"`, /UTF-8/],
    ['empty', '"$0" "$@" < /dev/null', /empty/],
    ['closed', '"$0" "$@" <&-', /empty/],
  ] as const)('standard input that is %s is refused', async (_title, script, words) => {
    const project = new Project()
    const result = await project.run(['run', '-'], {command: ['sh', '-c', script, process.execPath, builtCommand]})
    expectRefusal(result, project, 'DOCUMENT_UNREADABLE', words)
  })
})
