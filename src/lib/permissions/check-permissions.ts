// From the written permissions of a workflow to what each task is granted. A task may only get less than its workflow.

import path from 'node:path'
import type {CheckFinding} from '../documents/findings.ts'
import type {DocumentPath} from '../documents/source-document.ts'
import {defined} from '../util/defined.ts'
import {parseNetworkRule, type NetworkRule} from '../network/rule.ts'
import {listMaps, type AllPermissions, type WrittenGrant, type WrittenPermissions} from '../workflow/written-permissions.ts'
import {PathPolicy, type GrantedPath, type PathAccess} from './path-policy.ts'
import {exchangeablePaths, grantsPath, grantsRule, noPermissions, type Permissions} from './permissions.ts'
import type {EnvironmentFacts} from './protected-paths.ts'

/** More are not looked at: each path is compared with files on the disk. */
const maxRules = 2000

/** What the tasks of one workflow are granted. */
export interface WorkflowGrants {
  readonly workflow: Permissions
  /** By id, for tasks that write their own. */
  readonly tasks: ReadonlyMap<string, Permissions>
}

export interface CheckedPermissions {
  readonly value: WorkflowGrants
  readonly findings: readonly CheckFinding[]
}

/** What a task may reach. */
export function grantsOf({workflow, tasks}: WorkflowGrants, taskId: string): Permissions {
  return tasks.get(taskId) ?? workflow
}

/** Where the workflow file is. */
export interface FilePlace {
  /** As the user named it; `-` for standard input. */
  readonly file: string
  /** What its paths are relative to, absolute. */
  readonly dir: string
}

/** Reads the disk; opens nothing. Grants with an error are not in the value. */
export function checkPermissions(written: AllPermissions, place: FilePlace, facts: EnvironmentFacts): CheckedPermissions {
  const count = listMaps(written).reduce((sum, each) => sum + listGrants(each).length, 0)
  if (count > maxRules) return {value: {workflow: noPermissions, tasks: new Map()}, findings: [tooManyRules(count)]}

  const judge = createJudge(written.isRestricted, place, facts)
  const ofWorkflow = judge(written.workflow)
  const ofTasks = written.tasks.flatMap(({id, own}) => (own === undefined ? [] : [{id, ...judge(own)}]))
  const workflow = {...noPermissions, ...valuesOf(ofWorkflow)}
  // What a task does not mention stays as the workflow grants it.
  const tasks = new Map(ofTasks.map((own) => [own.id, {...workflow, ...valuesOf(own)}]))
  const judged = [ofWorkflow, ...ofTasks]
  const value = {workflow, tasks}
  return {
    value,
    findings: [
      ...judged.flatMap(({findings}) => findings),
      ...ofTasks.flatMap((own) => refuseMore(own, workflow)),
      ...(written.isRestricted ? refuseExchangeable(new Set(written.tasks.map(({id}) => grantsOf(value, id))), judged) : []),
    ],
  }
}

function listGrants({network = [], filesystem}: WrittenPermissions): readonly WrittenGrant[] {
  return [...network, ...(filesystem?.read ?? []), ...(filesystem?.write ?? [])]
}

function tooManyRules(count: number): CheckFinding {
  return {
    at: ['permissions'],
    target: 'key',
    code: 'too-many-rules',
    message: `permissions have ${count} rules in total; the limit is ${maxRules}`,
    hint: 'grant directories instead of files, and *.domain instead of names',
  }
}

interface Placed<T> {
  readonly value: T
  readonly at: DocumentPath
}

/** Of one `permissions` map; a list that is not written is undefined. */
interface Judged {
  readonly rules: readonly Placed<NetworkRule>[] | undefined
  readonly paths: readonly Placed<GrantedPath>[] | undefined
  readonly findings: readonly CheckFinding[]
}

