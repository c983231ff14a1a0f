// A run whose command is killed while one of its tasks says so, and what goes on with it.

import type {RunSummary} from '../../src/lib/storage/run-rows.ts'
import {finishedRun, type FinishedRun, type Project} from './project.ts'
import type {CommandOptions, CommandResult} from './workflow-command.ts'

type Options = Pick<CommandOptions, 'env' | 'command'>

/** A command of the shell that makes the file and then waits, the first time; after that it goes on at once. */
export function haltOnce(file: string): string {
  return `if [ ! -e ${file} ]; then touch ${file}; sleep 600; fi`
}

/** Kills `workflow ARGS` when a task has made the file. Answers the id of the newest run that was not made by another one. */
export async function killAt(project: Project, file: string, args: readonly string[], options: Options = {}): Promise<string> {
  const running = project.start([...args, '--progress', 'plain'], options)
  await project.appears(file, running)
  running.kill('SIGKILL')
  await running.ended
  const runs = (await project.json(['runs', 'list'])) as RunSummary[]
  return runs.find(({parent}) => parent === undefined)?.id ?? ''
}

/** `workflow runs resume latest`, which must come to a result. */
export async function resumed(project: Project, args: readonly string[] = [], options: Options = {}): Promise<FinishedRun> {
  const ended = await resume(project, ['--json', ...args], options)
  if (!ended.stdout.includes('"tasks"')) throw new Error(`nothing was resumed:\n${ended.stdout}${ended.stderr}`)
  return finishedRun(ended)
}

export async function resume(project: Project, args: readonly string[] = [], options: Options = {}): Promise<CommandResult> {
  return await project.run(['runs', 'resume', 'latest', '--progress', 'plain', ...args], options)
}
