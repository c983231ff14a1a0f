// A run whose tasks the test ends: the executor port is a list of open attempts, and nothing happens until the test says so.

import {onTestFinished} from 'vitest'
import type {TaskError} from '../../src/lib/engine/events.ts'
import type {RunEvent, RunFinished} from '../../src/lib/engine/events.ts'
import type {Plan} from '../../src/lib/engine/plan.ts'
import {RunLoop} from '../../src/lib/engine/loop/run-loop.ts'
import type {RunSecrets} from '../../src/lib/execution/task/run-secrets.ts'
import type {ActionResult} from '../../src/lib/engine/task-result.ts'
import type {ExecuteOptions, Invocation} from '../../src/lib/execution/attempt/attempt.ts'
import {RunDirectory} from '../../src/lib/execution/files/run-directory.ts'
import {LocalTaskRunner} from '../../src/lib/execution/task/local-task-runner.ts'
import type {SealedValue} from '../../src/lib/engine/sealed-output.ts'
import {planWorkflow, type PlannedRun} from '../../src/lib/planning/plan-workflow.ts'
import type {PluginAction} from '../../src/lib/plugins/manifest.ts'
import {expectLawful} from './engine-laws.ts'
import {noPermissions} from '../../src/lib/permissions/permissions.ts'
import {loadTemplates} from '../../src/lib/templates/templates.ts'
import type {JsonValue} from '../../src/lib/util/json.ts'
import type {Task, Workflow} from '../../src/lib/workflow/model.ts'

export type TaskSketch = Partial<Task> & {readonly id: string}

export interface OpenAttempt {
  /** What it was called with. */
  readonly invocation: Invocation
  readonly signal: AbortSignal
  log(message: string): void
  readonly emit: ExecuteOptions['emit']
  succeed(output?: JsonValue): void
  fail(error?: Partial<TaskError>): void
}

export interface ScriptedRun {
  readonly loop: RunLoop
  readonly events: RunEvent[]
  /** What the journal and the reporter were given, in that order, as `journal:1`, `report:1`. */
  readonly order: string[]
  readonly finished: Promise<RunFinished>
  /** Resolves when the task has an open attempt. */
  attempt(task: string): Promise<OpenAttempt>
  /** Ids of the tasks with an open attempt. */
  open(): string[]
}

interface ScriptedRunOptions {
  readonly workflow?: Partial<Workflow>
  readonly concurrency?: number
  readonly failFast?: boolean
  readonly timeoutMs?: number
  readonly secrets?: RunSecrets
  /** For what no workflow file can say yet. */
  readonly changePlan?: (plan: Plan) => Plan
  /** The time of day; by default it goes on by a millisecond whenever it is asked for. */
  readonly now?: () => number
  readonly elapsed?: () => number
  /** Called instead of a journal that keeps everything. */
  readonly onAppend?: (events: readonly RunEvent[], sealed?: ReadonlyMap<number, SealedValue>) => void
}

const retry = {maxAttempts: 1, backoff: 'constant', delayMs: 1, maxDelayMs: 1000, jitter: false, on: ['error', 'timeout']} as const
const defaults = {type: 'test/plugin.act', needs: [], inputs: {}, env: {}, retry, continueOnError: false, idempotent: false, resources: {}}

export function sketchedTask(sketch: TaskSketch): Task {
  return {...defaults, ...sketch}
}

/** A plan of one action, with nothing behind it but the executor port. */
export async function scriptedPlan(
  sketches: readonly TaskSketch[],
  more: Partial<Workflow> = {},
  settings: {readonly failFast?: boolean | undefined; readonly timeoutMs?: number | undefined} = {},
): Promise<PlannedRun> {
  const tasks = sketches.map(sketchedTask)
  const workflow = {
    id: 'scripted',
    vars: {},
    env: {},
    secrets: [],
    inheritEnv: [],
    security: 'trusted',
    hasPermissions: false,
    workingDir: '/',
    hooks: {},
    outputs: {},
    source: {file: 'scripted.yaml', diagnostic: () => ({file: 'scripted.yaml', line: 7, column: 9})},
    tasks,
    ...more,
  } as unknown as Workflow
  const templates = await loadTemplates([tasks, workflow.outputs, workflow.hooks])
  const action = {plugin: {id: 'test/plugin', manifest: {version: '1.0.0'}}, action: {name: 'act', literalInputs: ['literal']}}
  const actions = new Map(tasks.map(({type}) => [type, action as unknown as PluginAction]))
  const {vars, env, source} = workflow
  const plan = planWorkflow({
    workflow,
    templates,
    actions,
    grants: {workflow: noPermissions, tasks: new Map()},
    digests: new Map(),
    containers: new Map(),
    settings: {vars, env, failFast: settings.failFast ?? true, timeoutMs: settings.timeoutMs},
    file: '/scripted.yaml',
  })
  return {plan, templates, actions, source, warnings: []}
}

