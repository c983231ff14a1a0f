// Secrets as a table: names and times, never values.

import {formatRelative} from '../terminal/format-time.ts'
import {renderTable} from '../terminal/table.ts'
import type {Ui} from '../terminal/ui.ts'

export interface ListedSecret {
  readonly name: string
  /** RFC 3339. */
  readonly createdAt: string
  readonly updatedAt: string
}

/** For stdout. Piped: without a head, times as RFC 3339. */
export function renderSecretList(secrets: readonly ListedSecret[], {outTerminal: terminal, outStyle: style}: Ui, nowMs: number): string {
  if (secrets.length === 0) return 'No secrets found\n'
  const show = (timestamp: string): string => (terminal.isTty ? formatRelative(timestamp, nowMs) : timestamp)
  return renderTable({
    head: ['NAME', 'CREATED', 'UPDATED'],
    rows: secrets.map(({name, createdAt, updatedAt}) => [name, show(createdAt), show(updatedAt)]),
    style,
    terminal,
  })
}
