// A shell that starts programs for us. Forking this process copies its page tables, which takes longer than most short programs run; a shell is
// small, so forking it is cheap. It starts one program after the other, each with pipes of its own.

import {spawn, type ChildProcess} from 'node:child_process'
import {EventEmitter} from 'node:events'
import {constants} from 'node:os'
import type {Readable} from 'node:stream'
import {NamedPipes, type NamedPipe} from './named-pipes.ts'

/** Carries the owner's mark in the environment of the launcher, and so of a program that it has forked and that has not begun yet. */
export const launcherMarkVariable = 'AUTOKESTRA_LAUNCHER'
/** A shell that is killed together with a program must still report how it ended. Programs start with the default again. */
const prologue = `exec 2>&1; trap : TERM INT HUP; unset ${launcherMarkVariable}`
/** Starts a line of ours; other lines are the shell's notes about a signal that ended a program. */
const statusMark = '='

/** Longer command lines are left to the system's own check of their length. */
const maxScriptLength = 32 * 1024
const variableName = /^[A-Za-z_]\w*$/
/** Variables that some shells refuse to set. */
const shellOwn = new Set(['BASHOPTS', 'BASH_VERSINFO', 'EUID', 'PPID', 'SHELLOPTS', 'UID'])

export interface Launch {
  /** Absolute, or found in `env.PATH`. */
  readonly command: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** The text with which a shell becomes the program; undefined when it cannot do exactly what the system would. */
export function launchScript({command, env, cwd}: Launch): string | undefined {
  const entries = Object.entries(env)
  if (!entries.every(([name]) => variableName.test(name) && !shellOwn.has(name))) return undefined
  const exports = entries.map(([name, value]) => `${name}=${quote(value)}`).join(' ')
  // The directory was looked at before; should it vanish in between, the program must not run elsewhere.
  const script = `cd ${quote(cwd)} || exit 126; unset OLDPWD; export ${exports}; exec ${command.map(quote).join(' ')}`
  return script.length > maxScriptLength || script.includes('\0') ? undefined : script
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** A program that a launcher has started: as much of a ChildProcess as its observer needs. */
export class LaunchedProgram extends EventEmitter<{exit: [number | null, NodeJS.Signals | null]; close: []}> {
  /** Of the launcher, which leads the group. */
  readonly pid: number
  readonly stdin = null
  readonly stdout: Readable
  readonly stderr: Readable
  exitCode: number | null = null
  signalCode: NodeJS.Signals | null = null
  /** Why the launcher could not start it, in the words of the shell: then it has never run. */
  startFailure: string | undefined
  #openStreams = 2
  #hasExited = false

  constructor(pid: number, stdout: Readable, stderr: Readable) {
    super()
    this.pid = pid
    this.stdout = stdout
    this.stderr = stderr
    for (const stream of [stdout, stderr]) {
      stream.once('close', () => {
        this.#openStreams -= 1
        this.#closeWhenDone()
      })
    }
  }

  /** It has never run. */
  fail(reason: string): void {
    this.startFailure ??= reason
    this.exit(null, null)
  }

  exit(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#hasExited) return
    this.#hasExited = true
    this.exitCode = code
    this.signalCode = signal
    this.emit('exit', code, signal)
    this.#closeWhenDone()
  }

  #closeWhenDone(): void {
    if (this.#hasExited && this.#openStreams === 0) this.emit('close')
  }
}

/** What the watchdog finds a launcher and its directory by. */
interface LauncherMarks {
  readonly mark: string
  readonly directoryPrefix: string
}

export class Launcher {
  readonly #child: ChildProcess
  readonly #pipes: NamedPipes
  #isRetired = false
  #current: LaunchedProgram | undefined
  #text = ''
  #notes = ''

  /** Undefined when the system has no shell, no pipes or no room for one: then programs are started without a launcher. */
  static start({mark, directoryPrefix}: LauncherMarks): Launcher | undefined {
    let pipes: NamedPipes
    try {
      pipes = new NamedPipes(directoryPrefix)
    } catch {
      // No mkfifo, a full or read-only disk: programs are started the longer way.
      return undefined
    }
    const child = spawn('/bin/sh', ['-s'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {[launcherMarkVariable]: mark},
      cwd: '/',
      detached: true,
    })
    // Said by the missing pid.
    child.on('error', () => undefined)
    if (child.pid !== undefined) return new Launcher(child, pipes)
    pipes.remove()
    return undefined
  }

  private constructor(child: ChildProcess, pipes: NamedPipes) {
    this.#child = child
    this.#pipes = pipes
    child.stdin?.on('error', () => undefined)
    // Should this process be killed, the end of its input lets the shell end and tidy up.
    child.stdin?.write(`${prologue}; trap ${quote(`PATH=/usr/bin:/bin rm -rf ${quote(pipes.dir)}`)} EXIT\n`)
    child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      this.#read(text)
    })
    const exited = new Promise<NodeJS.Signals | null>((resolve) =>
      child.once('exit', (_code, signal) => {
        resolve(signal)
      }),
    )
    const said = new Promise((resolve) => child.stdout?.once('close', resolve))
    // The exit may be reported before the last status is read.
    void Promise.all([exited, said]).then(([signal]) => {
      // Killed together with its program, or by it: how the program ended is unknown, but it was by force.
      if (signal !== null) this.#current?.exit(null, signal)
      // Some shells end when they cannot fork.
      else this.#current?.fail(describeNotes(this.#notes + this.#text))
      this.retire()
      pipes.remove()
    })
  }

