// An image that is pulled, as it goes: one live line on a terminal, a line now and then elsewhere.

import {formatDuration} from '../terminal/format-time.ts'
import {LiveRegion} from '../terminal/live-region.ts'
import {sanitizeText} from '../terminal/sanitize.ts'
import {systemTicker} from '../terminal/ticker.ts'
import type {Ui} from '../terminal/ui.ts'

/** What the engine says while it pulls. */
interface PullStep {
  /** Empty: of the whole image. */
  readonly layer: string
  readonly status: string
  readonly current: number
  /** 0: not known. */
  readonly total: number
}

export interface PullProgress {
  readonly onMessage: (step: PullStep) => void
  /** Ends the live line. Calls after the first one do nothing. */
  close(hasFailed?: boolean): void
}

interface Layer {
  bytes: number
  total: number
  isDone: boolean
}

/** How often a line is written where nothing can be drawn over. */
const lineEveryMs = 10_000
const finished = ['Download complete', 'Extracting', 'Pull complete', 'Already exists']

/** @param now milliseconds, of a clock that only goes forward */
export function createPullProgress(ui: Ui, image: string, now: () => number = () => performance.now()): PullProgress {
  const {err, errStyle, errTerminal} = ui
  const startedAt = now()
  const layers = new Map<string, Layer>()
  const name = sanitizeText(image)
  let lastLineAt = startedAt
  let isClosed = false
  const describe = (): string => {
    const all = [...layers.values()]
    const done = all.filter(({isDone}) => isDone).length
    const bytes = all.reduce((sum, layer) => sum + layer.bytes, 0)
    const total = all.reduce((sum, layer) => sum + layer.total, 0)
    const amount = total === 0 ? '' : ` ${formatMebibytes(bytes)} of ${formatMebibytes(total)} MiB`
    return all.length === 0 ? '' : ` ${String(done)}/${String(all.length)} layers${amount}`
  }
  const elapsed = (): string => formatDuration(now() - startedAt)
  const live = errTerminal.isAnimated
    ? new LiveRegion({
        writer: err,
        ticker: systemTicker,
        columns: ui.errColumns,
        ellipsis: errStyle.ellipsis,
        render: () => [{text: `pulling ${name}${describe()} ${elapsed()}`}],
      })
    : undefined
  if (live === undefined) err.write(`pulling ${name}\n`)
  return {
    onMessage({layer, status, current, total}) {
      if (/^[0-9a-f]{12}$/.test(layer)) {
        const known = layers.get(layer) ?? {bytes: 0, total: 0, isDone: false}
        if (status === 'Downloading') Object.assign(known, {bytes: current, total})
        else if (finished.includes(status)) Object.assign(known, {bytes: known.total, isDone: true})
        layers.set(layer, known)
      }
      if (live !== undefined) live.changed()
      else if (now() - lastLineAt >= lineEveryMs) {
        lastLineAt = now()
        err.write(`pulling ${name}${describe()} ${elapsed()}\n`)
      }
    },
    close(hasFailed = false) {
      if (isClosed) return
      isClosed = true
      live?.close()
      if (!hasFailed) err.write(`${errStyle.green('=>')} pulled ${name} ${errStyle.dim(elapsed())}\n`)
      err.flushNow()
    },
  }
}

function formatMebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1)
}
