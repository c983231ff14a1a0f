// The one bridge between oclif and the rest: opens the App when a command first asks for it, closes it always, and makes --json and
// exit codes are right. Knows no domain.

import {Command, Flags, type Interfaces} from '@oclif/core'
import type {App} from '../lib/app/app.ts'
import {readEnvironment} from '../lib/config/environment.ts'
import {currentDirectory} from '../lib/files/current-directory.ts'
import {createUi, type Ui} from '../lib/ui/terminal/ui.ts'
import {ReportedError, reportError} from './report-error.ts'
import {usageError} from './usage-error.ts'

/** Flags or arguments by name, as oclif types them. */
type Values = Record<string, unknown>

/** What every command of this program extends. A subclass parses, calls one function of the App, and returns the value that --json prints. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true
  // main.ts looks for it before any command is loaded; here it is known, described and accepted.
  static override baseFlags = {
    debug: Flags.boolean({description: 'show the stacks of errors, as DEBUG=1 in the environment does', helpGroup: 'GLOBAL'}),
  }

  /** The arguments may be secret: no error quotes them. */
  static hidesArguments = false

  #app: Promise<App> | undefined
  #ui: Ui | undefined
  readonly #environment = readEnvironment()

  /** Both output streams. Use `print` and `note` for what --json leaves out. */
  protected get ui(): Ui {
    const {stdout, stderr} = process
    this.#ui ??= createUi({stdout, stderr, environment: this.#environment, program: this.config.bin})
    return this.#ui
  }

  /** Writes to stdout what `run` returns, as text or as bytes for people. With --json nothing is rendered: the returned value is the output. */
  protected print(render: (ui: Ui) => string | Uint8Array): void {
    if (this.jsonEnabled()) return
    const output = render(this.ui)
    if (typeof output === 'string') this.ui.out.write(output)
    else process.stdout.write(output)
  }

  /** Writes to stderr what was done, unless --json says it. A warning goes to `ui.err` instead, as it is shown with --json too. */
  protected note(text: string): void {
    if (!this.jsonEnabled()) this.ui.err.write(text)
  }

  /** Writes to stderr which command usually comes next, for a coding agent. @param command without the name of the program */
  protected noteNext(command: string): void {
    if (this.#environment.agent !== undefined) this.note(`next: ${this.config.bin} ${command}\n`)
  }

  /** Opens what the command works with, once; loads nothing heavy before. */
  protected app(): Promise<App> {
    this.#app ??= this.#open()
    return this.#app
  }

  /** Sets the exit code of a command that has a result and still did not succeed, such as a run with a failed task. */
  protected setExitCode(exitCode: number): void {
    process.exitCode = exitCode
  }

  /** The reader of standard output went away, as `| head` does. A command whose work matters more than its output goes on instead. */
  protected async onStdoutClosed(): Promise<void> {
    await this.#close().catch(() => undefined)
    process.exit()
  }

  protected override async init(): Promise<void> {
    await super.init()
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') void this.onStdoutClosed()
    })
  }

  protected override async _run<T>(): Promise<T> {
    const result = await super._run<T>()
    // oclif prints only what is truthy; 0, false, '' and nothing at all are results too.
    if (!result && this.jsonEnabled()) this.logJson(result ?? null)
    return result
  }

  protected override async parse<F extends Values, B extends Values, A extends Values>(
    options?: Interfaces.Input<F, B, A>,
    argv?: string[],
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    // oclif fills a missing argument from piped input within 10 ms, and loses slow pipes. A command reads `-` itself.
    for (const arg of Object.values(this.ctor.args)) arg.ignoreStdin = true
    try {
      return await super.parse(options, argv)
    } catch (error) {
      throw usageError(error, this.ctor)
    }
  }

  protected override async catch(error: Error): Promise<never> {
    const app = await this.#app?.catch(() => undefined)
    // What was said before comes first.
    await this.#ui?.flush()
    throw new ReportedError(
      reportError(error, {isJson: this.jsonEnabled(), environment: this.#environment, mask: app && ((text) => app.mask(text))}),
    )
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    const closed = this.#close()
    // When the command failed already, that failure is the one to report.
    await (error === undefined ? closed : closed.catch(() => undefined))
  }

  protected override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`)
  }

  async #open(): Promise<App> {
    const {App} = await import('../lib/app/app.ts')
    const app = new App({
      root: this.config.root,
      version: this.config.version,
      cwd: currentDirectory(),
      command: (this.id ?? '').replaceAll(':', ' '),
      environment: this.#environment,
      // Merely looking at process.stdin opens it.
      get stdin() {
        return process.stdin
      },
      stderr: process.stderr,
      ui: this.ui,
    })
    // Before the listener that knows no secrets.
    process.prependListener('uncaughtException', (error) => {
      process.exit(reportError(error, {isJson: this.jsonEnabled(), environment: this.#environment, mask: (text) => app.mask(text)}))
    })
    return app
  }

  async #close(): Promise<void> {
    try {
      const app = await this.#app
      await app?.close()
    } finally {
      await this.#ui?.flush()
    }
  }
}
