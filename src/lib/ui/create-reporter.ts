// Chooses who shows the progress of a run.

import type {Reporter} from '../engine/ports.ts'
import {GithubReporter} from './reporter-github.ts'
import {PlainReporter} from './reporter-plain.ts'
import {QuietReporter} from './reporter-quiet.ts'
import {TtyReporter} from './reporter-tty.ts'
import {systemTicker} from './ticker.ts'
import type {Ui} from './ui.ts'

export type ProgressMode = 'auto' | 'tty' | 'plain' | 'quiet'

/** Progress goes to stderr. `auto`: live on a terminal outside of CI, plain lines elsewhere; `tty` on what cannot redraw is plain too. */
export function createReporter(mode: ProgressMode, ui: Ui): Reporter {
  const {err, errStyle, errTerminal, env} = ui
  const options = {writer: err, style: errStyle, now: Date.now, ticker: systemTicker}
  if (mode === 'quiet') return new QuietReporter(options)
  const isCi = env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false'
  if (errTerminal.isAnimated && (mode === 'tty' || (mode === 'auto' && !isCi))) {
    return new TtyReporter({...options, columns: ui.errColumns, keepColors: errTerminal.hasColor})
  }
  return env['GITHUB_ACTIONS'] === 'true' ? new GithubReporter(options) : new PlainReporter(options)
}
