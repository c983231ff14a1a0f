// The composition root: builds every object from the Config, lazily, once. The only file that imports everything; it decides nothing.

import {randomBytes} from 'node:crypto'
import {dirname, join} from 'node:path'
import type {Config} from '../config/config.ts'
import {loadConfig} from '../config/load.ts'
import {schemaCacheDir} from '../config/paths.ts'
import {SchemaCompiler} from '../documents/json-schema.ts'
import {chooseConcurrency} from '../planning/choose-concurrency.ts'
import {combineReporters} from '../engine/loop/combine-reporters.ts'
import {maxStdinBytes, planFile, type PlanRequest} from '../planning/plan-file.ts'
import type {PlannedRun} from '../planning/plan-workflow.ts'
import type {Journal, Reporter} from '../engine/ports.ts'
import {revealSecrets} from '../planning/reveal-secrets.ts'
import {createRunId} from '../engine/run-id.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {validateFiles, type FileFindings} from '../planning/validate-files.ts'
import {runWorkflow, type RunOutcome, type StopSignals} from '../engine/loop/run-workflow.ts'
import {openTaskRuntimes} from './task-runtimes.ts'
import type {Vault} from './vault.ts'
import {PluginExecutor} from '../execution/execute.ts'
import {LocalTaskRunner} from '../execution/local-task-runner.ts'
import type {PluginCommands} from './plugin-commands.ts'
import type {PluginImages} from '../images/plugin-images.ts'
import {PluginManager} from '../plugins/plugin-manager.ts'
import type {TaskRuntimes} from '../execution/attempt/task-runtime.ts'
import {readOpenFileLimit, readProcessLimit} from '../util/proc-fs.ts'
import type {DockerClient} from '../docker/api/docker-client.ts'
import {sweepLeftovers} from '../processes/reaper.ts'
import type {RevealedOutputs} from './reveal-outputs.ts'
import type {RunRows, RunSummary} from '../storage/run-rows.ts'
import type {SecretMasker} from '../masking/secret-masker.ts'
import type {SecretStore} from '../secrets/store/secret-store.ts'
import {describeEnvironment} from './environment-facts.ts'
import {maskDebugOutput} from '../ui/terminal/mask-debug-output.ts'
import {createReporter, type OutputLines, type ProgressMode} from '../ui/reporters/create-reporter.ts'
import {createEventsOutput} from '../ui/reporters/events-output.ts'
import {createPrompt, type Prompt} from '../ui/input/prompt.ts'
import type {Ui} from '../ui/terminal/ui.ts'
import {resolveFrom} from '../files/current-directory.ts'
import {readBytes} from '../files/read-bytes.ts'
import {readText} from '../files/read-text.ts'

export interface AppOptions {
  /** Directory of the package: the bundled plugins, the SDK and the generated checks are in its dist. */
  readonly root: string
  readonly version: string
  /** The name the program was called by. */
  readonly program: string
  /** What was called, as the user types it: `secrets set`. */
  readonly command: string
  /** Absolute; undefined when the current directory was removed. */
  readonly cwd: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadStream
  readonly stderr: NodeJS.WriteStream
  /** Where everything is shown; whoever made it flushes it. */
  readonly ui: Ui
}

export interface RunRequest extends PlanRequest {
  /** Most tasks at a time; overrules file and configuration. */
  readonly concurrency?: number | undefined
}

export interface RunView {
  /** The result holds the outputs of all tasks, however large. */
  readonly keepsOutputs: boolean
  readonly progress: ProgressMode
  readonly lines: OutputLines
  /** Where events are written as lines of JSON: a file, or `-` for stdout. */
  readonly events?: string | undefined
}

export class App {
  readonly ui: Ui
  readonly #options: AppOptions
  readonly #cleanUps: (() => Promise<void> | void)[] = []
  #config: Promise<Config> | undefined
  #engine: Promise<DockerClient> | undefined
  #vault: Promise<Vault> | undefined
  #masker: SecretMasker | undefined
  #schemas: SchemaCompiler | undefined
  #plugins: PluginManager | undefined
  #killNow: (() => void) | undefined

  constructor(options: AppOptions) {
    this.#options = options
    this.ui = options.ui
  }

