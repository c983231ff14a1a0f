// Who shows a run: its progress, its events for programs, and what its approvals must know of the journal.

import {combineReporters} from '../../engine/loop/combine-reporters.ts'
import type {Reporter} from '../../engine/ports.ts'
import {isApprovalEvent, type ShowApproval} from '../../ui/reporters/approval-text.ts'
import {createReporter, type OutputLines, type ProgressMode} from '../../ui/reporters/create-reporter.ts'
import {createEventsOutput} from '../../ui/reporters/events-output.ts'
import {createAsker, type AskingApp} from './approval-asker.ts'
import type {Approvals} from './approvals.ts'

export interface RunDisplay {
  /** The result holds the outputs of all tasks, however large. */
  readonly keepsOutputs: boolean
  readonly progress: ProgressMode
  readonly lines: OutputLines
  /** Where events are written as lines of JSON: a file, or `-` for stdout. */
  readonly events?: string | undefined
  /** What tasks want approved is asked on the terminal, where there is one. */
  readonly mayAsk?: boolean
}

/** Of a run that another one was made for. */
export const silent: RunDisplay = {keepsOutputs: false, progress: 'quiet', lines: 'none'}

interface RunReporterParts {
  readonly display: RunDisplay
  readonly app: AskingApp
  readonly approvals: Approvals
  /** The run that this one was made for shows what it asks, and nothing else of it. */
  readonly parent?: {readonly ask: ShowApproval} | undefined
}

interface OpenRunReporter {
  readonly reporter: Reporter
  readonly ask: ShowApproval
  /** Throws OUTPUT_NOT_WRITABLE when events were lost. */
  readonly close: () => void
}

export function openRunReporter({display, app, approvals, parent}: RunReporterParts): OpenRunReporter {
  if (parent !== undefined) {
    const questions: Reporter = {
      report: (event) => {
        if (isApprovalEvent(event)) parent.ask(event)
      },
      close: () => Promise.resolve(),
    }
    return {reporter: combineReporters([questions, approvals.reporter]), ask: parent.ask, close: () => undefined}
  }
  const {progress, lines, events} = display
  const {ui} = app
  const reporter = createReporter(progress, ui, lines)
  const asker = display.mayAsk === true ? createAsker(app, reporter) : undefined
  const ask: ShowApproval = (event) => {
    if (event.type === 'task.waiting') reporter.ask(event)
    asker?.hear(event)
  }
  // Asked before the reporter closes, and so the terminal is given back before its last lines.
  const reporters = [...(asker === undefined ? [] : [asker.reporter]), reporter, approvals.reporter]
  if (events === undefined) return {reporter: combineReporters(reporters), ask, close: () => undefined}
  const output = createEventsOutput(events, ui)
  return {
    reporter: combineReporters([...reporters, output.reporter]),
    ask,
    close: () => {
      output.close()
    },
  }
}
