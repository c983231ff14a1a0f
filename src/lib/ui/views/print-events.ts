// Streams what the journal holds to stdout: any length in constant memory, and no further than it is read.

import type {RunEvent} from '../../engine/events.ts'
import {eventsVersionLine} from '../reporters/reporter-events.ts'
import {sanitizeText} from '../terminal/sanitize.ts'
import type {Ui} from '../terminal/ui.ts'

/** Events as JSON lines. */
type EventLines = Iterable<{readonly line: string}> | AsyncIterable<{readonly line: string}>

export interface LogFormat {
  /** One JSON array of events instead of text. */
  readonly isJson: boolean
  /** Each line after the task it comes from. */
  readonly hasTask: boolean
  /** Each line after its time, RFC 3339. */
  readonly hasTime: boolean
  /** As the task wrote it, with everything that may do something to a terminal. */
  readonly isRaw: boolean
}

/** Prints the very lines that `--events` printed while the run went on, in the format of that time. */
export async function printEventStream(events: EventLines, version: number, ui: Ui): Promise<void> {
  ui.out.write(`${eventsVersionLine(version)}\n`)
  await print(events, ui, (line) => `${line}\n`)
}

/** Prints `task.log` events, made harmless unless they are wanted raw: what is piped or kept in a file is looked at on a terminal later. */
export async function printLogs(events: EventLines, ui: Ui, format: LogFormat): Promise<void> {
  if (!format.isJson) {
    await print(events, ui, (line) => renderLogLine(JSON.parse(line) as RunEvent, ui, format))
    return
  }
  await printEventArray(events, ui)
}

/** One JSON array. */
export async function printEventArray(events: EventLines, ui: Ui): Promise<void> {
  let count = 0
  ui.out.write('[')
  await print(events, ui, (line) => {
    count += 1
    return (count === 1 ? '\n' : ',\n') + line
  })
  ui.out.write(count === 0 ? ']\n' : '\n]\n')
  await ui.out.flush()
}

async function print(events: EventLines, ui: Ui, render: (line: string) => string): Promise<void> {
  if (Symbol.asyncIterator in events) {
    for await (const {line} of events) {
      if (ui.out.isClosed) return
      ui.out.write(render(line))
      await ui.out.ready()
    }
  } else {
    for (const {line} of events) {
      if (ui.out.isClosed) return
      ui.out.write(render(line))
      // Awaiting for every line would cost more than the line.
      if (ui.out.shouldWait) await ui.out.ready()
    }
  }
  await ui.out.flush()
}

function renderLogLine(event: RunEvent, ui: Ui, format: LogFormat): string {
  if (event.type !== 'task.log') return ''
  const {outStyle: style, outTerminal: terminal} = ui
  const safe = (text: string): string => (format.isRaw ? text : sanitizeText(text, {keepColors: terminal.hasColor}))
  const time = format.hasTime ? `${style.dim(event.ts)} ` : ''
  const task = format.hasTask ? `${style.dim(`${event.task} |`)} ` : ''
  const level = event.stream === 'log' && event.level !== 'info' ? `${event.level}: ` : ''
  const fields = event.fields === undefined || Object.keys(event.fields).length === 0 ? '' : ` ${safe(JSON.stringify(event.fields))}`
  const prefix = time + task + level
  // A logger's message may have several lines; each gets the prefix, so that every line says where it comes from.
  const text = event.message
    .split('\n')
    .map((part) => prefix + safe(part))
    .join('\n')
  return `${text}${fields}\n`
}
