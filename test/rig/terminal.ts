// A real terminal, held by tmux: keys go in, the screen comes out. Every terminal has a tmux server of its own.

import {execFileSync} from 'node:child_process'
import {readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {onTestFinished} from 'vitest'
import type {Project} from './project.ts'
import {builtCommand} from './workflow-command.ts'

interface TerminalOptions {
  readonly columns?: number
  readonly rows?: number
  readonly env?: Readonly<Record<string, string>>
}

/** So that no terminal meets the server of an earlier one that is about to end. */
let opened = 0

/** Stands on the screen after the end of the command. */
const endMark = '(ended with '

/** Runs `workflow` with the arguments in a terminal. Call it inside a test. */
export class Terminal {
  readonly #socket: string
  readonly #project: Project

  constructor(project: Project, args: readonly string[], {columns = 100, rows = 40, env = {}}: TerminalOptions = {}) {
    this.#project = project
    // Not beside the project: the path of a socket may have 107 bytes at most.
    this.#socket = path.join(project.home, `tmux-${String(++opened)}`)
    const words = args.map((arg) => `'${arg}'`).join(' ')
    const exports = Object.entries({
      PATH: process.env['PATH'] ?? '',
      HOME: project.home,
      AUTOKESTRA_HOME: project.home,
      LANG: 'C.UTF-8',
      ...env,
    })
      .map(([name, value]) => `${name}='${value}'`)
      .join(' ')
    writeFileSync(
      path.join(project.home, 'terminal.sh'),
      // The shell outlives Ctrl-C, as the user's own does, and has a group of its own for each command.
      `set -m; trap : INT\nenv -i TERM="$TERM" ${exports} sh -c 'echo $$ > "$0/pid"; exec "$@"' ${project.home} ${process.execPath} ${builtCommand} ${words}\nstatus=$?\necho $status > ${project.home}/status\necho "${endMark}$status)"\ncat > /dev/null\n`,
    )
    this.#tmux(
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-x',
      String(columns),
      '-y',
      String(rows),
      '-c',
      project.dir,
      `sh ${project.home}/terminal.sh`,
    )
    onTestFinished(() => {
      this.close()
    })
  }

  /** The process of the command. Wait for something it shows first. */
  get pid(): number {
    return Number(readFileSync(path.join(this.#project.home, 'pid'), 'utf8'))
  }

  /** Keys by their tmux names: `C-c`, `Enter`, `q`. */
  press(...keys: readonly string[]): void {
    this.#tmux('send-keys', ...keys)
  }

  /** The screen as text, without the blank lines at its end. */
  screen(): string {
    return this.#tmux('capture-pane', '-p').trimEnd()
  }

  /** Everything that was shown, with the escape sequences for colours. */
  history(): string {
    return this.#tmux('capture-pane', '-p', '-e', '-S', '-').trimEnd()
  }

  /** Resolves with the screen once it shows the text. Fails when the command ends before. */
  async shows(text: string): Promise<string> {
    let screen = ''
    await this.#until(`the text ${text}`, () => (screen = this.screen()).includes(text))
    return screen
  }

  /** Resolves when a task of the command has made the file. Fails when the command ends before. */
  async appears(name: string): Promise<void> {
    await this.#until(`the file ${name}`, () => this.#project.has(name))
  }

  /** Resolves with the exit code of the command. */
  async exitCode(): Promise<number> {
    await this.shows(endMark)
    return Number(readFileSync(path.join(this.#project.home, 'status'), 'utf8'))
  }

  /** The window is closed: its processes get SIGHUP. */
  close(): void {
    try {
      this.#tmux('kill-server')
    } catch {
      // It is gone already.
    }
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    for (;;) {
      // Asked first: whatever is there at the end is seen below.
      const screen = this.screen()
      if (condition()) return
      if (screen.includes(endMark)) throw new Error(`the command ended without ${what}:\n${screen}`)
      await sleep(20)
    }
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync('tmux', ['-u', '-S', this.#socket, ...args], {
      encoding: 'utf8',
      env: {PATH: process.env['PATH'], LANG: 'C.UTF-8', SHELL: '/bin/sh'},
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }
}
