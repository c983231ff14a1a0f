// One reporter that is several.

import type {RunEvent} from '../events.ts'
import type {Reporter} from '../ports.ts'

/** Reports to each, in this order. */
export function combineReporters(reporters: readonly Reporter[]): Reporter {
  return {
    report(event: RunEvent): void {
      for (const reporter of reporters) reporter.report(event)
    },
    async close(): Promise<void> {
      for (const reporter of reporters) await reporter.close()
    },
  }
}