  /** Whether it can start another program now. */
  get isFree(): boolean {
    return this.canStart && this.#current === undefined
  }

  /** Whether it will be able to, once its program has ended. */
  get canStart(): boolean {
    return this.isAlive && !this.#isRetired
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Starts the program of a {@link launchScript}. Only when it is free. Throws when there is no room for its pipes. */
  launch(script: string): LaunchedProgram {
    if (this.#child.pid === undefined) throw new Error('a launcher without a process')
    const out = this.#pipes.take()
    let err: NamedPipe
    try {
      err = this.#pipes.take()
    } catch (error) {
      out.reader.destroy()
      throw error
    }
    const program = new LaunchedProgram(this.#child.pid, out.reader, err.reader)
    this.#current = program
    program.once('exit', () => {
      out.forget()
      err.forget()
    })
    // The status is asked for in a line of its own: some shells give up a line in which they could not fork.
    // Opened for both directions first: with no reader left, opening for writing alone would wait forever.
    const open = `9<>${quote(out.path)} >${quote(out.path)} 9>&- 9<>${quote(err.path)} 2>${quote(err.path)} 9>&-`
    this.#child.stdin?.write(`( exec </dev/null ${open}; ${script} )\necho "${statusMark}$?"\n`)
    return program
  }

  /** Starts nothing from now on; the shell ends with the program that it waits for. */
  retire(): void {
    this.#isRetired = true
    this.#child.stdin?.end()
  }

  /** Ends the shell, with what its programs have left in its group. Only when none of them is needed. */
  end(): void {
    this.#isRetired = true
    try {
      if (this.#child.pid !== undefined && this.isAlive) process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
    this.#pipes.remove()
  }

  #read(text: string): void {
    this.#text += text
    for (let end = this.#text.indexOf('\n'); end >= 0; end = this.#text.indexOf('\n')) {
      const line = this.#text.slice(0, end)
      this.#text = this.#text.slice(end + 1)
      if (line.startsWith(statusMark)) this.#finish(Number(line.slice(statusMark.length)))
      // bash tries again by itself, and says so.
      else if (!line.includes('fork: retry')) this.#notes += line
    }
  }

  /** A shell reports a signal as 128 plus its number, which a program may also return by itself: only for a signal the shell has written a note. */
  #finish(status: number): void {
    const [program, notes] = [this.#current, this.#notes]
    const signal = status > 128 && notes !== '' ? signalName(status - 128) : null
    this.#current = undefined
    this.#notes = ''
    // What a shell notes besides signals is what kept it from starting the program: the program itself writes elsewhere.
    if (notes !== '' && signal === null) program?.fail(describeNotes(notes))
    else program?.exit(signal === null ? status : null, signal)
  }
}

/** Without the name of the shell and the number of the line. */
function describeNotes(notes: string): string {
  return notes.trim().replace(/^\S*sh: (?:(?:line )?\d+: )?/, '') || 'the shell that starts programs has ended'
}

function signalName(number: number): NodeJS.Signals | null {
  const found = Object.entries(constants.signals).find(([, value]) => value === number)
  // The keys of os.constants.signals are the names of signals.
  return found === undefined ? null : (found[0] as NodeJS.Signals)
}
