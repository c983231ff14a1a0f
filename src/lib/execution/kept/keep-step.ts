// A task of a run that retries another: whether it keeps the result that it had there, or why it runs.

import {compareFingerprints} from '../../cache/fingerprint.ts'
import type {Digests} from '../../cache/digests.ts'
import type {PlannedTask, Plan} from '../../engine/plan.ts'
import type {DatedEvent} from '../../engine/run-state.ts'
import {readTaskKey, writeTaskKey, type TaskKey} from '../../engine/task-key.ts'
import type {ActionResult, KeptFact} from '../../engine/task-result.ts'
import type {TaskFinished} from '../../engine/events.ts'
import type {Plugin} from '../../plugins/manifest.ts'
import type {RunDirectory} from '../files/run-directory.ts'
import {moveRunPaths} from '../files/run-paths.ts'
import type {AskedToKeep, ResultKeeper} from '../task/run-attempt.ts'
import {copyFiles} from './copy-files.ts'
import type {EarlierEnd, EarlierRun} from './earlier-run.ts'
import {fingerprintOfTask} from './task-fingerprint.ts'

export interface KeepChoices {
  /** Texts of keys of tasks and items that run in any case. */
  readonly from: readonly string[]
  /** Nothing but these runs: all others keep their results, whatever has changed. Empty: whatever has to. */
  readonly only: readonly string[]
}

export interface KeepStepParts {
  readonly plan: Plan
  readonly earlier: EarlierRun
  readonly choices: KeepChoices
  readonly digests: Digests
  /** What else the result of the task depends on that has changed since that run began, as phrases. */
  readonly changedSince: (task: PlannedTask, plugin: Plugin, child: string | undefined) => Promise<readonly string[]>
}

export type KeepAnswer = {readonly keeps: true; readonly end: EarlierEnd} | {readonly keeps: false; readonly reasons: readonly string[]}

/** So many reasons are said; the others are counted. */
const mostReasons = 5

export class KeepStep implements ResultKeeper {
  readonly #parts: KeepStepParts
  /** Tasks of the file whose results are others than they were, and what became of them. */
  readonly #changed = new Map<string, string>()
  readonly #facts = new Map<string, KeptFact>()

  constructor(parts: KeepStepParts) {
    this.#parts = parts
  }

  isForced({task, item}: TaskKey): '--from' | '--only' | undefined {
    const {from, only} = this.#parts.choices
    const names = item === undefined ? [task] : [task, writeTaskKey({task, item})]
    if (names.some((name) => only.includes(name))) return '--only'
    return names.some((name) => from.includes(name)) ? '--from' : undefined
  }

  async attempt(
    asked: AskedToKeep & {readonly directory: RunDirectory; readonly attempt: number},
    execute: () => Promise<ActionResult>,
  ): Promise<ActionResult> {
    const text = writeTaskKey(asked.key)
    if (asked.attempt === 1) {
      const answer = await this.ask(asked)
      const kept = answer.keeps ? await this.#take(answer.end, asked) : answer.reasons
      if ('ok' in kept) return kept
      this.#facts.set(text, ranBecause(kept))
    }
    const kept = this.#facts.get(text)
    return {...(await execute()), ...(kept !== undefined && {kept})}
  }

  /** Reads, and writes nothing. */
  async ask(asked: AskedToKeep): Promise<KeepAnswer> {
    const {earlier, choices} = this.#parts
    const {key, task} = asked
    const forced = this.isForced(key)
    if (forced !== undefined) return ran([forced])
    const end = earlier.find(writeTaskKey(key))
    const {id} = earlier
    if (end === undefined) return ran([this.#absence(key)])
    if (end.status === 'failed' || end.status === 'cancelled')
      return ran([`it ${end.status === 'failed' ? 'failed' : 'was cancelled'} in run ${id}`])
    if (end.status === 'skipped') return ran([`it was skipped in run ${id}`])
    const lost = end.isLost ? [`what it returned in run ${id} held secrets, and was not kept`] : []
    if (choices.only.length > 0) return lost.length > 0 ? ran(lost) : {keeps: true, end}
    const needs = task.needs.flatMap((need) => this.#changed.get(need) ?? [])
    // What changed above it is reason enough: what it is given then is not looked at.
    const reasons = [...needs, ...lost, ...(needs.length > 0 ? [] : await this.#compare(asked, end))]
    return reasons.length > 0 ? ran(reasons) : {keeps: true, end}
  }

  /** Is given every event of the run, in order. */
  hear(event: DatedEvent): void {
    const {earlier} = this.#parts
    if (event.type === 'task.expanded') {
      const before = earlier.itemsOf(event.task)
      if (before?.join('\0') !== event.items.join('\0')) this.#note(event.task, 'has other items')
    } else if (event.type === 'task.skipped') {
      const {task, item} = readTaskKey(event.task)
      if (earlier.find(event.task)?.status !== 'skipped') this.#note(task, item === undefined ? 'was skipped' : 'ran again')
    } else if (event.type === 'task.finished' && !this.#isSame(event)) this.#note(readTaskKey(event.task).task, 'ran again')
  }

  /** A task that has ended otherwise than with the result that it had. */
  changed(task: string): void {
    this.#note(task, 'ran again')
  }

  #note(task: string, what: string): void {
    if (!this.#changed.has(task)) this.#changed.set(task, `task ${task} ${what}`)
  }

  #isSame({task, items, cache, kept, status}: TaskFinished): boolean {
    // Its items have said it.
    if (items !== undefined) return status === 'succeeded'
    if (kept?.isKept === true) return true
    if (cache?.isHit !== true) return false
    const before = this.#parts.earlier.find(task)?.finished?.cache
    return cache.run === this.#parts.earlier.id || (before?.isHit === true && before.run === cache.run)
  }

  #absence({task}: TaskKey): string {
    const {id} = this.#parts.earlier
    return this.#parts.earlier.task(task) === undefined ? `it is not in run ${id}` : `it had not ended in run ${id}`
  }

  async #compare(asked: AskedToKeep, {fingerprint}: EarlierEnd): Promise<string[]> {
    const {plan, digests, changedSince, earlier} = this.#parts
    const {task, key, plugin, namesRunDir} = asked
    if (namesRunDir) return ['it works in the directory of the run, which is another one']
    const now = fingerprintOfTask({...asked, plan}, digests)
    if (fingerprint === undefined || now === undefined) return [`what it was given in run ${earlier.id} is not known any more`]
    return [...compareFingerprints(fingerprint, now), ...(await changedSince(task, plugin, earlier.childOf(writeTaskKey(key))))]
  }

  async #take(
    {output = null, finished, attempt}: EarlierEnd,
    {key, directory}: AskedToKeep & {readonly directory: RunDirectory},
  ): Promise<(ActionResult & {readonly ok: true}) | readonly string[]> {
    const {id: run, dir} = this.#parts.earlier
    const files = finished?.files === undefined ? undefined : await copyFiles(finished.files, directory, key)
    if (typeof files === 'string') return [`${files} of run ${run}`]
    return {
      ok: true,
      output: moveRunPaths(output, dir, directory.path),
      ...(files !== undefined && {files}),
      metrics: {durationMs: 0},
      warnings: [],
      kept: {isKept: true, run, attempt},
    }
  }
}

function ran(reasons: readonly string[]): KeepAnswer {
  return {keeps: false, reasons}
}

function ranBecause(reasons: readonly string[]): KeptFact {
  const more = reasons.length - mostReasons
  return {isKept: false, reasons: reasons.slice(0, mostReasons), ...(more > 0 && {more})}
}
