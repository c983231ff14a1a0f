// Permissions of a workflow and its tasks: rules and paths are read and judged, and a task may only tighten. Every finding has its place in the file.

import path from 'node:path'
import type {DocumentPath, SourceDocument} from '../documents/source-document.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import type {ErrorCode} from '../errors/error-codes.ts'
import {parseNetworkRule, type NetworkRule} from '../network/rule.ts'
import {fieldsOf, writtenTasks} from '../documents/report.ts'
import type {GrantChecker} from '../workflow/grant-checker.ts'
import type {GrantWarning} from '../advice/grant-warning.ts'
import {warnAboutGrants} from '../advice/grant-warnings.ts'
import type {EnvironmentFacts} from './protected-paths.ts'
import {PathPolicy, type GrantedPath, type PathAccess} from './path-policy.ts'
import {exchangeablePaths, grantsPath, grantsRule, noPermissions, type Permissions} from './permissions.ts'

interface Placed<T> {
  readonly value: T
  readonly at: DocumentPath
}

/** Of one `permissions` map; a part that is not written is absent. */
interface ReadPermissions {
  readonly rules?: readonly Placed<NetworkRule>[]
  readonly paths?: readonly Placed<GrantedPath>[]
}

/** For one workflow. What has the wrong shape is left to the schema. */
export class PermissionChecker implements GrantChecker {
  readonly diagnostics: Diagnostic[] = []
  readonly #environmentFacts: EnvironmentFacts
  readonly #codes = new Set<ErrorCode>()
  readonly #tasks = new Map<string, Permissions>()
  readonly #places = new Map<GrantedPath, DocumentPath>()
  #granted = noPermissions
  #document: SourceDocument | undefined
  #dir = ''
  #isRestricted = false
  #policy: PathPolicy | undefined

  constructor(environmentFacts: EnvironmentFacts) {
    this.#environmentFacts = environmentFacts
  }

