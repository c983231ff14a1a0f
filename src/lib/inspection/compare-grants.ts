// What a workflow grants, beside what one of its plugins recommends: too little, too much, or not enforced.

import path from 'node:path'
import type {SourceDocument} from '../documents/source-document.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {parseNetworkRule} from '../network/rule.ts'
import {warnAboutGrants, type Grants} from '../advice/grant-warnings.ts'
import type {Plugin} from '../plugins/manifest.ts'
import {coversRule} from '../network/coverage.ts'
import {readDraft} from '../workflow/draft.ts'
import {readPermissions, type WrittenGrant, type WrittenPermissions} from '../workflow/written-permissions.ts'
import {defined} from '../util/defined.ts'

export interface WorkflowGrants {
  readonly file: string
  readonly isRestricted: boolean
  readonly grants: Grants
  readonly tasks: readonly {readonly id: string; readonly type: string; readonly grants?: Grants}[]
}

export interface WorkflowUse {
  readonly file: string
  readonly security: 'trusted' | 'restricted'
  /** Ids of the tasks that name an action of the plugin. */
  readonly tasks: readonly string[]
  readonly granted: Grants
  /** Recommended and not granted, as `network https://…` or `filesystem.read ./data`. */
  readonly missing: readonly string[]
  /** Granted and not recommended, likewise. */
  readonly unneeded: readonly string[]
  readonly warnings: readonly Diagnostic[]
}

/** Reads security and grants of a workflow file. What is of another form than it should be grants nothing. */
export function readWorkflowGrants(document: SourceDocument): WorkflowGrants {
  const draft = readDraft(document)
  const {isRestricted, workflow, tasks} = readPermissions(draft)
  return {
    file: document.file,
    isRestricted,
    grants: toGrants(workflow),
    tasks: draft.tasks.map(({id, fields}, nth) => {
      const own = tasks[nth]?.own
      return {id, type: String(fields['type']), ...(own !== undefined && {grants: toGrants(own, workflow)})}
    }),
  }
}

/** What a task says of the network or of files replaces the workflow's for it, so both are looked at. */
export function compareGrants(plugin: Plugin, {file, isRestricted, grants, tasks}: WorkflowGrants): WorkflowUse {
  const own = tasks.filter(({type}) => type.startsWith(`${plugin.id}.`))
  const effective = own.length > 0 && own.every((task) => task.grants !== undefined) ? own.map((task) => task.grants ?? {}) : [grants]
  const granted = effective.flatMap(listGrants)
  const recommended = listGrants(plugin.manifest.permissions)
  const missing = recommended.filter((wanted) => !granted.some((grant) => covers(grant, wanted)))
  const unneeded = granted.filter((grant) => !recommended.some((wanted) => covers(wanted, grant)))
  const warn = (code: string, message: string, hint?: string): Diagnostic => ({
    severity: 'warning',
    code,
    message,
    file,
    ...defined({hint}),
  })
  const warnings = effective.flatMap(warnAboutGrants).map(({code, message, hint}) => warn(code, message, hint))
  if (!isRestricted)
    warnings.push(warn('not-enforced', 'permissions are not enforced: the workflow is trusted', 'security: restricted enforces them'))
  if (own.length === 0) warnings.push(warn('unused-plugin', `no task of the workflow uses ${plugin.id}`))
  if (isRestricted && missing.length > 0) {
    warnings.push(warn('grant-missing', `recommended by ${plugin.id} but not granted: ${missing.map(show).join(', ')}`))
  }
  if (unneeded.length > 0)
    warnings.push(warn('grant-unneeded', `granted beyond what ${plugin.id} recommends: ${unneeded.map(show).join(', ')}`))
  const security = isRestricted ? 'restricted' : 'trusted'
  return {
    file,
    security,
    tasks: own.map(({id}) => id),
    granted: effective[0] ?? {},
    missing: missing.map(show),
    unneeded: unneeded.map(show),
    warnings,
  }
}

interface Grant {
  readonly kind: 'network' | 'filesystem.read' | 'filesystem.write'
  readonly text: string
}

function listGrants({network = [], filesystem: {read = [], write = []} = {}}: Grants): Grant[] {
  return [
    ...network.map((text): Grant => ({kind: 'network', text})),
    ...read.map((text): Grant => ({kind: 'filesystem.read', text})),
    ...write.map((text): Grant => ({kind: 'filesystem.write', text})),
  ]
}

function show({kind, text}: Grant): string {
  return `${kind} ${text}`
}

/** Whether who has `grant` may do all that `wanted` allows. */
function covers(grant: Grant, wanted: Grant): boolean {
  if (grant.kind === 'network' || wanted.kind === 'network') {
    if (grant.kind !== wanted.kind) return false
    const [a, b] = [parseNetworkRule(grant.text), parseNetworkRule(wanted.text)]
    return a.ok && b.ok && coversRule(a.rule, b.rule)
  }
  // What may be written may be read.
  if (grant.kind === 'filesystem.read' && wanted.kind === 'filesystem.write') return false
  const relative = path.posix.relative(path.posix.normalize(grant.text), path.posix.normalize(wanted.text))
  return path.posix.isAbsolute(grant.text) === path.posix.isAbsolute(wanted.text) && relative !== '..' && !relative.startsWith('../')
}

/** @param otherwise what a list that is not written stands for */
function toGrants({network, filesystem}: WrittenPermissions, otherwise?: WrittenPermissions): Grants {
  const {read = [], write = []} = filesystem ?? otherwise?.filesystem ?? {}
  return {network: textsOf(network ?? otherwise?.network ?? []), filesystem: {read: textsOf(read), write: textsOf(write)}}
}

function textsOf(grants: readonly WrittenGrant[]): string[] {
  return grants.map(({text}) => text)
}
