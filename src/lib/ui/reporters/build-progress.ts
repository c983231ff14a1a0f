// A build as it goes: its steps and what they print, as lines; on a terminal with one line below that says what is going on.

import type {BuildEvent} from '../../images/read-build.ts'
import {formatDuration} from '../terminal/format-time.ts'
import {LiveRegion} from '../terminal/live-region.ts'
import {sanitizeText} from '../terminal/sanitize.ts'
import {systemTicker} from '../terminal/ticker.ts'
import type {Ui} from '../terminal/ui.ts'

export interface BuildProgress {
  readonly onEvent: (event: BuildEvent) => void
  /** Ends the last step, and leaves nothing unprinted. Calls after the first one do nothing. */
  close(hasFailed?: boolean): void
}

interface OpenStep {
  readonly label: string
  readonly startedAt: number
  isCached: boolean
}

/** @param now milliseconds, of a clock that only goes forward */
export function createBuildProgress(ui: Ui, now: () => number = () => performance.now()): BuildProgress {
  const {err, errStyle, errTerminal} = ui
  let step: OpenStep | undefined
  let activity = ''
  const live = errTerminal.isAnimated
    ? new LiveRegion({
        writer: err,
        ticker: systemTicker,
        columns: ui.errColumns,
        ellipsis: errStyle.ellipsis,
        render: () =>
          step === undefined && activity === ''
            ? []
            : [{text: `${step?.label ?? 'sending'} ${elapsed()} ${activity}`.trimEnd().replaceAll('\t', '  ')}],
      })
    : undefined
  const elapsed = (): string => (step === undefined ? '' : formatDuration(now() - step.startedAt))
  const print = (text: string): void => {
    if (live === undefined) err.write(`${text}\n`)
    else live.print(`${text}\n`)
  }
  const finishStep = (hasFailed = false): void => {
    const arrow = hasFailed ? errStyle.red('=>') : errStyle.green('=>')
    if (step !== undefined) print(`${arrow} ${step.label} ${errStyle.dim(hasFailed ? 'not done' : step.isCached ? 'cached' : elapsed())}`)
    step = undefined
    activity = ''
  }
  return {
    onEvent(event) {
      switch (event.type) {
        case 'sending':
          print(errStyle.dim(`sending ${String(event.files)} files (${formatBytes(event.bytes)})`))
          break
        case 'step':
          finishStep()
          step = {
            label: sanitizeText(`[${String(event.number)}/${String(event.total)}] ${event.instruction}`),
            startedAt: now(),
            isCached: false,
          }
          break
        case 'cached':
          if (step !== undefined) step.isCached = true
          break
        case 'log':
          activity = sanitizeText(event.text)
          print(`${errStyle.dim(`   ${errStyle.bar}`)} ${activity}`)
          break
        case 'download':
          activity = sanitizeText(`${event.layer} ${event.status}`.trim())
          break
      }
      live?.changed()
    },
    close(hasFailed) {
      finishStep(hasFailed)
      live?.close()
      err.flushNow()
    },
  }
}

function formatBytes(bytes: number): string {
  return bytes < 1024 * 1024 ? `${String(Math.ceil(bytes / 1024))} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}
