// The audit log of the secrets as a table: names and times, never values.

import type {AuditEntry} from '../../secrets/store/secret-rows.ts'
import {formatRelative} from '../terminal/format-time.ts'
import {renderTable} from '../terminal/table.ts'
import type {Ui} from '../terminal/ui.ts'

/** Names may be fewer than `nameCount`, when only the first ones were kept. */
export type ShownAuditEntry = Omit<AuditEntry, 'hash'>

/** For stdout. Piped: without a head, times as RFC 3339. */
export function renderSecretAudit(
  entries: readonly ShownAuditEntry[],
  {outTerminal: terminal, outStyle: style}: Ui,
  nowMs: number,
): string {
  if (entries.length === 0) return 'The audit log has no entries yet\n'
  return renderTable({
    head: ['WHEN', 'ACTION', 'SECRETS', 'USER', 'BY'],
    rows: entries.map((entry) => [
      terminal.isTty ? formatRelative(entry.at, nowMs) : entry.at,
      entry.action,
      describeNames(entry),
      entry.user,
      entry.run === null || isReveal(entry) ? entry.command : `run ${entry.run}`,
    ]),
    style,
    terminal,
  })
}

/** The run it names is not who was at work, but whose outputs were shown. */
function isReveal({action}: ShownAuditEntry): boolean {
  return action === 'reveal'
}

function describeNames(entry: ShownAuditEntry): string {
  const {names, nameCount, run} = entry
  if (isReveal(entry)) return `outputs of run ${run ?? ''}`
  if (nameCount === 0) return 'all'
  const more = nameCount - names.length
  return `${names.join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`
}
