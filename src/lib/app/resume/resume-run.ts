// `workflow runs resume RUN`: from a run whose process is gone to its outcome.

import type {StateEvent} from '../../engine/events.ts'
import type {RunOutcome} from '../../engine/loop/run-workflow.ts'
import {renderDiagnostics} from '../../ui/terminal/diagnostics.ts'
import type {App} from '../app.ts'
import {pruneByPolicy, type UntilStopped} from '../run-file.ts'
import {RunSession} from '../run-session.ts'
import type {RunDisplay} from '../runs/run-reporter.ts'
import type {RetryParts} from '../session-origin.ts'
import {findInterrupted, type NothingToResume} from './find-run.ts'
import {needsChoice, requireKnown, type InterruptedTask, type NamedTask, type ResumeChoices} from './interrupted-choices.ts'
import {findMade, hasEnded, KnownChildren} from './known-children.ts'
import {prepareRun, type PreparedRun} from './prepare-run.ts'
import {requireSecretsOf} from './secrets-needed.ts'
import {ResumedSession} from './resumed-session.ts'
import {stillWaits} from './still-waits.ts'

export interface ResumeRequest {
  /** Id of a run, the beginning of one, or `latest`. */
  readonly run: string
  readonly choices: ResumeChoices
  readonly acceptsChangedPlugins: boolean
  readonly acceptsChangedSecrets: boolean
  /** Most tasks at a time; overrules file and configuration. */
  readonly concurrency?: number | undefined
  /** Every task runs, whatever is known of its result. */
  readonly ignoresCache?: boolean
  /** For a run that retries another one. */
  readonly openRetry: (app: App, events: readonly StateEvent[]) => Promise<RetryParts | undefined>
  /** The run is parked when nothing but waits is left. */
  readonly isParked?: boolean
}

/**
 * Runs what is left of the run to its end, or until it is stopped. Throws RUN_NEEDS_CHOICE, RUN_NOT_RESUMABLE, RUN_NOT_INTERRUPTED, RUN_NOT_FOUND and
 * USAGE; then the run is as it was. RUN_TAKEN_OVER: another process has resumed it.
 */
export async function resumeRun(
  app: App,
  request: ResumeRequest,
  display: RunDisplay,
  untilStopped: UntilStopped,
): Promise<RunOutcome | NothingToResume> {
  // The database is brought to the format of this version before it is read.
  const owners = await app.owners()
  const onWait = (message: string): void => {
    app.ui.err.write(`${message}\n`)
  }
  const found = await findInterrupted(request.run, {rows: await app.runs(), owners, onWait})
  if ('message' in found) return found
  const {run, owned} = found
  const waits = request.isParked === true ? await stillWaits(run, app.requests) : undefined
  if (waits !== undefined) return waits
  const {choices, acceptsChangedPlugins, acceptsChangedSecrets, concurrency} = request
  const prepared = await prepareRun(app, run, {choices, acceptsChangedPlugins, acceptsChangedSecrets, concurrency, prefix: ''})
  const all = await listInterrupted(app, prepared)
  requireKnown(run.id, choices, all)
  const open = all.filter(({isOpen}) => isOpen)
  if (open.length > 0) throw needsChoice(run.id, open)
  await requireSecretsOf(prepared, {env: app.options.environment.variables, open: app.vault})
  app.ui.err.write(renderDiagnostics(prepared.planned.warnings, 'text', app.ui.errStyle))
  const session = new RunSession(app, prepared.project, display, {
    resume: new ResumedSession(app, prepared, owned),
    retry: await request.openRetry(app, prepared.events),
  })
  return await untilStopped(async (signals) => {
    const outcome = await session.run(prepared.planned, signals, request)
    await pruneByPolicy(app, prepared.project.config)
    return outcome
  })
}

type Listed = InterruptedTask & NamedTask & {readonly isOpen: boolean}

/** The interrupted tasks of the run, and of the runs that go on with it. */
async function listInterrupted(app: App, prepared: PreparedRun): Promise<Listed[]> {
  const {interrupted, choice, options, events} = prepared
  const {prefix} = options
  const all = interrupted.map((one): Listed => ({...one, prefix, isOpen: choice.open.includes(one)}))
  const children = new KnownChildren()
  events.forEach(children.hear)
  for (const {task} of interrupted) {
    const child = children.find(task)
    const run = child === undefined || choice.next.get(task) !== 'again' ? undefined : findMade(await app.runs(), child)
    if (run === undefined || hasEnded(run)) continue
    all.push(...(await listInterrupted(app, await prepareRun(app, run, {...options, prefix: `${prefix}${task}/`}))))
  }
  return all
}
