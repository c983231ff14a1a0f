// Progress for those who want none: what went wrong, with the end of its log, and the end of the run.

import type {RunEvent, TaskFinished, TaskWaiting} from '../../engine/events.ts'
import type {RunView} from '../../engine/run-view.ts'
import {describeEvent, describeLog} from './event-text.ts'
import {renderCommands} from './approval-text.ts'
import type {ProgressReporter} from './progress-reporter.ts'
import {LogTail} from './log-tail.ts'
import {shellWord} from '../terminal/shell-word.ts'
import type {Style} from '../terminal/style.ts'
import {renderParked} from './parked-text.ts'
import {renderSummary} from './summary.ts'
import type {TextWriter} from '../terminal/text-writer.ts'

export class QuietReporter implements ProgressReporter {
  readonly #writer: TextWriter
  readonly #style: Style
  readonly #tail = new LogTail()

  readonly #hasTails: boolean

  /** @param hasTails failed tasks leave the last lines of their log */
  constructor({writer, style, hasTails = true}: {readonly writer: TextWriter; readonly style: Style; readonly hasTails?: boolean}) {
    this.#writer = writer
    this.#style = style
    this.#hasTails = hasTails
  }

  report(event: RunEvent, view: RunView): void {
    switch (event.type) {
      case 'task.log': {
        if (this.#hasTails) this.#tail.add(event.task, describeLog(event))
        return
      }
      case 'task.retrying':
      case 'task.polled':
        return void this.#tail.take(event.task)
      case 'task.finished': {
        this.#writer.write(this.#renderEnd(event))
        return
      }
      case 'task.waiting': {
        this.ask(event)
        return
      }
      case 'task.interrupted':
      case 'run.queued':
      case 'run.refused':
      case 'run.stopping': {
        this.#writer.write(`${describeEvent(event, view)}\n`)
        return
      }
      case 'run.parked': {
        this.#writer.write(renderParked(view, this.#style))
        return
      }
      case 'run.finished': {
        this.#writer.write(renderSummary(view, this.#style))
        return
      }
      default:
    }
  }

  ask(event: TaskWaiting & RunEvent): void {
    this.#writer.write(`${describeEvent(event)}\n${renderCommands(event, this.#style)}`)
  }

  #renderEnd(event: TaskFinished & RunEvent): string {
    const {lines, earlier} = this.#tail.take(event.task)
    if (event.status !== 'failed') return ''
    const more =
      earlier === 0
        ? []
        : [`${String(earlier)} earlier lines: ${this.#style.program} runs logs ${event.run} --task ${shellWord(event.task)}`]
    return [describeEvent(event), ...[...more, ...lines].map((line) => `${event.task} | ${line}`)].map((line) => `${line}\n`).join('')
  }

  async close(): Promise<void> {
    await this.#writer.flush()
  }
}
