// What a workflow grants its tasks, and what is wrong or unwise about it.

import {warnAboutGrants} from '../advice/grant-warnings.ts'
import {collectFindings, joinFindings, type Checked, type CheckFinding} from '../documents/findings.ts'
import {parseNetworkRule} from '../network/rule.ts'
import {checkPermissions, type WorkflowGrants} from '../permissions/check-permissions.ts'
import type {EnvironmentFacts} from '../permissions/protected-paths.ts'
import type {WorkflowDraft} from '../workflow/draft.ts'
import {listMaps, readPermissions, type AllPermissions} from '../workflow/written-permissions.ts'

/** @param dir what paths are relative to, absolute */
export function readGrants(draft: WorkflowDraft, dir: string, facts: EnvironmentFacts): Checked<WorkflowGrants> {
  const {document} = draft
  const written = readPermissions(draft)
  const {value, findings} = checkPermissions(written, {file: document.file, dir}, facts)
  // All are listed: the number of rules is limited.
  const collect = (check: Iterable<CheckFinding>): Checked<WorkflowGrants>['findings'] => collectFindings(document, check, Infinity)
  return {value, findings: joinFindings([collect(findings), collect(adviseOnGrants(written))])}
}

/** What is granted on purpose still gets a warning: a run with it is hardly restricted. */
function* adviseOnGrants(written: AllPermissions): Generator<CheckFinding> {
  if (!written.isRestricted) return
  for (const {at, text} of listMaps(written).flatMap(({network = []}) => network)) {
    if (!parseNetworkRule(text).ok) continue
    for (const warning of warnAboutGrants({network: [text]})) yield {at, severity: 'warning', ...warning}
  }
}
