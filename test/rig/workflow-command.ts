// Runs the built `workflow` as its users do: a process of its own, with a home of its own.

import {spawn} from 'node:child_process'
import {existsSync} from 'node:fs'
import path from 'node:path'
import {expectLawfulJournal} from './journal-laws.ts'

export const packageRoot = path.resolve(import.meta.dirname, '..', '..')
export const builtCommand = path.join(packageRoot, 'bin', 'run.js')

export interface CommandOptions {
  /** The AUTOKESTRA_HOME of the command. */
  readonly home: string
  readonly cwd?: string
  /** Added to an environment that holds PATH, HOME (= `home`) and AUTOKESTRA_HOME only. `undefined` removes. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Standard input; empty and at its end by default. */
  readonly input?: string | Buffer
  /** The program to start instead of the built one, and its first arguments. */
  readonly command?: readonly [string, ...string[]]
}

export interface CommandResult {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningCommand {
  readonly pid: number
  /** Resolves when the command has ended, however it ended. */
  readonly ended: Promise<CommandResult>
  /** Resolves when what was printed so far holds the text. Rejects when the command ends before. */
  printed(text: string, stream?: 'stdout' | 'stderr'): Promise<void>
  kill(signal: NodeJS.Signals): void
}

/** Resolves when the command has ended, however it ended. */
export function runWorkflow(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return startWorkflow(args, options).ended
}

export function startWorkflow(args: readonly string[], options: CommandOptions): RunningCommand {
  const [program, ...first] = options.command ?? [process.execPath, builtCommand]
  if (options.command === undefined && !existsSync(path.join(packageRoot, 'dist', 'cli.cjs')))
    throw new Error('not built yet: npm run build')
  const env = {PATH: process.env['PATH'], HOME: options.home, AUTOKESTRA_HOME: options.home, ...options.env}
  const child = spawn(program, [...first, ...args], {cwd: options.cwd ?? options.home, env, stdio: 'pipe'})
  // A command that does not read its input may be gone before all of it is written.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  const chunks: Record<'stdout' | 'stderr', Buffer[]> = {stdout: [], stderr: []}
  const text = (stream: 'stdout' | 'stderr'): string => Buffer.concat(chunks[stream]).toString()
  child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk))
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode, signal) => {
      try {
        expectLawfulJournal(options.home)
        resolve({exitCode, signal, stdout: text('stdout'), stderr: text('stderr')})
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
  })
  return {
    pid: child.pid ?? 0,
    ended,
    printed: (wanted, stream = 'stderr') =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (text(stream).includes(wanted)) resolve()
        }
        child[stream].on('data', look)
        ended.then(
          (result) => {
            look()
            reject(new Error(`the command ended without printing ${JSON.stringify(wanted)}:\n${result.stdout}${result.stderr}`))
          },
          (error: unknown) => {
            reject(error instanceof Error ? error : new Error(String(error)))
          },
        )
        look()
      }),
    kill: (signal) => {
      child.kill(signal)
    },
  }
}

/** The one JSON document on stdout. Fails when there is more, or less. */
export function jsonOf(result: Pick<CommandResult, 'stdout'>): unknown {
  return JSON.parse(result.stdout)
}
