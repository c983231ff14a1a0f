// What lives as long as the program: where it is called, its home, its database, its secrets, the connection to the Docker engine. Each is opened when
// first asked for, and closed with the App. A run is a RunSession, and what applies to one workflow file is a Project.

import {dirname, join} from 'node:path'
import type {Environment} from '../config/environment.ts'
import {locateHome, schemaCacheDir, type Home} from '../config/home.ts'
import {SchemaCompiler} from '../documents/json-schema.ts'
import type {ResultRows} from '../cache/result-rows.ts'
import type {DockerClient} from '../docker/api/docker-client.ts'
import type {Journal} from '../engine/ports.ts'
import type {RunLeases} from '../engine/owners/run-leases.ts'
import type {RunOwners} from '../engine/owners/run-owners.ts'
import type {GroupTickets} from '../engine/requests/group-tickets.ts'
import type {RunRequests} from '../engine/requests/run-requests.ts'
import {resolveFrom} from '../files/current-directory.ts'
import {readBytes} from '../files/read-bytes.ts'
import {readText} from '../files/read-text.ts'
import type {TaskList} from '../planning/list-tasks.ts'
import type {PlanRequest} from '../planning/apply-request.ts'
import type {PlannedRun} from '../planning/plan-workflow.ts'
import type {AskInput} from '../planning/resolve-inputs.ts'
import type {SecretStore} from '../secrets/store/secret-store.ts'
import type {SqliteDatabase} from '../storage/load-sqlite.ts'
import type {RunRows} from '../storage/run-rows.ts'
import {createPrompt, type Prompt} from '../ui/input/prompt.ts'
import {maskDebugOutput} from '../ui/terminal/mask-debug-output.ts'
import type {Ui} from '../ui/terminal/ui.ts'
import {openOnce} from './open-once.ts'
import {OpenResources} from './open-resources.ts'
import type {PluginCommands} from './plugin-commands.ts'
import type {Project, ProjectRequest} from './project.ts'
import type {Vault} from './vault.ts'

export interface AppOptions {
  /** Directory of the package: the bundled plugins, the SDK and the generated checks are in its dist. */
  readonly root: string
  readonly version: string
  /** What was called, as the user types it: `secrets set`. */
  readonly command: string
  /** Absolute; undefined when the current directory was removed. */
  readonly cwd: string | undefined
  readonly environment: Environment
  readonly stdin: NodeJS.ReadableStream & {readonly isTTY?: boolean}
  readonly stderr: NodeJS.WritableStream & {readonly isTTY?: boolean}
  /** Where everything is shown; its maker flushes it. */
  readonly ui: Ui
}

/** What the App must know of a run that goes on. */
export interface OpenSession {
  /** Hides what this run knows of secrets. */
  mask(text: string): string
  /** Ends all its processes and containers before it returns. */
  kill(): void
  close(): Promise<void>
}

export class App {
  readonly options: AppOptions
  readonly #opened = new OpenResources()
  readonly #sessions = new Set<OpenSession>()
  #home: Home | undefined
  #schemas: SchemaCompiler | undefined
  #isDebugOutputMasked = false

  constructor(options: AppOptions) {
    this.options = options
  }

  get ui(): Ui {
    return this.options.ui
  }

  /** Throws CONFIG_INVALID when no home is known, STORAGE_UNREADABLE when it may not be entered. */
  get home(): Home {
    this.#home ??= locateHome(this.options.environment.variables, this.options.cwd)
    return this.#home
  }

  /** What applies to a workflow file: looked up each time, as files change while the App lives. */
  async project(request: ProjectRequest = {}): Promise<Project> {
    const {openProject} = await import('./project.ts')
    const {options, home, schemas} = this
    return await openProject(request, {...options, home, schemas, openEngine: this.engine})
  }

  get schemas(): SchemaCompiler {
    const {home, options} = this
    this.#schemas ??= new SchemaCompiler({builtInDir: join(options.root, 'dist', 'schemas'), cacheDir: schemaCacheDir(home.cacheDir)})
    return this.#schemas
  }

  /** Plans a file with the workflows that its tasks run, each in its own project. Throws WorkflowError with the findings of all. */
  async plan(project: Project, request: PlanRequest, ask?: AskInput | string): Promise<PlannedRun> {
    const planned = await project.plan(request, ask)
    const {checkChildren, noAnswers, runsChildren} = await import('../planning/check-children.ts')
    if (!runsChildren(planned.plan)) return planned
    const warnings = await checkChildren(planned, async ({file, inputs: values, vars: varValues, ...chosen}) =>
      (await this.project({file})).plan(
        {file, ...chosen, ...(varValues !== undefined && {varValues}), ...(values !== undefined && {inputs: {values}})},
        noAnswers,
      ),
    )
    return {...planned, warnings: [...planned.warnings, ...warnings]}
  }

  /** The tasks of a workflow file. Throws WORKFLOW_INVALID for one whose shape or needs are wrong. */
  async tasks(file: string): Promise<TaskList> {
    const {listTasks} = await import('../planning/list-tasks.ts')
    const {maxStdinBytes} = await import('../planning/read-workflow-file.ts')
    const {cwd, stdin} = this.options
    const from = cwd ?? dirname(resolveFrom(undefined, file))
    return await listTasks(file, {cwd: from, readStdin: () => readText(stdin, maxStdinBytes), schemas: this.schemas})
  }

