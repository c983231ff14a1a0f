// What tells the tasks of a run that retries another which results they keep.

import {randomBytes} from 'node:crypto'
import path from 'node:path'
import {Digests} from '../../cache/digests.ts'
import type {StateEvent} from '../../engine/events.ts'
import type {RetryOf} from '../../engine/retry-of.ts'
import {EarlierRun, type EarlierValues} from '../../execution/kept/earlier-run.ts'
import {KeepStep} from '../../execution/kept/keep-step.ts'
import type {RunSecrets} from '../../execution/task/run-secrets.ts'
import type {PlannedRun} from '../../planning/plan-workflow.ts'
import {restoreSource} from '../../planning/restore/restore-source.ts'
import {templatesOf} from '../../planning/restore/restore-run.ts'
import type {App} from '../app.ts'
import {ValueRestorer} from '../resume/restore-values.ts'
import {sealedValues} from '../runs/sealed-values.ts'
import type {RetryParts} from '../session-origin.ts'
import {ChangesSince} from './changes-since.ts'
import {findRetried, type RetriedRun} from './find-retried.ts'

export class RetryOrigin implements RetryParts {
  readonly of: RetryOf
  readonly #app: App
  readonly #retried: RetriedRun

  constructor(app: App, retried: RetriedRun, of: RetryOf) {
    this.#app = app
    this.#retried = retried
    this.of = of
  }

  async open(planned: PlannedRun, secrets: RunSecrets | undefined): Promise<KeepStep> {
    const {run, plan} = this.#retried
    const rows = await this.#app.runs()
    const events = rows.stateEvents(run)
    const restorer = new ValueRestorer({
      ...{runId: run.id, plan, templates: await templatesOf(plan), sealed: () => rows.sealed(run), open: sealedValues(this.#app)},
      masker: secrets?.masker,
      losesUnreadable: true,
    })
    await restorer.take(events)
    const {outputs, vars} = restorer.values(1)
    return (await this.#connect(planned, secrets, {outputs, vars, lost: restorer.lost}, events)).step
  }

  /** The same without opening anything that is secret: only for asking. */
  async preview(planned: PlannedRun, secrets: RunSecrets): Promise<{readonly step: KeepStep; readonly earlier: EarlierRun}> {
    const {run} = this.#retried
    const rows = await this.#app.runs()
    const events = rows.stateEvents(run)
    const sealed = rows.sealed(run)
    const lost = events.flatMap((event) =>
      event.type === 'task.finished' && (event.areFilesMasked === true || (event.isOutputMasked === true && !sealed.has(event.task)))
        ? [event.task]
        : [],
    )
    return await this.#connect(planned, secrets, {outputs: new Map(), vars: new Map(), lost: new Set(lost)}, events)
  }

  async #connect(
    {plan: now, fileEnv}: PlannedRun,
    secrets: RunSecrets | undefined,
    values: EarlierValues,
    events: readonly StateEvent[],
  ): Promise<{readonly step: KeepStep; readonly earlier: EarlierRun}> {
    const {run, plan} = this.#retried
    const {home, options} = this.#app
    // Only to compare within this process.
    const digests = new Digests(randomBytes(32))
    const beside = {templates: await templatesOf(plan), source: await restoreSource(plan, run.startedAt), fileEnv}
    const runsDir = path.join(home.home, 'runs')
    const earlier = new EarlierRun({id: run.id, plan, beside, runsDir, secrets, digests, values}, events)
    const changes = new ChangesSince({run, plan: now, before: plan, root: options.root, rows: await this.#app.runs()})
    const {from = [], only = []} = this.of
    return {earlier, step: new KeepStep({plan: now, earlier, choices: {from, only}, digests, changedSince: changes.of})}
  }
}

/** Of a run that goes on: what it retries, as its journal says. Undefined: nothing, or that run is gone. */
export async function retryOriginOf(app: App, events: readonly StateEvent[]): Promise<RetryOrigin | undefined> {
  const [started] = events
  if (started?.type !== 'run.started' || started.retryOf === undefined) return undefined
  const {WorkflowError} = await import('../../errors/workflow-error.ts')
  try {
    return new RetryOrigin(app, await findRetried(app, started.retryOf.run), started.retryOf)
  } catch (error) {
    if (error instanceof WorkflowError && error.code === 'RUN_NOT_FOUND') return undefined
    throw error
  }
}
