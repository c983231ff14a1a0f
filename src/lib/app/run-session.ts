// One run: what it knows of secrets and hides, what its tasks run in, and how all of it is ended. Two sessions of one program share the database and
// the connection to Docker; a run that was made for another one also shares what hides secrets.

import {randomBytes} from 'node:crypto'
import {runWorkflow, type RunOutcome, type StopSignals} from '../engine/loop/run-workflow.ts'
import type {Plan} from '../engine/plan.ts'
import type {Reporter} from '../engine/ports.ts'
import type {RunAdmission} from '../engine/requests/admission.ts'
import {RequestWatch} from '../engine/requests/request-watch.ts'
import type {DatedEvent} from '../engine/run-state.ts'
import {createRunId} from '../engine/run-id.ts'
import {PluginExecutor} from '../execution/execute.ts'
import {LocalTaskRunner} from '../execution/task/local-task-runner.ts'
import type {RunSecrets} from '../execution/task/run-secrets.ts'
import {realPathOf} from '../planning/check-children.ts'
import {chooseConcurrency} from '../planning/choose-concurrency.ts'
import type {PlannedRun} from '../planning/plan-workflow.ts'
import {sweepLeftovers} from '../processes/reaper.ts'
import type {ShowApproval} from '../ui/reporters/approval-text.ts'
import {readOpenFileLimit, readProcessLimit} from '../util/proc-fs.ts'
import type {JsonObject} from '../util/json.ts'
import type {App} from './app.ts'
import {createBuiltInActions} from './built-in-actions.ts'
import {OpenResources} from './open-resources.ts'
import type {Project} from './project.ts'
import type {ChildRun} from './run-child.ts'
import {Approvals} from './runs/approvals.ts'
import {openCacheStep} from './runs/open-cache-step.ts'
import {OwnerDuties} from './runs/owner-duties.ts'
import {parkOptions} from './runs/park.ts'
import type {ParentLink} from './runs/parent-link.ts'
import {openRunSecrets} from './runs/open-run-secrets.ts'
import {openRunFiles} from './runs/run-files.ts'
import {describeOrigin} from './runs/run-origin.ts'
import {RunTrace} from './runs/run-trace.ts'
import {openRunReporter, silent, type RunDisplay} from './runs/run-reporter.ts'
import type {ResumedParts, RetryParts, SessionOrigin} from './session-origin.ts'
import {openTaskRuntimes, type OpenTaskRuntimes} from './task-runtimes.ts'

export interface RunChoices {
  /** Every task runs, whatever is known of its result. */
  readonly ignoresCache?: boolean
  /** The run is parked when nothing but waits is left. */
  readonly isParked?: boolean
  /** What must not be lost is kept even where there is no secret store with a key. */
  readonly isResumable?: boolean
}

export class RunSession implements ChildRun {
  readonly runId: string
  readonly #app: App
  readonly #project: Project
  readonly #display: RunDisplay
  readonly #opened = new OpenResources()
  readonly #requests: RequestWatch
  readonly #approvals: Approvals
  readonly #trace: RunTrace
  readonly #duties: OwnerDuties
  #secrets: RunSecrets | undefined
  #runtimes: OpenTaskRuntimes | undefined
  #isKilled = false
  readonly #parent: ParentLink | undefined
  readonly #resume: ResumedParts | undefined
  readonly #retry: RetryParts | undefined
  #outputs: JsonObject = {}
  #ask: ShowApproval = () => undefined

