// Rows of text in columns without borders: aligned for people, separated by tabs for programs.

import {sanitizeText} from './sanitize.ts'
import type {Style} from './style.ts'
import {cutToWidth, padToWidth, textWidth} from './text-width.ts'

/** Columns between columns. */
const gap = 2
/** The last column is cut to no less. */
const minLast = 10

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
  const fixed = widths.slice(0, -1).reduce((sum, width) => sum + width + gap, 0)
  const last = Math.min(minLast, widths.at(-1) ?? 0)
  return fixed + last > options.terminal.columns ? renderRecords(rows, options) : renderColumns(rows, widths, options)
}

function renderColumns(
  rows: readonly (readonly string[])[],
  widths: readonly number[],
  {head, terminal, style, paint}: TableOptions,
): string {
  const render = (row: readonly string[], color: (cell: string, column: number) => string): string => {
    let used = 0
    const cells = row.map((cell, column) => {
      const isLast = column === row.length - 1
      const width = widths[column] ?? 0
      // Only the last column gives way to a narrow terminal.
      const shown = isLast ? cutToWidth(cell, Math.max(minLast, terminal.columns - used), style.ellipsis) : cell
      used += width + gap
      const painted = color(shown, column)
      return isLast ? painted : painted + ' '.repeat(width - textWidth(shown))
    })
    return `${cells.join(' '.repeat(gap)).trimEnd()}\n`
  }
  return render(head, (title) => style.dim(title)) + rows.map((row) => render(row, paint ?? ((cell) => cell))).join('')
}

/** Too narrow for columns: each row as a heading, the first cell with a title, and a line for each of the others. */
function renderRecords(rows: readonly (readonly string[])[], {head, terminal, style, paint = (cell) => cell}: TableOptions): string {
  const first = head.findIndex((title) => title !== '')
  const titleWidth = Math.max(...head.slice(first + 1).map(textWidth))
  const room = Math.max(minLast, terminal.columns - titleWidth - gap - 2)
  return rows
    .map((row) => {
      const heading = row
        .slice(0, first + 1)
        .map((cell, column) => (column === first ? style.bold(cell) : paint(cell, column)))
        .join(' ')
      const fields = row.flatMap((cell, column) => {
        if (column <= first || cell === '') return []
        const [line = '', ...others] = wrapWords(cell, room)
        const indent = ' '.repeat(2 + titleWidth + gap)
        return [
          `  ${style.dim(padToWidth(head[column] ?? '', titleWidth))}${' '.repeat(gap)}${others.length === 0 ? paint(line, column) : line}`,
          ...others.map((other) => indent + other),
        ]
      })
      return [heading.trim(), ...fields].map((line) => `${line.trimEnd()}\n`).join('')
    })
    .join('')
}

/** Lines of at most `width` columns; a word that is longer has a line of its own. */
function wrapWords(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