function numberOf(event: RunEvent): string {
  return event.type === 'task.log' ? `line ${event.line}` : String(event.seq)
}

export async function startScriptedRun(sketches: readonly TaskSketch[], options: ScriptedRunOptions = {}): Promise<ScriptedRun> {
  const planned = await scriptedPlan(sketches, options.workflow, options)
  const plan = options.changePlan?.(planned.plan) ?? planned.plan
  const events: RunEvent[] = []
  const order: string[] = []
  const attempts = new Map<string, OpenAttempt>()
  const waiting = new Map<string, (attempt: OpenAttempt) => void>()
  const execute = (invocation: Invocation, {signal, masker, onLog, emit}: ExecuteOptions): Promise<ActionResult> =>
    new Promise((resolve) => {
      const {task} = invocation.context
      const end = (result: ActionResult): void => {
        attempts.delete(task)
        resolve(result)
      }
      const fail = (error: Partial<TaskError> = {}): void => {
        end({
          ok: false,
          error: {code: 'EXIT_CODE', message: 'it failed', retryable: true, ...error},
          metrics: {durationMs: 1},
          warnings: [],
        })
      }
      signal.addEventListener('abort', () => {
        fail({code: 'CANCELLED', message: 'cancelled'})
      })
      const attempt: OpenAttempt = {
        invocation,
        signal,
        emit,
        log: (message) => {
          onLog({stream: 'stdout', level: 'info', message: masker?.mask(message) ?? message})
        },
        succeed: (output = null) => {
          end({ok: true, output, metrics: {durationMs: 1}, warnings: []})
        },
        fail,
      }
      attempts.set(task, attempt)
      waiting.get(task)?.(attempt)
      waiting.delete(task)
    })

  let nowMs = Date.UTC(2026, 0, 1)
  const loop = new RunLoop(
    plan,
    {
      journal: {
        create: () => undefined,
        append(_run, batch, sealed) {
          options.onAppend?.(batch, sealed)
          order.push(...batch.map((event) => `journal:${numberOf(event)}`))
        },
      },
      reporter: {
        report(event) {
          order.push(`report:${numberOf(event)}`)
          events.push(event)
        },
        close: () => Promise.resolve(),
      },
      runner: new LocalTaskRunner(plan, {
        ...planned,
        runId: 'run-1',
        directory: new RunDirectory('/nowhere/run-1'),
        executor: {execute, expect: () => undefined},
        secrets: options.secrets,
      }),
      clock: {now: () => options.now?.() ?? (nowMs += 1), elapsed: () => options.elapsed?.() ?? performance.now()},
      random: () => 0,
    },
    {
      runId: 'run-1',
      concurrency: options.concurrency ?? 100,
      masker: options.secrets?.masker,
    },
  )
  const finished = loop.run().then((event) => {
    if (event.type === 'run.parked') throw new Error('only a run that is told to is parked')
    return event
  })
  let isOver = false
  finished.then(
    () => {
      isOver = true
    },
    // The journal cannot be written: no law holds for what follows.
    () => undefined,
  )
  onTestFinished(() => {
    loop.stop('terminated', true)
    expectLawful(events, isOver)
  })
  return {
    loop,
    events,
    order,
    finished,
    attempt(task) {
      const attempt = attempts.get(task)
      return attempt === undefined
        ? new Promise((resolve) => {
            waiting.set(task, resolve)
          })
        : Promise.resolve(attempt)
    },
    open: () => [...attempts.keys()],
  }
}