  /** @param project the one that the run's plan was made in */
  constructor(app: App, project: Project, display: RunDisplay, {parent, resume, retry}: SessionOrigin = {}) {
    this.runId = resume?.runId ?? createRunId(Date.now(), randomBytes(3))
    this.#resume = resume
    this.#retry = retry
    this.#app = app
    this.#project = project
    this.#display = display
    this.#parent = parent
    this.#requests = new RequestWatch({runId: this.runId, open: app.requests})
    this.#approvals = new Approvals(this.#requests)
    this.#trace = new RunTrace(app.options.environment.variables, parent?.trace)
    this.#duties = new OwnerDuties({
      runId: this.runId,
      openJournal: app.journal,
      openLeases: app.leases,
      requests: this.#requests,
      hearsSignal: parent === undefined,
      kill: () => {
        this.kill()
      },
    })
    app.addSession(this)
  }

  /**
   * Runs a plan to its end, or until it is stopped. When it is to leave at once, everything that runs is ended first. Throws what opening its secrets
   * and its containers throws; then no task has been started.
   */
  async run(planned: PlannedRun, callerSignals: StopSignals, choices: RunChoices = {}): Promise<RunOutcome> {
    const {ignoresCache = false, isResumable = false, isParked = false} = choices
    const signals = this.#duties.follow(callerSignals)
    const kill = (): void => {
      this.kill()
    }
    // Added before the listener of the run, which waits for the journal: what runs ends even then.
    signals.leave.addEventListener('abort', kill)
    try {
      // Nothing starts beside what a command that was killed has left running.
      if (this.#parent === undefined) await sweepLeftovers()
      const {config} = this.#project
      const shared = this.#parent?.secrets
      const opened = await openRunSecrets(this.#resume?.withSecretsNeeded(planned.plan) ?? planned.plan, {
        ...{app: this.#app, config, runId: this.runId, shared, isResumable: this.#resume?.hasKey ?? isResumable},
      })
      const {secrets} = opened
      this.#secrets = secrets
      const {taskRuntimes, imageIds, warnings} = await this.#open(planned, signals.stop)
      const {plan} = planned
      const limits = {openFileLimit: readOpenFileLimit(), processLimit: readProcessLimit(), parallelism: plan.workflow.parallelism}
      const concurrency = chooseConcurrency({...config, ...limits})
      const {runId} = this
      const {cacheMaxBytes: maxBytes, keepFilesMs: keepMs} = config
      const cacheStep = await openCacheStep(plan, {app: this.#app, maxBytes, runId, isIgnored: ignoresCache, imageIds, secrets})
      const files = await openRunFiles(this.#app, plan, {runId, keepMs, confirmOwner: this.#duties.confirm})
      this.#opened.add(() => files.close())
      const executor = this.#createExecutor(taskRuntimes, plan, signals)
      const onOutputs = (outputs: JsonObject): void => {
        this.#outputs = outputs
      }
      const onEvent = (event: DatedEvent): void => {
        this.#approvals.hear(event)
        this.#trace.hear(event)
        this.#resume?.hear(event)
      }
      const resumed = await this.#resume?.restore(planned, secrets)
      const keepStep = await this.#retry?.open(planned, secrets)
      const ports = {
        openJournal: this.#duties.openJournal,
        reporter: this.#createReporter(),
        runner: new LocalTaskRunner(plan, {
          ...planned,
          runId,
          directory: files.directory,
          ...{executor, secrets, cacheStep, keepStep, onOutputs, onEvent},
          restored: resumed?.values,
        }),
        ...(plan.concurrency !== undefined && {admission: await this.#createAdmission()}),
        clock: {now: () => Date.now(), elapsed: () => performance.now()},
        random: () => Math.random(),
      }
      const {keepsOutputs} = this.#display
      const origin = {...describeOrigin(this.#app.options, this.#trace, this.#parent?.task), retryOf: this.#retry?.of}
      const own = {runId, ...origin, ...parkOptions(isParked, this.#duties.look)}
      const options = {...own, concurrency, signals, keepsOutputs, secrets, warnings, resume: resumed?.run}
      const outcome = await runWorkflow(plan, ports, options)
      await files.finish(outcome.result.status)
      if (outcome.result.status !== 'waiting') opened.finish()
      return outcome
    } finally {
      this.#duties.end()
      signals.leave.removeEventListener('abort', kill)
    }
  }

  /** What the run returned, before it was masked. */
  get outputs(): JsonObject {
    return this.#outputs
  }

  mask(text: string): string {
    return this.#secrets?.masker.mask(text) ?? text
  }

  kill(): void {
    this.#isKilled = true
    this.#runtimes?.killNow()
  }

  /** Resolves when nothing of the run is left. Throws OUTPUT_NOT_WRITABLE when events were lost. */
  async close(): Promise<void> {
    try {
      await this.#opened.close()
    } finally {
      this.#app.removeSession(this)
      // The masker of a parent goes on.
      if (this.#secrets?.masker !== this.#parent?.secrets?.masker) this.#secrets?.masker.clear()
    }
  }

  async #open(planned: PlannedRun, signal: AbortSignal): Promise<OpenTaskRuntimes> {
    const {runId} = this
    const {root, environment, ui} = this.#app.options
    const {progress, lines} = this.#display
    const isQuiet = progress === 'quiet' || lines === 'none'
    const opened = await openTaskRuntimes(planned, {
      runId,
      project: this.#project,
      root,
      environment,
      openEngine: this.#app.engine,
      ui,
      isQuiet,
      signal,
    })
    this.#opened.add(() => opened.close())
    this.#runtimes = opened
    // Before they were there.
    if (this.#isKilled) opened.killNow()
    return opened
  }

  async #createAdmission(): Promise<RunAdmission> {
    const {openAdmission} = await import('./runs/admission.ts')
    return openAdmission(this.#app, {runId: this.runId, requests: this.#requests, ancestors: this.#parent?.ancestors ?? []})
  }

  #createExecutor(taskRuntimes: OpenTaskRuntimes['taskRuntimes'], plan: Plan, signals: StopSignals): PluginExecutor {
    const {options, schemas} = this.#app
    const chain = this.#parent?.chain ?? (plan.file === '-' ? [] : [realPathOf(plan.file) ?? plan.file])
    const builtInActions = createBuiltInActions({
      approvals: this.#approvals,
      app: this.#app,
      plan,
      chain,
      signals,
      findKnown: (task) => this.#resume?.findChild(task) ?? Promise.resolve(undefined),
      openChild: (project, task, file, resume) => {
        const ancestors = [this.runId, ...(this.#parent?.ancestors ?? [])]
        const own = {secrets: this.#secrets, ask: this.#ask, trace: this.#trace}
        const link = {task: {run: this.runId, task}, ancestors, chain: [...chain, file], ...own}
        return new RunSession(this.#app, project, silent, {parent: link, resume})
      },
    })
    return new PluginExecutor({
      taskRuntimes,
      builtInActions,
      confirmOwner: this.#duties.confirm,
      variables: this.#trace.variables,
      compileSchema: (schema) => schemas.compile(schema),
      limits: this.#project.config.limits,
      isDebug: options.environment.isDebug,
    })
  }

  #createReporter(): Reporter {
    const opened = openRunReporter({display: this.#display, app: this.#app, approvals: this.#approvals, parent: this.#parent})
    this.#opened.add(opened.close)
    this.#ask = opened.ask
    return opened.reporter
  }
}
