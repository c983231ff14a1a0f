// What a task may reach, and how that becomes a sandbox. Pure.

import path from 'node:path'
import type {NetworkRule} from '../network/rule.ts'
import type {Mount, SandboxLimits} from '../runtimes/sandbox.ts'
import {isBelow, isWithin, type GrantedPath} from './path-policy.ts'
import {coversRule} from '../network/coverage.ts'

/** What is granted, all of it judged. */
export interface Permissions {
  readonly rules: readonly NetworkRule[]
  readonly paths: readonly GrantedPath[]
}

/** What confines a restricted task. */
export interface Restrictions {
  readonly permissions: Permissions
  /** As far as the workflow file says. */
  readonly limits: Partial<SandboxLimits>
}

export const noPermissions: Permissions = {rules: [], paths: []}

/** Whether the workflow grants all that a rule of a task allows. */
export function grantsRule({rules}: Permissions, wanted: NetworkRule): boolean {
  return rules.some((rule) => coversRule(rule, wanted))
}

/** Whether the workflow grants a path of a task: itself, or a directory it stands in. What may be written may be read. */
export function grantsPath({paths}: Permissions, wanted: Pick<GrantedPath, 'access' | 'real'>): boolean {
  return paths.some(({access, real}) => (access === 'write' || wanted.access === 'read') && isWithin(wanted.real, real))
}

/**
 * Granted paths that a task may exchange for a link while another one is about to get them, each with the grant that lets it do so: the path
 * stands in a directory which is written to. No task can move what is mounted in its own container, so one that has both is harmless.
 * @param all of every task
 */
export function exchangeablePaths(all: Iterable<Permissions>): Map<GrantedPath, GrantedPath> {
  const found = new Map<GrantedPath, GrantedPath>()
  const sets = [...new Set(all)]
  const granted = new Set(sets.flatMap(({paths}) => paths))
  for (const {paths: own} of sets) {
    for (const parent of own.filter(({access}) => access === 'write')) {
      for (const each of granted) {
        const isHeld = path.dirname(each.real) === parent.real && own.some(({real}) => real === each.real)
        if (isBelow(each.real, parent.real) && !isHeld) found.set(each, parent)
      }
    }
  }
  return found
}

/** Granted paths stand in the container where they stand here, by the path that was written and by the real one: inputs may name either. */
export function mountsOf({paths}: Permissions): Mount[] {
  const mounts = new Map<string, Mount>()
  for (const {access, real, written} of paths) {
    for (const target of new Set([real, written])) {
      const isReadOnly = access === 'read' && mounts.get(target)?.isReadOnly !== false
      mounts.set(target, {source: real, target, isReadOnly})
    }
  }
  return [...mounts.values()].sort((a, b) => (a.target < b.target ? -1 : 1))
}
