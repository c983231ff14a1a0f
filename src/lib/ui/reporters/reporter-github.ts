// Progress on GitHub Actions: the log of each task in a fold of its own, failures as annotations.

import type {RunEvent, TaskWaiting} from '../../engine/events.ts'
import type {RunView} from '../../engine/run-view.ts'
import {describeError, describeEvent} from './event-text.ts'
import {disarmGithubCommands, githubCommand} from '../terminal/github-command.ts'
import {renderCommands} from './approval-text.ts'
import {Heartbeat} from './heartbeat.ts'
import type {ProgressReporter} from './progress-reporter.ts'
import type {ReporterOptions} from './reporter-plain.ts'
import {PollLog} from './poll-log.ts'
import {renderParked} from './parked-text.ts'
import {renderSummary} from './summary.ts'

/** In UTF-16 units. Folds cannot overlap, so lines wait until their task ends; a longer log is shown in several folds. */
const foldUnits = 64 * 1024

interface Fold {
  lines: string[]
  units: number
}

export class GithubReporter implements ProgressReporter {
  readonly #options: ReporterOptions
  readonly #heartbeat: Heartbeat
  readonly #polls = new PollLog()
  readonly #folds = new Map<string, Fold>()

  constructor(options: ReporterOptions) {
    this.#options = options
    this.#heartbeat = new Heartbeat(options)
  }

  report(event: RunEvent, view: RunView): void {
    this.#heartbeat.watch(view)
    const {writer, style} = this.#options
    if (event.type === 'task.waiting') {
      this.ask(event)
      return
    }
    if (this.#polls.hides(event, view, describeEvent)) return
    if (event.type === 'task.log') {
      this.#keep(event.task, describeEvent(event))
      return
    }
    if (event.type === 'task.finished') for (const line of this.#polls.take(event).lines) this.#keep(event.task, line)
    if (event.type === 'task.finished') this.#show(event.task, 'log')
    if (event.type === 'run.parked') {
      writer.write(disarmLines(renderParked(view, style)))
      return
    }
    if (event.type === 'run.finished') for (const task of this.#folds.keys()) this.#show(task, 'log')
    writer.write(
      event.type === 'run.finished' ? disarmLines(renderSummary(view, style)) : `${disarmGithubCommands(describeEvent(event, view))}\n`,
    )
    // Each failed item has an annotation of its own.
    if (event.type === 'task.finished' && event.status === 'failed' && event.error !== undefined && event.items === undefined) {
      writer.write(githubCommand(event.isTolerated ? 'warning' : 'error', {title: `task ${event.task} failed`}, describeError(event.error)))
    } else if (event.type === 'diagnostic') {
      writer.write(githubCommand(event.severity, {title: event.code}, event.message))
    }
  }

  ask(event: TaskWaiting & RunEvent): void {
    const {writer, style} = this.#options
    writer.write(`${disarmGithubCommands(describeEvent(event))}\n${renderCommands(event, style)}`)
  }

  async close(): Promise<void> {
    this.#heartbeat.close()
    await this.#options.writer.flush()
  }

  #keep(task: string, line: string): void {
    const fold = this.#folds.get(task) ?? {lines: [], units: 0}
    this.#folds.set(task, fold)
    fold.lines.push(disarmGithubCommands(line))
    fold.units += line.length
    if (fold.units > foldUnits) this.#show(task, 'log, continued below')
  }

  #show(task: string, title: string): void {
    const fold = this.#folds.get(task)
    if (fold === undefined) return
    this.#folds.delete(task)
    this.#options.writer.write(
      `${githubCommand('group', {}, `${task}: ${title}`)}${fold.lines.join('\n')}\n${githubCommand('endgroup', {}, '')}`,
    )
  }
}

function disarmLines(text: string): string {
  return text.split('\n').map(disarmGithubCommands).join('\n')
}
