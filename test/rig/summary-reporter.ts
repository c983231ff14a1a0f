// The last line of a test run, for people in a hurry and for programs: `N passed, N failed, N skipped`.

import type {Reporter, TestModule, Vitest} from 'vitest/node'

export class SummaryReporter implements Reporter {
  #log: (line: string) => void = () => undefined

  onInit(vitest: Vitest): void {
    this.#log = (line) => {
      vitest.logger.log(line)
    }
  }

  /** A test file that cannot be loaded, a group that cannot be prepared, and an error outside of any test count as one failure each. */
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = {passed: 0, failed: unhandledErrors.length, skipped: 0}
    for (const module of modules) {
      for (const group of [module, ...module.children.allSuites()]) counts.failed += group.errors().length
      for (const test of module.children.allTests()) {
        const {state} = test.result()
        counts[state === 'pending' ? 'skipped' : state]++
      }
    }
    this.#log(`\n${String(counts.passed)} passed, ${String(counts.failed)} failed, ${String(counts.skipped)} skipped`)
  }
}
