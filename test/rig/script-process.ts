// Small programs that a test starts as processes of their own: to be many at once, another user, or killed.

import {spawn, type ChildProcessWithoutNullStreams} from 'node:child_process'
import {chmodSync, mkdirSync, mkdtempSync, rmSync} from 'node:fs'
import path from 'node:path'
import {build} from 'esbuild'
import {onTestFinished} from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')

interface ScriptProcess {
  readonly pid: number
  readonly stdin: ChildProcessWithoutNullStreams['stdin']
  readonly exit: Promise<{code: number | null; signal: NodeJS.Signals | null; stderr: string}>
  readonly kill: (signal: NodeJS.Signals) => void
  /** Resolves with the next line of stdout that begins with `prefix`. Rejects when the process ends before. */
  readonly line: (prefix: string) => Promise<string>
}

interface ScriptOptions {
  /** Program and first arguments instead of this Node.js. */
  readonly node?: readonly [string, ...string[]]
  readonly nodeArgs?: readonly string[]
  /** Closes the script's stdout after so many lines, as `head` does. */
  readonly readLines?: number
}

/** Bundles TypeScript text whose imports are relative to the project (`src/…`, `test/…`) into one file; resolves with its path. */
export async function bundleScript(text: string): Promise<string> {
  // Inside the project, so that packages are found; readable for another user.
  const parent = path.join(root, 'node_modules', '.cache')
  mkdirSync(parent, {recursive: true})
  const directory = mkdtempSync(path.join(parent, 'script-'))
  onTestFinished(() => {
    rmSync(directory, {recursive: true, force: true})
  })
  const outfile = path.join(directory, 'script.mjs')
  await build({
    stdin: {contents: text.replaceAll(/from '(src|test)\//g, `from '${root}/$1/`), resolveDir: root, loader: 'ts'},
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    loader: {'.sql': 'text'},
    logLevel: 'silent',
  })
  chmodSync(directory, 0o755)
  return outfile
}

/** Starts the script under this Node.js. It is killed at the end of the test if it still runs. */
export function runScript(script: string, args: readonly string[], options: ScriptOptions = {}): ScriptProcess {
  const {node: [program, ...programArgs] = [process.execPath], nodeArgs = [], readLines = Infinity} = options
  const child = spawn(program, [...programArgs, ...nodeArgs, script, ...args], {stdio: 'pipe'})
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let buffered = ''
  let stderr = ''
  const lines: string[] = []
  let seen = 0
  let wake: () => void = () => undefined
  let isOver = false
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    buffered += chunk
    const parts = buffered.split('\n')
    buffered = parts.pop() ?? ''
    lines.push(...parts)
    seen += parts.length
    if (seen >= readLines) child.stdout.destroy()
    wake()
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  // A child that is gone cannot be written to: the test sees its end instead.
  child.stdin.on('error', () => undefined)
  const exit = new Promise<{code: number | null; signal: NodeJS.Signals | null; stderr: string}>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      isOver = true
      wake()
      resolve({code, signal, stderr})
    })
  })
  const line = async (prefix: string): Promise<string> => {
    for (;;) {
      for (let next = lines.shift(); next !== undefined; next = lines.shift()) if (next.startsWith(prefix)) return next
      if (isOver) throw new Error(`the script ended without the line "${prefix}"\n${stderr}`)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return {
    pid: child.pid ?? 0,
    stdin: child.stdin,
    exit,
    line,
    kill: (signal) => {
      child.kill(signal)
    },
  }
}
