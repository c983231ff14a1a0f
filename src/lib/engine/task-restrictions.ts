// What a task of a restricted workflow may use, as plain values of a plan. permissions/ judges it and implements it above the engine.

import type {NetworkRule} from '../network/rule.ts'
import type {SandboxLimits} from '../runtimes/sandbox.ts'

export interface TaskRestrictions {
  readonly permissions: {readonly rules: readonly NetworkRule[]; readonly paths: readonly PlannedPath[]}
  /** As far as the workflow file says. */
  readonly limits: Partial<SandboxLimits>
}

export interface PlannedPath {
  /** As it stands in the file. */
  readonly text: string
  readonly access: 'read' | 'write'
  /** Absolute, links and all: the path that inputs of tasks may name. */
  readonly written: string
  /** Absolute, without links: what is mounted. */
  readonly real: string
}
