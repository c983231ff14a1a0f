// Chooses who shows the progress of a run.

import {GithubReporter} from './reporter-github.ts'
import type {ProgressReporter} from './progress-reporter.ts'
import {PlainReporter} from './reporter-plain.ts'
import {QuietReporter} from './reporter-quiet.ts'
import {TtyReporter} from './reporter-tty.ts'
import {systemTicker} from '../terminal/ticker.ts'
import type {Ui} from '../terminal/ui.ts'

export type ProgressMode = 'auto' | 'tty' | 'plain' | 'quiet'

/** How much of the tasks' own output is shown; by default what is useful in the mode. */
export type OutputLines = 'default' | 'all' | 'none'

/** Progress goes to stderr. `auto`: live on a terminal outside of CI, plain lines elsewhere; `tty` on what cannot redraw is plain too. */
export function createReporter(mode: ProgressMode, ui: Ui, lines: OutputLines = 'default'): ProgressReporter {
  const {err, errStyle, errTerminal} = ui
  const {unattendedBy, isGithubActions} = ui.environment
  const options = {writer: err, style: errStyle, now: () => performance.now(), ticker: systemTicker}
  if (mode === 'quiet' || lines === 'none') return new QuietReporter({...options, hasTails: lines !== 'none'})
  if (errTerminal.isAnimated && (mode === 'tty' || (mode === 'auto' && unattendedBy === undefined))) {
    return new TtyReporter({
      ...options,
      columns: ui.errColumns,
      rows: ui.errRows,
      keepColors: errTerminal.hasColor,
      isVerbose: lines === 'all',
    })
  }
  return isGithubActions ? new GithubReporter(options) : new PlainReporter(options)
}
