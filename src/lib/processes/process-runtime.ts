// Runs programs as child processes: own group, only the given environment, nothing left behind. The only user of child_process.

import {spawn, type ChildProcess} from 'node:child_process'
import {statSync} from 'node:fs'
import {randomBytes} from 'node:crypto'
import type {Readable} from 'node:stream'
import {ChildRun} from './child-run.ts'
import {hasProcFs} from '../util/proc-stat.ts'
import {identifyProcess} from '../util/process-identity.ts'
import {ownerPrefix} from '../runtimes/process-tag.ts'
import {explainStartFailure, noRoom} from './explain-start-failure.ts'
import {Launcher, launchScript, type LaunchedProgram} from './launcher.ts'
import {MemoryKills} from './memory-kills.ts'
import {ProgramFinder} from './find-program.ts'
import {readOutOfMemoryKills} from '../util/proc-fs.ts'
import {processTagVariable, type RunningProcess, type Runtime, type StartSpec} from '../runtimes/runtime.ts'
import {leaveMarker, removeMarker} from './run-marker.ts'
import {TreeSampler} from '../util/proc/tree-sampler.ts'
import {StartError} from '../runtimes/start-error.ts'
import {Sweeper} from './sweeper.ts'
import {Watchdog} from './watchdog.ts'

export interface ProcessRuntimeOptions {
  /** How long pipes that grandchildren hold open are read after the exit. Default 250. */
  readonly drainMs?: number
  /** The tag in the environment of this process, when it is itself a task of another run: its owner then finds our children too. */
  readonly outerTag?: string
  /** Files that count processes ended for lack of memory. Default: those of the control group of this program. */
  readonly memoryEventFiles?: readonly string[]
}

type StartedProcess = ChildProcess & {readonly pid: number; readonly stdout: Readable; readonly stderr: Readable}

const defaultDrainMs = 250
/** From so many on, launchers save more than starting them costs. */
const manyPrograms = 8

/**
 * Processes of this machine, not isolated from it.
 * Children that leave their group are found through /proc, so on Linux only; elsewhere they stay.
 */
export class ProcessRuntime implements Runtime {
  readonly #options: ProcessRuntimeOptions
  readonly #programs = new ProgramFinder()
  readonly #sampler = new TreeSampler()
  readonly #sweeper: Sweeper
  /** By tag; a process that is being ended has left it already, so that the sweep finds its children. */
  readonly #protected = new Set<string>()
  readonly #running = new Set<ChildRun>()
  readonly #launchers = new Set<Launcher>()
  #prefix: string | undefined
  #directoryPrefix = ''
  #watchdog: Watchdog | undefined
  #marker: string | undefined
  #memoryKills: MemoryKills | undefined
  #outOfMemoryKills = 0
  /** Those that were put down to a program of ours. */
  #countedKills = 0
  #isClosed = false
  #usesLaunchers = false

  constructor(options: ProcessRuntimeOptions = {}) {
    this.#options = options
    this.#sweeper = new Sweeper((value) => this.#isLeftOver(value))
  }

  /** Many: shells start them, where that is possible. On Linux only, as what such programs leave behind is found through /proc. */
  expect(count: number): void {
    this.#usesLaunchers ||= hasProcFs && count >= manyPrograms
  }

  countMemoryKills(maxAgeMs = 0): number {
    this.#memoryKills ??= new MemoryKills(this.#options.memoryEventFiles)
    return this.#memoryKills.read(maxAgeMs) - this.#countedKills
  }