  /** Loads, checks and plans a run; nothing has happened yet. Throws WorkflowError with all findings. */
  async plan(request: RunRequest): Promise<PlannedRun> {
    const config = await this.#loadConfig(request)
    const planned = await planFile(request, {
      plugins: this.#openPlugins(config),
      schemas: this.#openSchemas(config),
      cwd: this.#directoryOf(request.file),
      readStdin: () => readText(this.#options.stdin, maxStdinBytes),
      environmentFacts: describeEnvironment(config, this.#options.env),
    }).catch((error: unknown) => {
      // A plugin that is not found may be in a directory that was mistyped.
      throw error instanceof WorkflowError ? error.after(config.warnings) : error
    })
    return {...planned, warnings: [...config.warnings, ...planned.warnings]}
  }

  /** Throws where a run of the plan would miss secrets. */
  async requireSecrets({plan}: PlannedRun): Promise<void> {
    const {requireSecrets} = await import('../planning/require-secrets.ts')
    await requireSecrets(plan, {env: this.#options.env, open: () => this.#openVault()})
  }

  /** Runs a plan to its end, or until it is stopped. */
  async run(planned: PlannedRun, view: RunView, signals: StopSignals): Promise<RunOutcome> {
    const {plan, actions} = planned
    const config = await this.#loadConfig()
    // Nothing starts beside what a command that was killed has left running.
    await sweepLeftovers()
    const runId = createRunId(Date.now(), randomBytes(3))
    const secrets = await revealSecrets(plan, {
      runId,
      env: this.#options.env,
      placeholder: config.placeholder,
      keyFile: config.keyFile,
      open: () => this.#openVault(),
    })
    this.#masker = secrets?.masker
    // Node itself prints environments then.
    if (secrets !== undefined && this.#options.env['NODE_DEBUG'] !== undefined) maskDebugOutput(process.stderr, (text) => this.mask(text))
    const limits = {openFileLimit: readOpenFileLimit(), processLimit: readProcessLimit()}
    const concurrency = chooseConcurrency({...config, ...limits, parallelism: plan.workflow.parallelism})
    const opened = await openTaskRuntimes(planned, {
      runId,
      config,
      root: this.#options.root,
      env: this.#options.env,
      plugins: this.#openPlugins(config),
      openImages: () => this.#openImages(),
      openEngine: () => this.#openEngine(),
      ui: this.ui,
      isQuiet: view.progress === 'quiet' || view.lines === 'none',
      signal: signals.stop,
    })
    this.#killNow = () => {
      opened.killNow()
    }
    this.#cleanUps.push(() => opened.close())
    const {places, warnings} = opened
    const executor = this.#openExecutor(config, places)
    const runner = new LocalTaskRunner(executor, actions)
    runner.expect(plan.tasks, concurrency)
    const ports = {
      journal: await this.#openJournal(config),
      reporter: this.#createReporter(view),
      executor: runner,
      clock: {now: () => Date.now(), elapsed: () => performance.now()},
      random: () => Math.random(),
    }
    return await runWorkflow(plan, ports, {
      runId,
      concurrency,
      signals,
      keepsOutputs: view.keepsOutputs,
      beside: planned,
      secrets,
      warnings,
    })
  }

  /** The findings of every file. A file of another project is read with that project's configuration. */
  async validate(files: readonly string[]): Promise<FileFindings[]> {
    return await validateFiles(files, (file) => new App(this.#options).plan({file}))
  }

  /** Ends all processes and containers of a run at once; nothing is given time to finish. */
  killAll(): void {
    this.#killNow?.()
    this.ui.err.flushNow()
  }

  /** What is done with plugins besides running them. @param workflowFile whose project counts */
  async plugins(workflowFile?: string): Promise<PluginCommands> {
    const [{PluginCommands}, config] = await Promise.all([
      import('./plugin-commands.ts'),
      this.#loadConfig(workflowFile === undefined ? undefined : {file: workflowFile}),
    ])
    const {cwd, root} = this.#options
    return new PluginCommands({
      manager: this.#openPlugins(config),
      images: await this.#openImages(),
      config,
      cwd,
      sdkDir: join(root, 'dist', 'sdk'),
    })
  }

  /** What the journal knows of runs. */
  async runs(): Promise<RunRows> {
    const {RunRows} = await import('../storage/run-rows.ts')
    const config = await this.#loadConfig()
    const rows = await RunRows.open(config.databaseFile)
    this.#cleanUps.push(() => rows.close())
    return rows
  }

  /** What the tasks of a run and the run itself returned, secrets in clear text. */
  async revealOutputs(run: RunSummary, rows: RunRows): Promise<RevealedOutputs> {
    const {revealOutputs} = await import('./reveal-outputs.ts')
    return await revealOutputs(run, rows, () => this.secrets())
  }

  /** The tasks of a workflow file, which may have findings. */
  async taskIds(file: string): Promise<string[]> {
    const {readTaskIds} = await import('../workflow/task-ids.ts')
    return await readTaskIds(file, this.#options.cwd)
  }

  /** The stored secrets. No key is asked for before a value is needed. */
  async secrets(): Promise<SecretStore> {
    const {store} = await this.#openVault()
    return store
  }

  /** Hides in a text what the present run knows of secrets; a run is present until the App is closed. */
  mask(text: string): string {
    return this.#masker?.mask(text) ?? text
  }

  /** What can be asked on a terminal. */
  get prompt(): Prompt {
    const {stdin, stderr, env} = this.#options
    return createPrompt({stdin, stderr, env})
  }

  /** Standard input to its end; longer than `maxBytes` when there was more. */
  readStdinBytes(maxBytes: number): Promise<Buffer> {
    return readBytes(this.#options.stdin, maxBytes)
  }

  /** Closes what was opened, the last first. What cannot be closed keeps nothing else open; the first such failure is thrown at the end. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) {
      try {
        await cleanUp()
      } catch (error) {
        failures.push(error)
      }
    }
    this.#masker?.clear()
    if (failures.length > 0) throw failures[0]
  }

  /** What the path of the file, and for standard input everything else, is relative to. Throws USAGE when there is nothing. */
  #directoryOf(file: string): string {
    return this.#options.cwd ?? dirname(resolveFrom(undefined, file))
  }

  #loadConfig(request?: RunRequest): Promise<Config> {
    const {cwd, env, root} = this.#options
    this.#config ??= loadConfig({
      cwd,
      env,
      bundledPluginDir: join(root, 'dist', 'plugins'),
      builtInSchemaDir: join(root, 'dist', 'schemas'),
      ...(request === undefined ? {} : {workflowFile: request.file}),
      ...(request?.concurrency === undefined ? {} : {flags: {concurrency: request.concurrency}}),
    })
    return this.#config
  }

  #openSchemas(config: Config): SchemaCompiler {
    this.#schemas ??= new SchemaCompiler({
      builtInDir: join(this.#options.root, 'dist', 'schemas'),
      cacheDir: schemaCacheDir(config.cacheDir),
    })
    return this.#schemas
  }

  #openPlugins(config: Config): PluginManager {
    this.#plugins ??= new PluginManager({
      paths: config.pluginPaths,
      cacheDir: config.cacheDir,
      shadowing: {allowed: config.allowShadowing, configFile: join(config.home, 'config.yaml')},
      bundledSources: join(this.#options.root, 'plugins'),
      schemas: this.#openSchemas(config),
      programVersion: this.#options.version,
      // Bundled into TypeScript plugins: finding the SDK at run time would cost their host a loader.
      sdkModules: {'@autokestra/plugin-sdk': join(this.#options.root, 'dist', 'sdk', 'index.js')},
    })
    return this.#plugins
  }

  /** One connection for the images of a run and for its containers. */
  #openEngine(): Promise<DockerClient> {
    this.#engine ??= import('../docker/api/docker-client.ts').then(({DockerClient}) => DockerClient.connect(this.#options.env))
    return this.#engine
  }

  async #openImages(): Promise<PluginImages> {
    const {openImages} = await import('./images.ts')
    const {root, version} = this.#options
    return openImages(await this.#loadConfig(), {root, version, openEngine: () => this.#openEngine()})
  }

  #openExecutor(config: Config, places: TaskRuntimes): PluginExecutor {
    const schemas = this.#openSchemas(config)
    return new PluginExecutor({
      places,
      compileSchema: (schema) => schemas.compile(schema),
      limits: config.limits,
      isDebug: Boolean(this.#options.env['DEBUG']),
    })
  }

  async #openJournal(config: Config): Promise<Journal> {
    const [{openDatabase}, {SqliteJournal}] = await Promise.all([import('../storage/database.ts'), import('../storage/journal.ts')])
    const database = await openDatabase(config.databaseFile)
    this.#cleanUps.push(() => {
      database.close()
    })
    return new SqliteJournal(database)
  }

  #openVault(): Promise<Vault> {
    this.#vault ??= this.#makeVault()
    return this.#vault
  }

  async #makeVault(): Promise<Vault> {
    const {openVault} = await import('./vault.ts')
    const vault = await openVault(await this.#loadConfig(), {
      env: this.#options.env,
      command: this.#options.command,
      warn: (text) => {
        this.ui.err.write(text)
      },
    })
    this.#cleanUps.push(() => vault.close())
    return vault
  }

  #createReporter({progress, lines, events}: RunView): Reporter {
    const reporter = createReporter(progress, this.ui, lines)
    if (events === undefined) return reporter
    const output = createEventsOutput(events, this.ui)
    this.#cleanUps.push(() => {
      output.close()
    })
    return combineReporters([reporter, output.reporter])
  }
}
