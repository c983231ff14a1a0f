// Readers that go away, floods, and how much memory they cost.

import {readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {Project} from '../rig/project.ts'
import {builtCommand, type CommandResult} from '../rig/workflow-command.ts'

/** Runs the command in a pipe: `$0 $@` is the command. */
function inShell(project: Project, script: string, args: readonly string[], env: Record<string, string> = {}): Promise<CommandResult> {
  return project.run(args, {command: ['bash', '-c', script, process.execPath, builtCommand], env})
}

/** Peak memory of the command itself, in bytes: it writes its own high-water mark when it ends. */
async function peakMemory(project: Project, args: readonly string[]): Promise<number> {
  project.write({
    'peak.cjs':
      "process.on('exit', () => require('node:fs').writeFileSync(__dirname + '/peak', require('node:fs').readFileSync('/proc/self/status')))\n",
  })
  const {exitCode, stderr} = await project.run(args, {env: {NODE_OPTIONS: `--require=${project.path('peak.cjs')}`}})
  expect({exitCode}, stderr).toEqual({exitCode: 0})
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(project.path('peak'), 'utf8')) ?? []
  return Number(kilobytes) * 1024
}

describe('a reader that goes away', () => {
  it('after one line of events on stdout does not end the run', async () => {
    const tasks = Array.from(
      {length: 20},
      (_, n) => `  - {id: t${String(n)}, type: core/shell.run, inputs: {command: 'seq 200; touch done-${String(n)}'}}\n`,
    )
    const project = new Project({'w.yaml': `id: w\ntasks:\n${tasks.join('')}`})
    const {stdout, stderr} = await inShell(project, '"$0" "$@" | head -n 1; echo "ended ${PIPESTATUS[0]}"', [
      'run',
      'w.yaml',
      '--events',
      '-',
      '--progress',
      'quiet',
    ])
    expect(stdout).toMatch(/^\{"type":"version".*\}\nended 0\n$/)
    expect(stderr).toMatch(/w succeeded in /)
    expect(await project.json(['runs', 'list'])).toMatchObject([{status: 'succeeded', counts: {succeeded: 20}}])
    expect(project.has('done-19')).toBe(true)
  })

  it('on stderr does not end the run either', async () => {
    const project = new Project({
      'w.yaml':
        'id: w\ntasks:\n  - {id: t, type: core/shell.run, inputs: {command: "seq 20000; seq 20000; touch done", parse: none}}\noutputs: {ok: true}\n',
    })
    const {stdout} = await inShell(project, '"$0" "$@" 2> >(head -n 1 > first); echo "ended $?"', ['run', 'w.yaml'])
    expect(stdout).toBe('{\n  "ok": true\n}\nended 0\n')
    expect(project.has('done')).toBe(true)
  })

  it('of a log of 50 MB ends the command at once and quietly, in little memory', async () => {
    const line = 'x'.repeat(999)
    const project = new Project({
      'autokestra.yaml': 'limits: {log: 100MB}\n',
      'w.yaml': `id: w\ntasks:\n  - {id: t, type: core/shell.run, timeout: 10m, inputs: {parse: none, command: yes ${line} | head -n 50000}}\n`,
    })
    expect(await project.run(['run', 'w.yaml', '--progress', 'quiet'])).toMatchObject({exitCode: 0})
    const args = ['runs', 'logs', '--task', 't']
    expect(await inShell(project, '"$0" "$@" | head -n 2; echo "ended ${PIPESTATUS[0]}"', args)).toMatchObject({
      stdout: `${line}\n${line}\nended 0\n`,
      stderr: '',
    })
    const whole = await inShell(project, '"$0" "$@" | wc -c; echo "ended ${PIPESTATUS[0]}"', args)
    expect(whole.stdout.trim()).toBe('50000000\nended 0')
    // Into a pipe that is read slowly: what is not read must not pile up.
    const list = await peakMemory(project, ['runs', 'list'])
    expect(((await peakMemory(project, args)) - list) / 1024 / 1024).toBeLessThan(64)
  }, 120_000)
})

describe('a task that prints 1 GB', () => {
  it.each([
    ['as the output and log of a command', 'core/shell.run', (text: string) => `, inputs: {command: '${text}'}`],
    ['as the log of a plugin', 'test/p.act', (text: string) => `, env: {TEXT: '${text}'}`],
  ])(
    '%s raises the memory of the command by at most 32 MB',
    async (_title, type, more) => {
      const project = new Project({
        'plugins/p/plugin.yaml': 'namespace: test\nname: p\nversion: 1.0.0\ncommand: [sh, p.sh]\nactions: [{name: act}]\n',
        'plugins/p/p.sh': 'sh -c "$TEXT" >&2; echo 1\n',
        'loud.yaml': `id: w\ntasks:\n  - {id: t, type: ${type}, timeout: 10m${more('yes | head -c 1073741824')}}\n`,
        'quiet.yaml': `id: w\ntasks:\n  - {id: t, type: ${type}, timeout: 10m${more('true')}}\n`,
      })
      const quiet = await peakMemory(project, ['run', 'quiet.yaml', '--progress', 'quiet'])
      const loud = await peakMemory(project, ['run', 'loud.yaml', '--progress', 'quiet'])
      expect((loud - quiet) / 1024 / 1024).toBeLessThan(32)
      expect(quiet).toBeGreaterThan(10 * 1024 * 1024)
      expect((await project.run(['runs', 'show'])).stdout).toMatch(/lines dropped/)
    },
    120_000,
  )
})