  /** The ids of the tasks of a workflow file, which may have findings. */
  async taskIds(file: string): Promise<string[]> {
    const {readTaskIds} = await import('../workflow/task-ids.ts')
    return await readTaskIds(file, this.options.cwd)
  }

  /** What is done with plugins besides running them. @param file the workflow file whose project counts */
  async plugins(file?: string): Promise<PluginCommands> {
    const [{PluginCommands}, project] = await Promise.all([import('./plugin-commands.ts'), this.project({file})])
    const {cwd, root} = this.options
    return new PluginCommands({project, cwd, sdkDir: join(root, 'dist', 'sdk')})
  }

  /** What this program writes, apart from secrets: one connection for all of it. */
  readonly #database = openOnce(async (): Promise<SqliteDatabase> => {
    const {openDatabase} = await import('../storage/database.ts')
    const database = await openDatabase(this.home.databaseFile)
    this.#opened.add(() => {
      database.close()
    })
    return database
  })

  /** Where runs write their events. */
  readonly journal = openOnce(async (): Promise<Journal> => {
    const [database, {SqliteJournal}] = await Promise.all([this.#database(), import('../storage/journal.ts')])
    return new SqliteJournal(database)
  })

  /** What processes ask of each other's runs. */
  readonly requests = openOnce(async (): Promise<RunRequests> => {
    const [database, {SqliteRunRequests}] = await Promise.all([this.#database(), import('../storage/run-requests.ts')])
    return new SqliteRunRequests(database)
  })

  /** Results of tasks that can be used again. */
  readonly results = openOnce(async (): Promise<ResultRows> => {
    const [database, {SqliteResultRows}] = await Promise.all([this.#database(), import('../storage/result-rows.ts')])
    return new SqliteResultRows(database)
  })

  /** Who holds or waits for which concurrency group. */
  readonly groupTickets = openOnce(async (): Promise<GroupTickets> => {
    const [database, {SqliteGroupTickets}] = await Promise.all([this.#database(), import('../storage/group-tickets.ts')])
    return new SqliteGroupTickets(database)
  })

  /** Signs of life of those who drive runs. */
  readonly leases = openOnce(async (): Promise<RunLeases> => {
    const [database, {SqliteRunLeases}] = await Promise.all([this.#database(), import('../storage/owners/run-leases.ts')])
    return new SqliteRunLeases(database)
  })

  /** Whether a run may be taken over. */
  async owners(): Promise<RunOwners> {
    const [leases, {RunOwners}] = await Promise.all([this.leases(), import('../engine/owners/run-owners.ts')])
    return new RunOwners({leases})
  }

  /** What the journal knows of runs. */
  readonly runs = openOnce(async (): Promise<RunRows> => {
    const {RunRows} = await import('../storage/run-rows.ts')
    const rows = await RunRows.open(this.home.databaseFile)
    this.#opened.add(() => rows.close())
    return rows
  })

  /** The stored secrets with their keys. No key is asked for before a value is needed. */
  readonly vault = openOnce(async (): Promise<Vault> => {
    const {openVault} = await import('./vault.ts')
    const {environment, command} = this.options
    const warn = (text: string): void => {
      this.ui.err.write(text)
    }
    const vault = await openVault(this.home, {env: environment.variables, command, warn})
    this.#opened.add(() => vault.close())
    return vault
  })

  /** One connection for the images of runs and for their containers. Rejects with DOCKER_UNAVAILABLE. */
  readonly engine = openOnce(async (): Promise<DockerClient> => {
    const {DockerClient} = await import('../docker/api/docker-client.ts')
    return await DockerClient.connect(this.options.environment.variables)
  })

  async secrets(): Promise<SecretStore> {
    return (await this.vault()).store
  }

  /** What can be asked on a terminal. */
  get prompt(): Prompt {
    const {stdin, stderr, environment} = this.options
    return createPrompt({stdin, stderr, unattendedBy: environment.unattendedBy})
  }

  /** Standard input to its end; longer than `maxBytes` when there was more. */
  readStdinBytes(maxBytes: number): Promise<Buffer> {
    return readBytes(this.options.stdin, maxBytes)
  }

  /** From now on the run is killed, masked and closed with the program, unless it is closed before. */
  addSession(session: OpenSession): void {
    this.#sessions.add(session)
    // With NODE_DEBUG, Node itself prints environments. That output belongs to no run, so it is masked for all of them.
    if (!this.options.environment.isNodeDebug || this.#isDebugOutputMasked) return
    this.#isDebugOutputMasked = true
    this.#opened.add(maskDebugOutput(this.options.stderr, (text) => this.mask(text)))
  }

  removeSession(session: OpenSession): void {
    this.#sessions.delete(session)
  }

  /** Hides what any run that goes on knows of secrets, in text that belongs to none: the error that ends the program. */
  mask(text: string): string {
    let masked = text
    for (const session of this.#sessions) masked = session.mask(masked)
    return masked
  }

  /** Ends all processes and containers of all runs at once; nothing is given time to finish. */
  killAll(): void {
    for (const session of this.#sessions) session.kill()
    this.ui.err.flushNow()
  }

  /** Closes what was opened, runs first. What cannot be closed keeps nothing else open; the first such failure is thrown at the end. */
  async close(): Promise<void> {
    for (const session of this.#sessions) this.#opened.add(() => session.close())
    await this.#opened.close()
  }
}
