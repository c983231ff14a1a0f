// Where `--events` goes: a file, a named pipe, or stdout.

import {WorkflowError} from '../../errors/workflow-error.ts'
import {FileOutput} from '../terminal/file-output.ts'
import {EventsReporter} from './reporter-events.ts'
import {TextWriter} from '../terminal/text-writer.ts'
import type {Ui} from '../terminal/ui.ts'

export interface EventsOutput {
  readonly reporter: EventsReporter
  /** Throws OUTPUT_NOT_WRITABLE when events were lost. Call after the reporter was closed. */
  close(): void
}

/** `target` is a path, or `-` for stdout. Throws USAGE when the file cannot be written. */
export function createEventsOutput(target: string, ui: Ui): EventsOutput {
  if (target === '-') return {reporter: new EventsReporter(ui.out), close: () => undefined}
  const file = new FileOutput(target)
  const writer = new TextWriter(file)
  return {
    reporter: new EventsReporter(writer),
    close() {
      file.close()
      if (writer.failure !== undefined) {
        throw new WorkflowError('OUTPUT_NOT_WRITABLE', `events could not be written to ${target}: ${writer.failure.message}`, {
          hint: 'the run itself is complete: workflow runs show latest --events prints all of its events',
        })
      }
    },
  }
}
