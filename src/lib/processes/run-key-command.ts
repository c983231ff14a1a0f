// Asks a program of the user for the master key: a keyring, a password manager. It belongs to the user's session and may ask questions of its own.

import {spawn, type ChildProcess} from 'node:child_process'
import {setTimeout as sleep} from 'node:timers/promises'
import {isatty} from 'node:tty'
import {WorkflowError} from '../errors/workflow-error.ts'
import {readStat, readSystemId} from '../util/proc-stat.ts'
import {isProcessAlive} from '../util/process-identity.ts'
import {readChildren} from '../util/proc-fs.ts'

const maxBytes = 64 * 1024
const defaultTimeoutMs = 60_000
/** Between SIGTERM and SIGKILL: a program that asks for a password has turned off the terminal's echo. */
const graceMs = 2000
const pollMs = 10
/** How long a pipe is read that a background process of the command holds open. */
const drainMs = 250

/**
 * Runs `command` with `sh -c` and resolves with what it writes to stdout (64 KiB at most). Its stderr is ours, and so is its stdin when it is a
 * terminal; what is piped into this program is not for the command. Rejects with MASTER_KEY_INVALID when it fails or takes longer than a minute.
 */
export async function runKeyCommand(
  command: string,
  env: Readonly<Record<string, string | undefined>>,
  options: {readonly timeoutMs?: number} = {},
): Promise<Buffer> {
  // Without its own variable: a command that starts this program again would never end.
  const {AUTOKESTRA_SECRET_KEY_CMD: _command, ...childEnv} = env
  const child = spawn('sh', ['-c', command], {stdio: [isatty(0) ? 'inherit' : 'ignore', 'pipe', 'inherit'], env: childEnv})
  const chunks: Buffer[] = []
  let size = 0
  let problem: string | undefined
  let ending: Promise<void> | undefined
  const end = (reason: string): void => {
    problem ??= reason
    if (child.pid !== undefined) ending ??= endWithChildren(child.pid)
  }
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  const timer = setTimeout(() => {
    end(`took longer than ${String(timeoutMs / 1000)} s`)
  }, timeoutMs)
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > maxBytes) end('wrote more than 64 KiB, which is not a key')
    else chunks.push(chunk)
  })
  try {
    const {code, signal} = await exitOf(child)
    problem ??= signal === null ? (code === 0 ? undefined : `failed with exit code ${String(code)}`) : `was killed by ${signal}`
  } catch (cause) {
    throw failure('could not be started', cause)
  } finally {
    clearTimeout(timer)
    child.stdout.destroy()
    await ending
  }
  if (problem !== undefined) throw failure(problem)
  return Buffer.concat(chunks)
}

/** Neither the output, which may be a part of the key, nor the command, which may hold a token. */
function failure(problem: string, cause?: unknown): WorkflowError {
  return new WorkflowError('MASTER_KEY_INVALID', `the command of AUTOKESTRA_SECRET_KEY_CMD ${problem}`, {
    hint: 'run it yourself: it must print the key, and nothing else, to stdout: sh -c "$AUTOKESTRA_SECRET_KEY_CMD"',
    cause,
  })
}

/** Resolves when the program has ended and all of its output is read. Rejects when it did not start. */
function exitOf(child: ChildProcess): Promise<{code: number | null; signal: NodeJS.Signals | null}> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      const drain = setTimeout(() => {
        resolve({code, signal})
      }, drainMs)
      child.once('close', () => {
        clearTimeout(drain)
        resolve({code, signal})
      })
    })
  })
}

/** A group of its own would end everything at once, but take the terminal from the command. So its children are looked up (on Linux). */
async function endWithChildren(root: number): Promise<void> {
  const system = readSystemId()
  let pids = [root]
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    // Looked up again: what ignores SIGTERM may have started more.
    pids = pids.flatMap(withDescendants)
    const members = pids.map((pid) => ({pid, startTime: readStat(pid)?.startTime ?? '0', system}))
    for (const {pid} of members) signalProcess(pid, signal)
    const deadline = performance.now() + graceMs
    let alive = members.filter(isProcessAlive)
    while (alive.length > 0 && performance.now() < deadline) {
      await sleep(pollMs)
      alive = alive.filter(isProcessAlive)
    }
    pids = alive.map(({pid}) => pid)
  }
}

function withDescendants(pid: number): number[] {
  return [pid, ...readChildren(pid).flatMap(withDescendants)]
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended by itself, or runs as another user (sudo).
  }
}
