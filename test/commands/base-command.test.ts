// BaseCommand in a process of its own, with small commands made for the purpose.

import {execFile} from 'node:child_process'
import {describe, expect, it} from 'vitest'
import {bundleScript} from '../rig/script-process.ts'
import {temporaryDir} from '../rig/temporary-dir.ts'
import {packageRoot, type CommandResult} from '../rig/workflow-command.ts'

/** Runs a command whose `run()` has the given body. `before` stands above it. */
async function runProbe(body: string, args: readonly string[] = [], before = ''): Promise<Omit<CommandResult, 'signal'>> {
  const script = await bundleScript(`
    import {Args} from '@oclif/core'
    import {BaseCommand} from 'src/cli/base-command.ts'
    import {App} from 'src/lib/app/app.ts'
    import {WorkflowError} from 'src/lib/errors/workflow-error.ts'
    import {reportError} from 'src/cli/report-error.ts'
    import {readEnvironment} from 'src/lib/config/environment.ts'
    void App, void WorkflowError, void Args
    ${before}
    class Probe extends BaseCommand {
      static id = 'probe'
      async run() {
        await this.parse(Probe)
        ${body}
      }
    }
    Probe.run(process.argv.slice(2), ${JSON.stringify(packageRoot)}).catch((error) => {
      process.exitCode = reportError(error, {isJson: false, environment: readEnvironment()})
    })
  `)
  const home = temporaryDir()
  const env = {PATH: process.env['PATH'], HOME: home, AUTOKESTRA_HOME: home}
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, ...args], {cwd: home, env}, (_error, stdout, stderr) => {
      resolve({exitCode: child.exitCode, stdout, stderr})
    })
  })
}

describe('--json', () => {
  it.each([
    ['return 0', '0\n'],
    ["return ''", '""\n'],
    ['return false', 'false\n'],
    ['return null', 'null\n'],
    ['', 'null\n'],
    ['return []', '[]\n'],
    ["return {message: '100 %s'}", '{\n  "message": "100 %s"\n}\n'],
  ])('prints what `%s` gives, and nothing else', async (body, stdout) => {
    expect(await runProbe(`this.log('for people')\n${body}`, ['--json'])).toEqual({exitCode: 0, stdout, stderr: ''})
  })

  it('leaves out what is printed for people, and renders none of it', async () => {
    const body = (rendered: string): string => `this.print(() => ${rendered})\nthis.note('done\\n')\nreturn 1`
    expect(await runProbe(body("'text\\n'"))).toEqual({exitCode: 0, stdout: 'text\n', stderr: 'done\n'})
    expect(await runProbe(body("{ throw new Error('rendered') }"), ['--json'])).toEqual({exitCode: 0, stdout: '1\n', stderr: ''})
  })

  it('is for the command only before `--`', async () => {
    const result = await runProbe("this.log('for people')", ['--', '--json'], '')
    expect(result).toMatchObject({exitCode: 2, stdout: ''})
  })
})

describe('an error the user can act on', () => {
  const body = "throw new WorkflowError('STORAGE_BUSY', 'the database is busy', {hint: 'wait'})"

  it('ends the command with the exit code of its kind', async () => {
    expect(await runProbe(body)).toEqual({exitCode: 9, stdout: '', stderr: 'error[STORAGE_BUSY]: the database is busy\nhint: wait\n'})
  })

  it('comes after what the command has said before', async () => {
    const {stderr} = await runProbe(`const app = await this.app()\napp.ui.err.write('a note\\n')\n${body}`)
    expect(stderr).toBe('a note\nerror[STORAGE_BUSY]: the database is busy\nhint: wait\n')
  })

  it('has the same exit code with --json, and is the one document', async () => {
    const result = await runProbe(body, ['--json'])
    expect(result).toMatchObject({exitCode: 9, stderr: ''})
    expect(JSON.parse(result.stdout)).toEqual({
      error: {code: 'STORAGE_BUSY', message: 'the database is busy', hint: 'wait', diagnostics: []},
      exitCode: 9,
    })
  })
})

describe('a bug', () => {
  it('says so, without a stack', async () => {
    const result = await runProbe("throw new TypeError('x is not a function')")
    expect(result).toMatchObject({exitCode: 70, stdout: ''})
    expect(result.stderr).toMatch(/^error\[INTERNAL\]: internal error: x is not a function\nhint: .*report.*\n$/)
  })

  it('is one document with --json', async () => {
    const result = await runProbe("throw new TypeError('x is not a function')", ['--json'])
    expect(result).toMatchObject({exitCode: 70, stderr: ''})
    expect(JSON.parse(result.stdout)).toMatchObject({error: {code: 'INTERNAL'}, exitCode: 70})
  })
})

describe('a result that is no success', () => {
  it.each([[[]], [['--json']]])('is printed and sets the exit code (%j)', async (args) => {
    const result = await runProbe("this.setExitCode(7)\nthis.log('late')\nreturn 'late'", args)
    expect(result).toEqual({exitCode: 7, stdout: args.length === 0 ? 'late\n' : '"late"\n', stderr: ''})
  })
})

describe('the App', () => {
  const instrument = `
    const close = App.prototype.close
    App.prototype.close = async function () {
      await close.call(this)
      console.error('closed')
    }
  `

  it('is closed once after a success', async () => {
    expect(await runProbe('await this.app()\nawait this.app()', [], instrument)).toEqual({exitCode: 0, stdout: '', stderr: 'closed\n'})
  })

  it('is closed after a failure, which is told', async () => {
    const result = await runProbe("await this.app()\nthrow new WorkflowError('RUN_NOT_FOUND', 'no such run')", [], instrument)
    expect(result).toEqual({exitCode: 1, stdout: '', stderr: 'error[RUN_NOT_FOUND]: no such run\nclosed\n'})
  })

  it('does not hide the failure of the command when it cannot be closed', async () => {
    const failing = "App.prototype.close = async () => { throw new Error('close failed') }"
    const result = await runProbe("await this.app()\nthrow new WorkflowError('RUN_NOT_FOUND', 'no such run')", [], failing)
    expect(result).toEqual({exitCode: 1, stdout: '', stderr: 'error[RUN_NOT_FOUND]: no such run\n'})
  })

  it('that cannot be closed is told when nothing else failed', async () => {
    const result = await runProbe('await this.app()', [], "App.prototype.close = async () => { throw new Error('close failed') }")
    expect(result).toMatchObject({exitCode: 70})
    expect(result.stderr).toContain('close failed')
  })
})
