// Workflow files -> their findings. Whatever would keep `run` from starting is found, in all files.

import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {defined} from '../util/defined.ts'
import type {PlannedRun} from './plan-workflow.ts'

export interface FileFindings {
  readonly file: string
  readonly isValid: boolean
  /** 0 for a valid file, else the one `run` would end with. */
  readonly exitCode: number
  /** What is wrong with an invalid file, in a sentence. */
  readonly message?: string
  /** What to do about it, beyond the diagnostics. */
  readonly hint?: string
  readonly diagnostics: readonly Diagnostic[]
}

/** `plan` makes the plan of a file; its WorkflowErrors become findings. */
export async function validateFiles(
  files: readonly string[],
  plan: (file: string) => Promise<Pick<PlannedRun, 'warnings'>>,
): Promise<FileFindings[]> {
  const findings: FileFindings[] = []
  for (const file of files) {
    try {
      const {warnings} = await plan(file)
      findings.push({file, isValid: true, exitCode: 0, diagnostics: warnings})
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw error
      const {exitCode, message, hint, diagnostics} = error
      findings.push({file, isValid: false, exitCode, message, ...defined({hint}), diagnostics})
    }
  }
  return findings
}
