// Where findings of a resumed run point to: the workflow file while it is as it was when the run began, and else nowhere. A line that says something
// else now would mislead.

import {stat} from 'node:fs/promises'
import {readDocument} from '../../documents/read-document.ts'
import type {SourceDocument} from '../../documents/source-document.ts'
import type {Plan} from '../../engine/plan.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'

/** @param startedAt of the run, RFC 3339. Never throws for a file that is gone or cannot be read */
export async function restoreSource({file, workflow}: Pick<Plan, 'file' | 'workflow'>, startedAt: string): Promise<SourceDocument> {
  const nowhere: SourceDocument = {file: workflow.file, value: {}, diagnostic: (_path, _target, finding) => withoutHint(finding)}
  if (file === '-' || !(await isOlder(file, Date.parse(startedAt)))) return nowhere
  try {
    const document = await readDocument(file, {what: 'workflow file', cwd: '/'})
    return {
      file: workflow.file,
      value: document.value,
      diagnostic: (...finding) => ({...document.diagnostic(...finding), file: workflow.file}),
    }
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    return nowhere
  }
}

async function isOlder(file: string, timeMs: number): Promise<boolean> {
  try {
    return (await stat(file)).mtimeMs <= timeMs
  } catch {
    // It is gone, or not to be looked at.
    return false
  }
}

function withoutHint({hint, ...finding}: Parameters<SourceDocument['diagnostic']>[2]): ReturnType<SourceDocument['diagnostic']> {
  return hint === undefined ? finding : {...finding, hint}
}