  async start(spec: StartSpec): Promise<RunningProcess> {
    if (this.#isClosed) throw new StartError('SPAWN_FAILED', 'the program is stopping, so no more processes are started')
    const program = this.#programs.find(spec.command[0], spec.env['PATH'], spec.cwd)
    const tag = this.#ownPrefix() + spec.tag
    const {outerTag} = this.#options
    const value = outerTag === undefined ? tag : `${tag},${outerTag}`
    // Nothing may be awaited between the start and the entry in the books: close() must see every process.
    const launched = this.#launch(spec, value)
    const launcher = launched?.launcher
    const child = launched?.child ?? this.#spawn(program, spec, value)
    if (child instanceof Promise) throw await child
    const sample = this.#sampler.add(child.pid, launcher !== undefined)
    this.#protected.add(tag)
    const run = new ChildRun(child, {
      pid: child.pid,
      ownsGroup: () => !(launcher?.isAlive ?? false),
      onStopping: () => launcher?.retire(),
      tag: value,
      graceMs: spec.graceMs,
      drainMs: this.#options.drainMs ?? defaultDrainMs,
      sweep: () => this.#sweeper.sweep(),
      onKilling: () => this.#protected.delete(tag),
      onSettled: () => {
        this.#running.delete(run)
        this.#protected.delete(tag)
        this.#sampler.remove(sample)
        if (!this.#isClosed) this.#sweeper.schedule()
        return {
          ...sample.metrics,
          ...(launched?.child.startFailure !== undefined && {startError: noRoom(launched.child.startFailure)}),
          isOutOfMemory: child.signalCode === 'SIGKILL' || child.exitCode === 137 ? this.#hasMemoryRunOut() : false,
        }
      },
    })
    this.#running.add(run)
    return run
  }

  /** Ends everything that is still running without waiting for it; what has left its group is the watchdog's. */
  killNow(): void {
    this.#isClosed = true
    for (const run of this.#running) run.killNow()
    this.#watchdog?.release()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#running].map((run) => run.kill()))
    for (const launcher of this.#launchers) launcher.end()
    this.#launchers.clear()
    await this.#sweeper.finish()
    this.#watchdog?.dismiss()
    if (this.#marker !== undefined) removeMarker(this.#marker)
    this.#memoryKills?.close()
    this.#memoryKills = undefined
  }

  /** Undefined when this program is better started directly. */
  #launch(spec: StartSpec, tag: string): {child: LaunchedProgram; launcher: Launcher} | undefined {
    if (!this.#usesLaunchers || spec.stdin !== 'none' || !isDirectory(spec.cwd)) return undefined
    const script = launchScript({command: spec.command, cwd: spec.cwd, env: {...spec.env, [processTagVariable]: tag}})
    if (script === undefined) return undefined
    for (const launcher of this.#launchers) if (!launcher.canStart) this.#launchers.delete(launcher)
    const launcher =
      [...this.#launchers].find(({isFree}) => isFree) ?? Launcher.start({mark: this.#ownPrefix(), directoryPrefix: this.#directoryPrefix})
    if (launcher === undefined) return undefined
    this.#launchers.add(launcher)
    try {
      return {child: launcher.launch(script), launcher}
    } catch {
      // No room for pipes. A direct start fails for the same reason, and says so.
      return undefined
    }
  }

  /** The child, or why there is none. */
  #spawn(program: string, spec: StartSpec, tag: string): StartedProcess | Promise<StartError> {
    try {
      const child = spawn(program, spec.command.slice(1), {
        argv0: spec.command[0],
        cwd: spec.cwd,
        env: {...spec.env, [processTagVariable]: tag},
        stdio: [spec.stdin === 'none' ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        // Its own session and group, so that all of it can be ended together.
        detached: true,
      })
      return isStarted(child) ? child : failureOf(child).then((error) => this.#explain(error, program, spec))
    } catch (error) {
      throw this.#explain(error, program, spec)
    }
  }

  #explain(error: unknown, program: string, spec: StartSpec): StartError {
    this.#programs.forget()
    return explainStartFailure(error, program, spec.cwd)
  }

  #ownPrefix(): string {
    if (this.#prefix === undefined) {
      // Several runtimes of one process must not take each other's children for leftovers.
      const token = randomBytes(4).toString('hex')
      const owner = identifyProcess()
      this.#prefix = `${ownerPrefix(owner)}${token}-`
      this.#directoryPrefix = `autokestra-${process.pid}-${token}-`
      // Before the first program: at no moment may there be one that nothing would end.
      this.#marker = hasProcFs ? leaveMarker(this.#directoryPrefix, owner) : undefined
      this.#sweeper.skipPresent()
      this.#watchdog = Watchdog.start(this.#prefix, this.#directoryPrefix)
      this.#outOfMemoryKills = readOutOfMemoryKills()
    }
    return this.#prefix
  }

  #isLeftOver(value: string): boolean {
    const prefix = this.#prefix
    if (prefix === undefined || !value.includes(prefix)) return false
    return value.split(',').some((tag) => tag.startsWith(prefix) && !this.#protected.has(tag))
  }

  // The sender of a SIGKILL is unknown; the kernel's count of processes it ended for memory is the best evidence there is.
  #hasMemoryRunOut(): boolean {
    const kills = readOutOfMemoryKills()
    const hasGrown = kills > this.#outOfMemoryKills
    this.#outOfMemoryKills = kills
    if (hasGrown) this.#countedKills++
    return hasGrown
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false
}

function isStarted(child: ChildProcess): child is StartedProcess {
  return child.pid !== undefined
}

/** Streams may be missing, too: without file handles there are no pipes. */
function failureOf(child: ChildProcess): Promise<Error> {
  return new Promise((resolve) => child.once('error', resolve))
}