  check(document: SourceDocument, dir: string): void {
    const workflow = fieldsOf(document.value)
    this.#document = document
    this.#dir = dir
    this.#isRestricted = workflow['security'] === 'restricted'
    this.#granted = {...noPermissions, ...valuesOf(this.#read(workflow['permissions'], ['permissions']))}
    const tasks = writtenTasks(workflow)
    for (const {index, id, fields} of tasks) {
      if (fields['permissions'] === undefined) continue
      const own = this.#read(fields['permissions'], ['tasks', index, 'permissions'])
      this.#refuseMore(own)
      // What a task does not mention stays as the workflow grants it.
      this.#tasks.set(id, {...this.#granted, ...valuesOf(own)})
    }
    if (this.#isRestricted) this.#refuseExchangeable(tasks.map(({id}) => this.permissionsOf(id)))
  }

  get errorCode(): ErrorCode {
    return this.#codes.size === 1 && this.#codes.has('PERMISSION_REFUSED') ? 'PERMISSION_REFUSED' : 'WORKFLOW_INVALID'
  }

  /** What a task may reach, in a workflow without findings. */
  permissionsOf(taskId: string): Permissions {
    return this.#tasks.get(taskId) ?? this.#granted
  }

  #read(value: unknown, at: DocumentPath): ReadPermissions {
    const {network, filesystem} = fieldsOf(value)
    const {read, write} = fieldsOf(filesystem)
    const paths = [
      ...this.#readPaths(read, 'read', [...at, 'filesystem', 'read']),
      ...this.#readPaths(write, 'write', [...at, 'filesystem', 'write']),
    ]
    return {
      ...(network !== undefined && {rules: this.#readRules(network, [...at, 'network'])}),
      ...(filesystem !== undefined && {paths}),
    }
  }

  #readRules(list: unknown, at: DocumentPath): Placed<NetworkRule>[] {
    return textsOf(list).flatMap(({text, index}) => {
      const parsed = parseNetworkRule(text)
      if (parsed.ok) {
        if (this.#isRestricted) this.#warn([...at, index], warnAboutGrants({network: [text]}))
        return [{value: parsed.rule, at: [...at, index]}]
      }
      this.#report('WORKFLOW_INVALID', [...at, index], {code: 'bad-network-rule', message: parsed.message, hint: parsed.hint})
      return []
    })
  }

  #readPaths(list: unknown, access: PathAccess, at: DocumentPath): Placed<GrantedPath>[] {
    this.#policy ??= this.#openPolicy()
    const policy = this.#policy
    return textsOf(list).flatMap(({text, index}) => {
      const decision = policy.decide(text, access, this.#dir)
      if (decision.ok) {
        this.#places.set(decision.path, [...at, index])
        return [{value: decision.path, at: [...at, index]}]
      }
      const {kind, message, hint, written} = decision.refusal
      if (kind === 'missing') {
        // Where nothing is enforced, nothing needs to be there.
        if (this.#isRestricted) this.#report('WORKFLOW_INVALID', [...at, index], {code: 'granted-path-missing', message, hint})
        return written === undefined ? [] : [{value: {text, access, written, real: written}, at: [...at, index]}]
      }
      const code = kind === 'refused' ? 'permission-refused' : 'bad-path'
      this.#report(kind === 'refused' ? 'PERMISSION_REFUSED' : 'WORKFLOW_INVALID', [...at, index], {code, message, hint})
      return []
    })
  }

  #refuseMore({rules = [], paths = []}: ReadPermissions): void {
    const refuse = (at: DocumentPath, what: string, list: string): void =>
      this.#report('PERMISSION_REFUSED', at, {
        code: 'permission-not-granted',
        message: `${what} is more than the workflow grants, and a task can only get less`,
        hint: `add it to ${list} of the workflow, or take it away here`,
      })
    for (const {value, at} of rules) if (!grantsRule(this.#granted, value)) refuse(at, `'${value.text}'`, 'permissions.network')
    for (const {value, at} of paths) {
      if (!grantsPath(this.#granted, value)) refuse(at, `'${value.text}'`, `permissions.filesystem.${value.access}`)
    }
  }

  /** Between the look at a path and its mount a link could take its place. */
  #refuseExchangeable(all: readonly Permissions[]): void {
    for (const [granted, {text}] of exchangeablePaths(all)) {
      const at = this.#places.get(granted)
      if (at === undefined) continue
      this.#report('PERMISSION_REFUSED', at, {
        code: 'granted-path-exchangeable',
        message: `'${granted.text}' is in '${text}', which a task may write to: it could replace it with a link before another task gets it`,
        hint: `grant separate directories, or grant '${text}' to both`,
      })
    }
  }

  #openPolicy(): PathPolicy {
    const {configFiles} = this.#environmentFacts
    const file = this.#document?.file
    // The file that is read says what plugins may do, like the configuration.
    const own = file === undefined || file === '-' ? [] : [path.join(this.#dir, path.basename(file))]
    return new PathPolicy({...this.#environmentFacts, configFiles: [...configFiles, ...own]}, {looksInside: this.#isRestricted})
  }

  /** What is granted on purpose is still said: a run with it is hardly restricted. */
  #warn(at: DocumentPath, warnings: readonly GrantWarning[]): void {
    for (const {code, message, hint} of warnings) {
      const finding = this.#document?.diagnostic(at, 'value', {severity: 'warning', code, message, hint})
      if (finding !== undefined) this.diagnostics.push(finding)
    }
  }

  #report(errorCode: ErrorCode, at: DocumentPath, finding: {code: string; message: string; hint: string | undefined}): void {
    if (this.#document === undefined) return
    this.#codes.add(errorCode)
    this.diagnostics.push(this.#document.diagnostic(at, 'value', {severity: 'error', ...finding}))
  }
}

function valuesOf({rules, paths}: ReadPermissions): Partial<Permissions> {
  return {
    ...(rules !== undefined && {rules: rules.map(({value}) => value)}),
    ...(paths !== undefined && {paths: paths.map(({value}) => value)}),
  }
}

function textsOf(list: unknown): {text: string; index: number}[] {
  return Array.isArray(list) ? list.flatMap((text: unknown, index) => (typeof text === 'string' && text !== '' ? [{text, index}] : [])) : []
}
