// One reporter that is several.

import type {RunEvent} from '../events.ts'
import type {Reporter} from '../ports.ts'
import type {RunView} from '../run-view.ts'

/** Reports to each, in this order. */
export function combineReporters(reporters: readonly Reporter[]): Reporter {
  return {
    report(event: RunEvent, view: RunView): void {
      for (const reporter of reporters) reporter.report(event, view)
    },
    async close(): Promise<void> {
      for (const reporter of reporters) await reporter.close()
    },
  }
}
