import {execFile} from 'node:child_process'
import {mkdirSync} from 'node:fs'
import path from 'node:path'
import {promisify} from 'node:util'
import {describe, expect, it} from 'vitest'
import type {HelpDocument} from '../../src/cli/help/document.ts'
import {helpTopics} from '../../src/cli/help/topics.ts'
import packageJson from '../../package.json' with {type: 'json'}
import {temporaryDir} from '../rig/temporary-dir.ts'
import {builtCommand, jsonOf, runWorkflow} from '../rig/workflow-command.ts'

const versionLine = `autokestra/${packageJson.version} ${process.platform}-${process.arch} node-${process.version}\n`

describe('help', () => {
  it.each([[[]], [['help']], [['--help']], [['-h']]])('lists commands and topics for %j', async (args) => {
    const result = await runWorkflow(args, {home: temporaryDir()})
    expect(result).toMatchObject({exitCode: 0, stderr: ''})
    expect(result.stdout).toMatch(/^TOPICS\n[\s\S]*^COMMANDS\n[\s\S]*^ {2}run /m)
  })

  it('says which of plugin and plugins is which', async () => {
    const {stdout} = await runWorkflow(['--help'], {home: temporaryDir()})
    expect(stdout).toMatch(/^ {2}plugin +Workflow plugins: what a task's `type` names\.$/m)
    expect(stdout).toMatch(/^ {2}plugins +CLI extensions: npm packages that add commands to workflow itself\.$/m)
    expect(stdout).toMatch(/^ {2}plugins +List the installed CLI extensions\.$/m)
  })

  it.each([[['help', 'run']], [['run', '--help']], [['run', 'some.yaml', '--help']]])('of one command is the same for %j', async (args) => {
    const result = await runWorkflow(args, {home: temporaryDir()})
    expect(result).toMatchObject({exitCode: 0, stderr: ''})
    expect(result.stdout).toMatch(/^USAGE\n {2}\$ workflow run FILE/m)
  })

  it.each(['plugins', 'plugin', 'runs'])('of the topic %s lists its commands', async (topic) => {
    const result = await runWorkflow([topic, '--help'], {home: temporaryDir()})
    expect(result).toMatchObject({exitCode: 0, stderr: ''})
    expect(result.stdout).toMatch(new RegExp(`^COMMANDS\\n {2}${topic} `, 'm'))
  })

  it('works without a home directory and in a directory that was removed', async () => {
    const gone = path.join(temporaryDir(), 'gone')
    mkdirSync(gone)
    const script = `rmdir ${gone} && exec ${process.execPath} ${builtCommand} --help`
    const result = await runWorkflow([], {
      home: temporaryDir(),
      cwd: gone,
      env: {HOME: undefined, AUTOKESTRA_HOME: undefined},
      command: ['sh', '-c', script],
    })
    expect(result.exitCode).toBe(0)
    expect(result.stdout).toContain('COMMANDS')
  })

  it('shows examples before flags', async () => {
    const {stdout} = await runWorkflow(['run', '--help'], {home: temporaryDir()})
    expect(stdout.indexOf('\nEXAMPLES\n')).toBeGreaterThan(stdout.indexOf('USAGE\n'))
    expect(stdout.indexOf('\nEXAMPLES\n')).toBeLessThan(stdout.indexOf('\nFLAGS\n'))
    expect(stdout).toMatch(/-j, --concurrency[^]*-n, --dry-run[^]*-q, --quiet[^]*-v, --verbose/)
  })

  it.each(Object.keys(helpTopics))('of the topic %s is named by the help, and has a text', async (topic) => {
    const home = temporaryDir()
    expect((await runWorkflow(['--help'], {home})).stdout).toMatch(new RegExp(`^HELP TOPICS\\n(?: .*\\n)* {2}${topic} `, 'm'))
    const result = await runWorkflow(['help', topic], {home})
    expect(result).toMatchObject({exitCode: 0, stderr: ''})
    expect(result.stdout.split('\n').length).toBeGreaterThan(8)
    expect(jsonOf(await runWorkflow(['help', topic, '--json'], {home}))).toMatchObject({
      commands: [],
      helpTopics: [{name: topic, text: expect.any(String) as string}],
    })
  })

  it('is one document with --json: of everything, of a topic, of a command', async () => {
    const home = temporaryDir()
    const all = jsonOf(await runWorkflow(['help', '--json'], {home})) as HelpDocument
    expect(jsonOf(await runWorkflow(['--help', '--json'], {home}))).toEqual(all)
    expect(all.commands.map(({id}) => id)).toEqual(expect.arrayContaining(['plugins install', 'run', 'runs logs', 'secrets set']))
    expect(all.topics.map(({name}) => name)).toEqual(expect.arrayContaining(['plugin', 'plugins', 'runs', 'secrets']))
    expect(all.helpTopics.map(({name}) => name)).toEqual(Object.keys(helpTopics))
    const run = jsonOf(await runWorkflow(['help', 'run', '--json'], {home})) as HelpDocument
    expect(run.commands).toEqual(all.commands.filter(({id}) => id === 'run'))
    expect(run.commands[0]).toMatchObject({
      args: [
        {name: 'file', required: true, multiple: false},
        {name: 'task', required: false, multiple: true},
      ],
      flags: expect.arrayContaining([
        {
          name: 'progress',
          takesValue: true,
          multiple: false,
          options: ['auto', 'tty', 'plain', 'quiet'],
          description: 'how progress is shown on stderr',
        },
        {
          name: 'dry-run',
          char: 'n',
          takesValue: false,
          multiple: false,
          description: 'check everything and show the plan, but start nothing',
        },
      ]) as unknown,
    })
    expect((jsonOf(await runWorkflow(['runs', '--help', '--json'], {home})) as HelpDocument).commands.map(({id}) => id)).toEqual([
      'runs approve',
      'runs cancel',
      'runs export',
      'runs import',
      'runs list',
      'runs logs',
      'runs prune',
      'runs reject',
      'runs resume',
      'runs retry',
      'runs show',
      'runs watch',
    ])
    expect(await runWorkflow(['help', 'rnu', '--json'], {home})).toMatchObject({exitCode: 2, stderr: ''})
  })

  it('of something unknown is the error of an unknown command', async () => {
    const result = await runWorkflow(['help', 'rnu'], {home: temporaryDir()})
    expect(result).toMatchObject({exitCode: 2, stdout: ''})
    expect(result.stderr).toBe('error[COMMAND_NOT_FOUND]: there is no command `workflow rnu`\nhint: did you mean `workflow run`?\n')
  })
})

describe('version', () => {
  it.each(['--version', '-V', 'version'])('is told by %s', async (word) => {
    expect(await runWorkflow([word], {home: temporaryDir()})).toMatchObject({exitCode: 0, stdout: versionLine, stderr: ''})
  })

  it('is one JSON document with --json', async () => {
    const result = await runWorkflow(['version', '--json'], {home: temporaryDir()})
    expect(jsonOf(result)).toEqual({
      name: 'autokestra',
      version: packageJson.version,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      extensions: {},
    })
  })
})

describe('a command that does not exist', () => {
  it.each([
    [['canary-Value-1'], '', '--help` lists the commands'],
    [['canary-value-that-is-longer-than-any-name'], '', '--help` lists the commands'],
    [['hello', 'canary-value'], ' `workflow hello`', ''],
    [['rnu', 'canary-value'], ' `workflow rnu`', 'did you mean `workflow run`?'],
    [['runs', 'lsit', 'canaryValue9'], ' `workflow runs lsit`', 'did you mean `workflow runs list`?'],
  ])('%j is no command, and what may be a value is not printed back', async (args, command, hint) => {
    const result = await runWorkflow(args, {home: temporaryDir()})
    expect(result).toMatchObject({exitCode: 2, stdout: ''})
    expect(result.stderr).toContain(
      command === '' ? 'there is no such command; it is not shown here, as it may be a value\n' : `there is no command${command}\n`,
    )
    expect(result.stderr).toContain(hint)
    expect(result.stderr).not.toMatch(/canary/i)
  })

  it.each([
    [['rnu', 'a.yaml'], 'did you mean `workflow run a.yaml`?'],
    [['runs', 'lsit'], 'did you mean `workflow runs list`?'],
    [['runs', 'frobnicate'], '`workflow runs --help` lists its commands'],
    [['frobnicate'], '`workflow --help` lists the commands'],
    [['hello.yaml'], 'did you mean `workflow run hello.yaml`?'],
  ])('%j gets the hint %s, and nothing is executed', async (args, hint) => {
    const result = await runWorkflow(args, {home: temporaryDir()})
    expect(result).toMatchObject({exitCode: 2, stdout: ''})
    expect(result.stderr).toBe(`error[COMMAND_NOT_FOUND]: there is no command \`workflow ${args.join(' ')}\`\nhint: ${hint}\n`)
  })

  it('`plugin install` is answered with the command that installs CLI extensions', async () => {
    const result = await runWorkflow(['plugin', 'install', 'left-pad'], {home: temporaryDir()})
    expect(result.exitCode).toBe(2)
    expect(result.stderr).toContain('`workflow plugins install left-pad`')
  })

  it('is one JSON document with --json', async () => {
    const result = await runWorkflow(['rnu', '--json'], {home: temporaryDir()})
    expect(result).toMatchObject({exitCode: 2, stderr: ''})
    expect(jsonOf(result)).toEqual({
      error: {
        code: 'COMMAND_NOT_FOUND',
        message: 'there is no command `workflow rnu`',
        hint: 'did you mean `workflow run`?',
        diagnostics: [],
      },
      exitCode: 2,
    })
  })
})

describe('a wrong command line', () => {
  const help = '`workflow run --help` lists its arguments and flags'

  it.each([
    [['run'], 'missing argument FILE', help],
    [['run', 'a.yaml', '--jsno'], 'unknown flag --jsno', `did you mean \`--json\`? ${help}`],
    [['run', 'a.yaml', '--dryrun', '-x'], 'unknown flags --dryrun, -x', `did you mean \`--dry-run\`? ${help}`],
    [['run', 'a.yaml', '--frobnicate=1'], 'unknown flag --frobnicate', help],
    [['run', 'a.yaml', '--concurrency', 'many'], '--concurrency: Expected an integer but received: many', help],
    [['run', 'a.yaml', '--events'], 'Flag --events expects a value', help],
    [
      ['run', 'a.yaml', 'b.yaml'],
      'run takes one workflow file, and then ids of its tasks: b.yaml is not one',
      'run the files one after the other',
    ],
    [['runs', '--x'], 'unknown flag --x of `runs`', '`workflow runs --help` lists its commands'],
    [['runs', '--x', '--json=no'], 'unknown flag --x of `runs`', '`workflow runs --help` lists its commands'],
    [['runs', '--limit', 'list'], 'unknown flag --limit of `runs`', 'put flags after the command: `workflow runs list --limit`'],
    [['plugin', '-x'], 'unknown flag -x of `plugin`', '`workflow plugin --help` lists its commands'],
    [
      ['secrets', '--s3cret=value'],
      '`secrets` has no flags of its own; put a command before them',
      '`workflow secrets --help` lists its commands',
    ],
    [['version', 'now'], 'unexpected argument `now`', '`workflow version --help` lists its arguments and flags'],
  ])('%j says what is wrong and what to type', async (args, message, hint) => {
    const result = await runWorkflow(args, {home: temporaryDir()})
    expect(result).toMatchObject({exitCode: 2, stdout: ''})
    expect(result.stderr).toBe(`error[USAGE]: ${message}\nhint: ${hint}\n`)
  })

  it('is one JSON document with --json, and nothing of oclif in it', async () => {
    const result = await runWorkflow(['run', '--json'], {home: temporaryDir()})
    expect(result).toMatchObject({exitCode: 2, stderr: ''})
    expect(jsonOf(result)).toEqual({error: {code: 'USAGE', message: 'missing argument FILE', hint: help, diagnostics: []}, exitCode: 2})
  })

  it('does not take a missing argument from standard input', async () => {
    const result = await runWorkflow(['run'], {home: temporaryDir(), input: 'a.yaml\n'})
    expect(result).toMatchObject({exitCode: 2, stderr: `error[USAGE]: missing argument FILE\nhint: ${help}\n`})
  })

  it('shows where the error comes from only with DEBUG', async () => {
    const home = temporaryDir()
    expect((await runWorkflow(['run'], {home})).stderr).not.toMatch(/^ +at /m)
    expect((await runWorkflow(['run'], {home, env: {DEBUG: '1'}})).stderr).toMatch(/^ +at /m)
  })
})

describe('standard output', () => {
  it('that nobody reads ends the command quietly', async () => {
    const home = temporaryDir()
    const script = `${process.execPath} ${builtCommand} version --json | true; echo "ended \${PIPESTATUS[0]}"`
    const {stdout, stderr} = await promisify(execFile)('bash', ['-c', script], {cwd: home, env: {PATH: process.env['PATH'], HOME: home}})
    expect({stdout, stderr}).toEqual({stdout: 'ended 0\n', stderr: ''})
  })

  it.runIf(process.platform === 'linux')('on a full disk is an error with its own code', async () => {
    const script = `exec ${process.execPath} ${builtCommand} version > /dev/full`
    const result = await runWorkflow([], {home: temporaryDir(), command: ['sh', '-c', script]})
    expect(result.exitCode).toBe(9)
    expect(result.stderr).toMatch(/^error\[OUTPUT_NOT_WRITABLE\]: cannot write to standard output: .*ENOSPC/)
  })
})
