// What the last attempt of each task cost, as a table.

import type {AttemptMetrics} from '../../engine/events.ts'
import {formatDuration} from '../terminal/format-time.ts'
import {renderTable} from '../terminal/table.ts'
import type {Ui} from '../terminal/ui.ts'

/** For stdout; empty when nothing was measured. */
export function renderMetrics(
  tasks: readonly {readonly id: string; readonly metrics?: AttemptMetrics}[],
  {outStyle, outTerminal}: Pick<Ui, 'outStyle' | 'outTerminal'>,
): string {
  return renderTable({
    head: ['TASK', 'LAST ATTEMPT', 'PEAK MEMORY', 'CPU', 'EXIT', 'REFUSED'],
    rows: tasks.flatMap(({id, metrics}) =>
      metrics === undefined
        ? []
        : [
            [
              id,
              formatDuration(metrics.durationMs),
              metrics.peakMemoryBytes === undefined ? '-' : `${(metrics.peakMemoryBytes / 1024 / 1024).toFixed(1)} MiB`,
              metrics.cpuTimeMs === undefined ? '-' : formatDuration(metrics.cpuTimeMs),
              metrics.signal ?? String(metrics.exitCode ?? '-'),
              String(metrics.networkRefusals ?? '-'),
            ],
          ],
    ),
    style: outStyle,
    terminal: outTerminal,
  })
}
