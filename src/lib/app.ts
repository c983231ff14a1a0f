// The composition root: builds every object from the Config, lazily, once. The only file that imports everything; it decides nothing.

import {randomBytes} from 'node:crypto'
import {join} from 'node:path'
import {schemaCacheDir} from './config/paths.ts'
import {loadConfig} from './config/load.ts'
import type {Config} from './config/config.ts'
import {SchemaCompiler, type SchemaCheck} from './documents/json-schema.ts'
import {combineReporters} from './engine/combine-reporters.ts'
import {planFile, type PlanRequest} from './engine/plan-file.ts'
import type {Plan} from './engine/plan.ts'
import type {Reporter} from './engine/ports.ts'
import {createRunId} from './engine/run-id.ts'
import {runWorkflow, type RunOutcome} from './engine/run-workflow.ts'
import {PluginExecutor} from './plugins/execute.ts'
import {PluginManager} from './plugins/plugin-manager.ts'
import {baseEnvironment} from './runtimes/base-environment.ts'
import {ProcessRuntime} from './runtimes/process.ts'
import {sweepLeftovers} from './runtimes/reaper.ts'
import {cookieVariable} from './runtimes/runtime.ts'
import {WorkerPool} from './runtimes/worker-pool.ts'
import type {RunRows} from './storage/run-rows.ts'
import {createReporter, type ProgressMode} from './ui/create-reporter.ts'
import {EventsReporter} from './ui/reporter-events.ts'
import {FileOutput} from './ui/file-output.ts'
import {TextWriter} from './ui/text-writer.ts'
import {createUi, type Ui} from './ui/ui.ts'
import type {JsonObject, JsonValue} from './util/json.ts'
import {readText} from './util/read-text.ts'

export interface AppOptions {
  /** Directory of the package: the bundled plugins, the SDK and the generated checks stand below it. */
  readonly root: string
  readonly version: string
  /** Absolute. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: AsyncIterable<Buffer>
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

export interface RunView {
  readonly progress: ProgressMode
  /** Where events are written as lines of JSON: a file, or `-` for stdout. */
  readonly events?: string | undefined
}

export class App {
  readonly ui: Ui
  readonly #options: AppOptions
  readonly #schemas: SchemaCompiler[] = []
  readonly #cleanUps: (() => Promise<void> | void)[] = []
  #config: Promise<Config> | undefined
  #runtime: ProcessRuntime | undefined

  private constructor(options: AppOptions) {
    this.#options = options
    this.ui = createUi(options)
  }

  static create(options: AppOptions): App {
    return new App(options)
  }

  /** Loads, checks and plans; nothing has happened yet. Throws WorkflowError with all findings. */
  async plan(request: PlanRequest): Promise<Plan> {
    const config = await this.#loadConfig(request.file, request.concurrency)
    return await planFile(request, {
      plugins: this.#createPlugins(config),
      schemas: this.#createSchemas(config),
      cwd: this.#options.cwd,
      readStdin: () => readText(this.#options.stdin),
    })
  }

  /** Runs a plan to its end. The abort of `signal` stops it; its reason is the cause. */
  async run(plan: Plan, view: RunView, signal: AbortSignal): Promise<RunOutcome> {
    const config = await this.#loadConfig()
    const runtime = new ProcessRuntime(this.#outerCookie())
    this.#runtime = runtime
    this.#cleanUps.push(() => runtime.close())
    const executor = this.#createExecutor(config, runtime)
    executor.expect(
      plan.tasks.map(({plugin}) => plugin),
      plan.concurrency,
    )
    const leftovers = sweepLeftovers()
    const ports = {
      journal: await this.#openJournal(config),
      reporter: this.#createReporter(view),
      executor,
      clock: {now: Date.now},
      random: Math.random,
    }
    const runId = createRunId(Date.now(), randomBytes(3))
    const outcome = await runWorkflow(plan, ports, {runId, signal})
    await leftovers
    return outcome
  }

  /** Ends all processes at once, without waiting for anything. */
  killAll(): void {
    this.#runtime?.killNow()
  }

  /** The plugins of all paths, usable or not. */
  async plugins(): Promise<PluginManager> {
    return this.#createPlugins(await this.#loadConfig())
  }

  /** What the journal knows of runs. */
  async runs(): Promise<RunRows> {
    const {openDatabase} = await import('./storage/database.ts')
    const {RunRows} = await import('./storage/run-rows.ts')
    const config = await this.#loadConfig()
    const database = await openDatabase(config.databaseFile)
    this.#cleanUps.push(() => void database.close())
    return new RunRows(database)
  }

  /** Closes what was opened, in reverse order. */
  async close(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp()
    await this.ui.flush()
  }

  #loadConfig(workflowFile?: string, concurrency?: number): Promise<Config> {
    this.#config ??= loadConfig({
      cwd: this.#options.cwd,
      env: this.#options.env,
      bundledPluginDir: join(this.#options.root, 'dist', 'plugins'),
      ...(workflowFile === undefined ? {} : {workflowFile}),
      ...(concurrency === undefined ? {} : {flags: {concurrency}}),
    })
    return this.#config
  }

  async #openJournal(config: Config) {
    const {openDatabase} = await import('./storage/database.ts')
    const {SqliteJournal} = await import('./storage/journal.ts')
    const database = await openDatabase(config.databaseFile)
    this.#cleanUps.push(() => void database.close())
    return new SqliteJournal(database)
  }

  #createSchemas(config: Config): SchemaCompiler {
    const [known] = this.#schemas
    if (known !== undefined) return known
    const schemas = new SchemaCompiler({builtInDir: join(this.#options.root, 'dist', 'schemas'), cacheDir: schemaCacheDir(config.cacheDir)})
    this.#schemas.push(schemas)
    return schemas
  }
}
