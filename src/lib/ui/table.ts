// Rows of text in columns without borders: aligned for people, separated by tabs for programs.

import {sanitizeText} from './sanitize.ts'
import type {Style} from './style.ts'
import {cutToWidth, textWidth} from './text-width.ts'

export interface TableOptions {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly style: Style
  readonly terminal: {readonly isTty: boolean; readonly columns: number}
  /** Colours a cell of the aligned table after it was measured. */
  readonly paint?: (cell: string, column: number) => string
}

/** Ends with a line end; empty without rows. Piped, there is no head, so that `cut` and `awk` see only data. */
export function renderTable(options: TableOptions): string {
  const rows = options.rows.map((row) => row.map((cell) => sanitizeText(cell.replaceAll(/[\t\r\n]+/g, ' '))))
  if (rows.length === 0) return ''
  if (!options.terminal.isTty) return rows.map((row) => `${row.join('\t')}\n`).join('')
  const widths = options.head.map((title, column) => Math.max(textWidth(title), ...rows.map((row) => textWidth(row[column] ?? ''))))
  const paint = options.paint ?? ((cell) => cell)
  const render = (row: readonly string[], color: (cell: string, column: number) => string): string => {
    let used = 0
    const cells = row.map((cell, column) => {
      const isLast = column === row.length - 1
      const width = widths[column] ?? 0
      // Only the last column gives way to a narrow terminal.
      const shown = isLast ? cutToWidth(cell, Math.max(10, options.terminal.columns - used), options.style.ellipsis) : cell
      used += width + 2
      const painted = color(shown, column)
      return isLast ? painted : painted + ' '.repeat(width - textWidth(shown))
    })
    return `${cells.join('  ').trimEnd()}\n`
  }
  return render(options.head, (title) => options.style.dim(title)) + rows.map((row) => render(row, paint)).join('')
}
