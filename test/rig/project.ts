// A directory with workflow files and plugins, a home of its own, and the built command in it.

import {existsSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {expect, onTestFinished} from 'vitest'
import type {RunEvent, TaskError} from '../../src/lib/engine/events.ts'
import type {RunResult, TaskResult} from '../../src/lib/engine/run-result.ts'
import {writeFiles} from './plugin-dir.ts'
import {tagHolders, until} from './processes.ts'
import {temporaryDir} from './temporary-dir.ts'
import {runWorkflow, startWorkflow, type CommandOptions, type CommandResult, type RunningCommand} from './workflow-command.ts'

type ProjectOptions = Omit<CommandOptions, 'home'> & {readonly home?: string}

export interface FinishedRun extends CommandResult {
  readonly result: RunResult
  /** The end of a task. Fails for a task that the run does not have. */
  task(id: string): TaskResult
  /** The error of a task that must have one. */
  error(id: string): TaskError
}

/** Call it inside a test. */
export class Project {
  readonly dir = temporaryDir()
  readonly home = temporaryDir()

  constructor(files: Readonly<Record<string, string>> = {}) {
    this.write(files)
  }

  /** Relative path -> text. */
  write(files: Readonly<Record<string, string>>): void {
    writeFiles(this.dir, files)
  }

  path(name: string): string {
    return path.join(this.dir, name)
  }

  has(name: string): boolean {
    return existsSync(this.path(name))
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  /** Resolves when a task of the command has made the file. Fails when the command ends without. */
  async appears(name: string, command: RunningCommand): Promise<void> {
    let end: CommandResult | undefined
    void command.ended.then((result) => {
      end = result
    })
    await until(() => this.has(name) || end !== undefined)
    if (!this.has(name)) throw new Error(`the command ended without the file ${name}:\n${end?.stdout ?? ''}${end?.stderr ?? ''}`)
  }

  /** Starts the command in the project. It is killed at the end of the test if it still runs. */
  start(args: readonly string[], options: ProjectOptions = {}): RunningCommand {
    const running = startWorkflow(args, {home: this.home, cwd: this.dir, ...options})
    onTestFinished(() => {
      running.kill('SIGKILL')
    })
    return running
  }

  /** Runs the command to its end, after which nothing it started may be left. */
  async run(args: readonly string[], options: ProjectOptions = {}): Promise<CommandResult> {
    return await endOf(this.start(args, options))
  }

  /** `workflow run FILE --json`, with the result read. */
  async runJson(file: string, args: readonly string[] = [], options: ProjectOptions = {}): Promise<FinishedRun> {
    return finishedRun(await this.run(['run', file, '--json', '--progress', 'quiet', ...args], options))
  }

  /** A command that only looks, with the document it prints. */
  async json(args: readonly string[]): Promise<unknown> {
    const {exitCode, stdout, stderr} = await runWorkflow([...args, '--json'], {home: this.home, cwd: this.dir})
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
    return JSON.parse(stdout)
  }

  /** All events of a run as the journal has them. */
  async events(run = 'latest'): Promise<RunEvent[]> {
    const {exitCode, stdout, stderr} = await runWorkflow(['runs', 'show', run, '--events'], {home: this.home, cwd: this.dir})
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
    return parseEvents(stdout)
  }
}

/** Waits for the end of a command, after which nothing it started may be left. */
export async function endOf(running: RunningCommand): Promise<CommandResult> {
  const result = await running.ended
  expect(tagHolders(running.pid), 'processes left behind').toEqual([])
  return result
}

export function finishedRun(ended: CommandResult): FinishedRun {
  const result = JSON.parse(ended.stdout) as RunResult
  const task = (id: string): TaskResult => {
    const found = result.tasks.find((entry) => entry.id === id)
    if (found === undefined) throw new Error(`no task ${id} in ${ended.stdout}`)
    return found
  }
  return {
    ...ended,
    result,
    task,
    error(id) {
      const {error} = task(id)
      if (error === undefined) throw new Error(`task ${id} has no error: ${ended.stdout}`)
      return error
    },
  }
}

/** Reads `--events` text: the version line, then events whose `seq` counts from 1 without gaps, with log lines between them. */
export function parseEvents(text: string): RunEvent[] {
  expect(text.endsWith('\n')).toBe(true)
  const [version, ...lines] = text.trimEnd().split('\n')
  expect(JSON.parse(version ?? '')).toMatchObject({type: 'version'})
  const events = lines.map((line) => JSON.parse(line) as RunEvent)
  const seqs = events.flatMap((event) => (event.type === 'task.log' ? [] : [event.seq]))
  expect(seqs).toEqual(seqs.map((_seq, index) => index + 1))
  return events
}

/** `type` or `type task`, in order: what a run did, without times and texts. */
export function steps(events: readonly RunEvent[]): string[] {
  return events.filter(({type}) => type !== 'task.log').map((event) => ('task' in event ? `${event.type} ${event.task ?? ''}` : event.type))
}

/** A plugin of protocol plain in the directory `plugins`: one shell script for all its actions. */
export function shellPlugin(name: string, script: string, actions = 'actions: [{name: act}]'): Record<string, string> {
  return {
    [`plugins/${name}/plugin.yaml`]: `namespace: test\nname: ${name}\nversion: 1.0.0\ncommand: [sh, main.sh]\n${actions}\n`,
    [`plugins/${name}/main.sh`]: script,
  }
}

/** A plugin of protocol sdk in the directory `plugins`. */
export function sdkPlugin(name: string, source: string, more: {main?: string; manifest?: string} = {}): Record<string, string> {
  const {main = 'index.mjs', manifest = 'actions: [{name: act}]'} = more
  return {
    [`plugins/${name}/plugin.yaml`]: `namespace: test\nname: ${name}\nversion: 1.0.0\nmain: ${main}\n${manifest}\n`,
    [`plugins/${name}/${main}`]: source,
  }
}

/** The module of an SDK plugin with the action `act`; `body` sees `input` and `context`. */
export function actionSource(body: string, head = ''): string {
  return `import {defineAction} from '@autokestra/plugin-sdk'\n${head}\nexport const act = defineAction({async execute(input, context) { ${body} }})\n`
}

/** A workflow with one task `t` of the plugin `test/<name>`. */
export function oneTask(type: string, more = ''): string {
  return `id: one\ntasks:\n  - id: t\n    type: ${type}\n${more}`
}
