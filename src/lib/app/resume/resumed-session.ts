// What the session of a run needs besides when another process began it.

import {existsSync} from 'node:fs'
import type {StateEvent} from '../../engine/events.ts'
import type {OwnedRun} from '../../engine/owners/run-leases.ts'
import type {Plan} from '../../engine/plan.ts'
import type {DatedEvent} from '../../engine/run-state.ts'
import {contextOfSecrets} from '../../engine/sealed-output.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {RunSecrets} from '../../execution/task/run-secrets.ts'
import type {PlannedRun} from '../../planning/plan-workflow.ts'
import {changedSecrets} from '../../secrets/secret-fingerprint.ts'
import type {RunRows, RunSummary} from '../../storage/run-rows.ts'
import type {JsonObject} from '../../util/json.ts'
import type {App} from '../app.ts'
import {endOldOwner} from '../runs/end-old-owner.ts'
import {runKeyFile} from '../runs/open-run-secrets.ts'
import type {KnownChild, RestoredRun, ResumedParts} from '../session-origin.ts'
import {withSecretsNeeded} from './secrets-needed.ts'
import {needsChoice} from './interrupted-choices.ts'
import {findMade, hasEnded, KnownChildren} from './known-children.ts'
import {prepareRun, type PreparedRun} from './prepare-run.ts'
import {ValueRestorer} from './restore-values.ts'
import {sealedValues} from '../runs/sealed-values.ts'

export class ResumedSession implements ResumedParts {
  readonly runId: string
  readonly #app: App
  readonly #prepared: PreparedRun
  readonly #owned: OwnedRun | undefined
  /** The runs that its tasks have made so far. */
  readonly #children = new KnownChildren()

  /** @param owned as the last owner left it; absent: that one has been dealt with */
  constructor(app: App, prepared: PreparedRun, owned?: OwnedRun) {
    this.#owned = owned
    this.runId = prepared.run.id
    this.#app = app
    this.#prepared = prepared
  }

  get hasKey(): boolean {
    return existsSync(runKeyFile(this.#app.home, this.runId))
  }

  withSecretsNeeded(plan: Plan): Plan {
    const {options, events} = this.#prepared
    return options.acceptsChangedSecrets ? withSecretsNeeded(plan, events) : plan
  }

  hear(event: DatedEvent): void {
    this.#children.hear(event)
  }

  async restore({plan, templates}: PlannedRun, secrets: RunSecrets | undefined): Promise<RestoredRun> {
    const {events, sealed, open, choice} = this.#prepared
    const epoch = this.#owned?.epoch ?? this.#prepared.epoch
    const restorer = new ValueRestorer({runId: this.runId, plan, templates, sealed, open, masker: secrets?.masker})
    await this.#compareSecrets(secrets)
    await restorer.restore(events)
    const onClaimed = async (): Promise<void> => {
      if (this.#owned !== undefined) await endOldOwner(this.#owned.owner, plan, this.#app.engine)
      // What the last owner has appended until it lost the run.
      await restorer.restore(await this.#readAfter(events.at(-1)?.seq ?? 0))
    }
    return {values: restorer.values(epoch + 1), run: {epoch, events, interrupted: choice.next, onClaimed}}
  }

  async findChild(task: string): Promise<KnownChild | undefined> {
    const id = this.#children.find(task)
    const rows = await this.#app.runs()
    const run = id === undefined ? undefined : findMade(rows, id)
    if (run === undefined) return undefined
    if (hasEnded(run)) {
      const {id: ended, status, reason} = run
      const outputs = await outputsOf(this.#app, rows, run)
      return {kind: 'ended', run: ended, status, outputs, ...(reason !== undefined && {reason})}
    }
    const {options} = this.#prepared
    const prefix = `${options.prefix}${task}/`
    // Read now: the run has a new owner with the one it was made for.
    const prepared = await prepareRun(this.#app, run, {...options, prefix})
    const open = prepared.choice.open.map((one) => ({...one, prefix}))
    if (open.length > 0) throw needsChoice(run.id, open)
    const {project, planned} = prepared
    return {kind: 'open', project, planned, resume: new ResumedSession(this.#app, prepared)}
  }

  /** What of the old value is known to somebody else could not be hidden. */
  async #compareSecrets(secrets: RunSecrets | undefined): Promise<void> {
    const {sealed, open, options} = this.#prepared
    const fingerprint = sealed().get(contextOfSecrets.task)
    if (fingerprint === undefined || options.acceptsChangedSecrets) return
    const bytes = await open(fingerprint, {run: this.runId, ...contextOfSecrets})
    // Authenticated: it is what was sealed.
    const changed = changedSecrets(JSON.parse(bytes.toString()) as JsonObject, secrets?.values ?? new Map())
    if (changed.length > 0) throw secretsChanged(this.runId, changed)
  }

  async #readAfter(seq: number): Promise<StateEvent[]> {
    const journal = await this.#app.journal()
    const events: StateEvent[] = []
    for await (const event of (await journal.read(this.runId, seq))?.events ?? []) events.push(event)
    return events
  }
}

function secretsChanged(run: string, names: readonly string[]): WorkflowError {
  const list = names.map((name) => `"${name}"`).join(', ')
  const [what, has] = names.length === 1 ? ['the secret', 'has another value'] : ['the secrets', 'have other values']
  return new WorkflowError(
    'RUN_NOT_RESUMABLE',
    `run ${run} cannot be resumed as it began: ${what} ${list} ${has} than when the run began`,
    {
      hint: 'put the old value back; or add --accept-changed-secrets: an old value that tasks have written elsewhere is then not masked',
    },
  )
}

async function outputsOf(app: App, rows: RunRows, run: RunSummary): Promise<JsonObject> {
  const {run: outputs} = rows.outputs(run)
  if (outputs === undefined) return {}
  const {masked, sealed, task, attempt, isMasked} = outputs
  if (sealed === undefined) {
    if (isMasked !== true) return masked
    throw new WorkflowError('RUN_NOT_RESUMABLE', `the outputs of run ${run.id} held secrets, and no key was there to keep them with`)
  }
  const bytes = await sealedValues(app)(sealed, {run: run.id, task, attempt})
  // Authenticated: it is what was sealed.
  const real = JSON.parse(bytes.toString()) as JsonObject
  bytes.fill(0)
  return real
}
