// A reporter that is given events alone: the view of the run goes with them, as in a run.

import type {RunEvent} from '../../src/lib/engine/events.ts'
import type {Reporter} from '../../src/lib/engine/ports.ts'
import {RunView} from '../../src/lib/engine/run-view.ts'

export interface ViewedReporter {
  report(event: RunEvent): void
  close(): Promise<void>
}

export function viewed(reporter: Reporter, now: () => number = () => 0): ViewedReporter {
  const view = new RunView()
  return {
    report(event) {
      view.record(event, now())
      reporter.report(event, view)
    },
    close: () => reporter.close(),
  }
}