function createJudge(isRestricted: boolean, {file, dir}: FilePlace, facts: EnvironmentFacts): (written: WrittenPermissions) => Judged {
  // The file that is read says what plugins may do, like the configuration.
  const ownFiles = file === '-' ? [] : [path.join(dir, path.basename(file))]
  const policy = new PathPolicy({...facts, configFiles: [...facts.configFiles, ...ownFiles]}, {looksInside: isRestricted})
  const judgePath = (access: PathAccess) => (grant: WrittenGrant) => decidePath(policy, grant, access, dir, isRestricted)
  return ({network, filesystem}) => {
    const rules = network?.map(decideRule)
    const paths = filesystem && [...filesystem.read.map(judgePath('read')), ...filesystem.write.map(judgePath('write'))]
    return {
      rules: rules?.flatMap(({granted}) => granted ?? []),
      paths: paths?.flatMap(({granted}) => granted ?? []),
      findings: [...(rules ?? []), ...(paths ?? [])].flatMap(({finding}) => finding ?? []),
    }
  }
}

interface Decision<T> {
  readonly granted?: Placed<T>
  readonly finding?: CheckFinding
}

function decideRule({text, at}: WrittenGrant): Decision<NetworkRule> {
  const parsed = parseNetworkRule(text)
  if (parsed.ok) return {granted: {value: parsed.rule, at}}
  return {finding: {at, code: 'bad-network-rule', message: parsed.message, hint: parsed.hint}}
}

function decidePath(
  policy: PathPolicy,
  {text, at}: WrittenGrant,
  access: PathAccess,
  dir: string,
  isRestricted: boolean,
): Decision<GrantedPath> {
  const decision = policy.decide(text, access, dir)
  if (decision.ok) return {granted: {value: decision.path, at}}
  const {kind, message, hint, written} = decision.refusal
  if (kind === 'missing') {
    return {
      // Where nothing is enforced, nothing needs to be there.
      ...(isRestricted && {finding: {at, code: 'granted-path-missing', message, hint}}),
      ...(written !== undefined && {granted: {value: {text, access, written, real: written}, at}}),
    }
  }
  if (kind === 'refused') return {finding: {at, code: 'permission-refused', message, hint, errorCode: 'PERMISSION_REFUSED'}}
  return {finding: {at, code: 'bad-path', message, hint}}
}

function valuesOf({rules, paths}: Judged): Partial<Permissions> {
  return defined({rules: rules?.map(({value}) => value), paths: paths?.map(({value}) => value)})
}

function refuseMore({rules = [], paths = []}: Judged, workflow: Permissions): CheckFinding[] {
  const refuse = (at: DocumentPath, text: string, list: string): CheckFinding => ({
    at,
    code: 'permission-not-granted',
    message: `'${text}' is more than the workflow grants, and a task can only get less`,
    hint: `add it to ${list} of the workflow, or take it away here`,
    errorCode: 'PERMISSION_REFUSED',
  })
  return [
    ...rules.filter(({value}) => !grantsRule(workflow, value)).map(({value, at}) => refuse(at, value.text, 'permissions.network')),
    ...paths
      .filter(({value}) => !grantsPath(workflow, value))
      .map(({value, at}) => refuse(at, value.text, `permissions.filesystem.${value.access}`)),
  ]
}

/** Between the look at a path and its mount a link could take its place. */
function refuseExchangeable(all: Iterable<Permissions>, judged: readonly Judged[]): CheckFinding[] {
  const places = new Map(judged.flatMap(({paths = []}) => paths.map(({value, at}) => [value, at])))
  return [...exchangeablePaths(all)].flatMap(([granted, {text}]) => {
    const at = places.get(granted)
    if (at === undefined) return []
    return [
      {
        at,
        code: 'granted-path-exchangeable',
        message: `'${granted.text}' is in '${text}', which a task may write to: it could replace it with a link before another task gets it`,
        hint: `grant separate directories, or grant '${text}' to both`,
        errorCode: 'PERMISSION_REFUSED' as const,
      },
    ]
  })
}
