// What the schema of plugin.yaml cannot say: what belongs together, what excludes what, and where entry points may lead.

import {isFields, type Fields} from '../documents/fields.ts'
import type {DocumentPath} from '../documents/source-document.ts'
import type {PlacedFinding} from '../documents/schema-diagnostics.ts'
import {durationExamples, parseDuration} from '../util/duration.ts'
import {nearest} from '../util/nearest.ts'
import {checkExecItem, checkInputName, listExecConditions, listExecItems} from './check-exec.ts'
import {refuseEntryName, type EntryPoint} from './entry-point.ts'
import {kebabCasePattern, maxNameLength, maxVersionLength, semverPattern} from './manifest-schema.ts'

/** Device names of Windows: a directory of that name could not be checked out there. */
const reservedName = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$/

/** Looks at the parts that have the right shape and leaves the rest to the schema. */
export function checkManifest(value: Fields): PlacedFinding[] {
  return [...checkNames(value), ...checkStart(value), ...checkActions(value), ...listEntryPoints(value).flatMap(checkEntryName)]
}

/** The files a manifest points at, as far as the shape is right. */
export function listEntryPoints(value: Fields): EntryPoint[] {
  const entries: EntryPoint[] = []
  if (typeof value.main === 'string') entries.push({kind: 'main', path: value.main, at: ['main']})
  if (Array.isArray(value.command)) {
    listTexts(value.command).forEach(({text, index}) => {
      entries.push({kind: index === 0 ? 'program' : 'argument', path: text, at: ['command', index]})
    })
  }
  listActions(value).forEach(({action, index}) => {
    const program: unknown = Array.isArray(action.exec) ? action.exec[0] : undefined
    if (typeof program === 'string' && !program.includes('{{'))
      entries.push({kind: 'program', path: program, at: ['actions', index, 'exec', 0]})
  })
  return entries
}

const kebabCase = new RegExp(kebabCasePattern)
const semver = new RegExp(semverPattern)

function checkNames(value: Fields): PlacedFinding[] {
  return [
    ...checkName('namespace', value.namespace, ['namespace']),
    ...checkName('name', value.name, ['name']),
    ...checkVersion(value.version),
  ]
}

function checkName(label: string, name: unknown, path: DocumentPath): PlacedFinding[] {
  if (typeof name !== 'string') return []
  if (name.length > maxNameLength)
    return [error(path, 'name-too-long', `${label} must be at most ${String(maxNameLength)} characters long`)]
  if (!kebabCase.test(name)) {
    return [
      error(
        path,
        'invalid-name',
        `${label} must be kebab-case`,
        'lower-case letters, digits and single hyphens, starting with a letter: my-plugin',
      ),
    ]
  }
  if (reservedName.test(name))
    return [error(path, 'reserved-name', `${label} must not be "${name}": Windows reserves that name for a device`)]
  return []
}

/** Text that is a name as manifests write it. */
export function isKebabCase(name: unknown): name is string {
  return typeof name === 'string' && name.length <= maxNameLength && kebabCase.test(name)
}

function checkVersion(version: unknown): PlacedFinding[] {
  if (typeof version !== 'string' || (version.length <= maxVersionLength && semver.test(version))) return []
  return [error(['version'], 'invalid-version', 'version must be valid semver (e.g. 1.0.0)', suggestVersion(version))]
}

/** `v1.2` -> `1.2.0`: what is missing in most wrong versions. */
function suggestVersion(version: string): string | undefined {
  const [, major, minor = '0', patch = '0'] = /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?$/.exec(version) ?? []
  return major === undefined ? undefined : `did you mean "${[major, minor, patch].map(Number).join('.')}"?`
}

function checkStart(value: Fields): PlacedFinding[] {
  const {main, command, protocol} = value
  const has = (field: string): boolean => value[field] !== undefined
  const findings: PlacedFinding[] = []
  if (main !== undefined && command !== undefined) {
    findings.push(
      error(
        ['command'],
        'main-and-command',
        'main and command cannot be combined: a plugin starts in one way',
        'remove one of them',
        'key',
      ),
    )
  }
  if (protocol === 'exec' || protocol === 'builtin') {
    const reason = protocol === 'exec' ? 'each action has its own command line' : 'it starts no program'
    for (const field of ['main', 'command'].filter(has)) {
      findings.push(
        error([field], `main-with-${protocol}`, `${field} cannot be combined with protocol ${protocol}: ${reason}`, undefined, 'key'),
      )
    }
  } else if (main === undefined && command === undefined) {
    const hint = 'add `main: index.js` for JavaScript and TypeScript, or `command: [python3, main.py]` for any program'
    findings.push(error([], 'no-entry-point', 'the manifest has neither main nor command', hint))
  }
  const effective = protocol ?? (main === undefined ? 'plain' : 'sdk')
  if (value.worker === 'reuse' && effective !== 'sdk') {
    findings.push(
      error(['worker'], 'reuse-without-sdk', 'worker reuse requires protocol sdk: with the others, a process ends after one task'),
    )
  }
  if (value.strictStdout === true && effective !== 'plain') {
    findings.push(warning(['strictStdout'], 'no-effect', 'strictStdout has no effect: it applies only to protocol plain', 'key'))
  }
  return findings
}

function checkActions(value: Fields): PlacedFinding[] {
  const known = new Set<string>()
  return listActions(value).flatMap(({action, index}) => {
    const at: DocumentPath = ['actions', index]
    const findings: PlacedFinding[] = []
    findings.push(...checkName('action name', action.name, [...at, 'name']))
    if (typeof action.name === 'string') {
      if (known.has(action.name)) findings.push(error([...at, 'name'], 'duplicate-action', `duplicate action name "${action.name}"`))
      known.add(action.name)
    }
    const {timeout} = action
    if ((typeof timeout === 'string' || typeof timeout === 'number') && parseDuration(timeout) === undefined) {
      findings.push(
        error([...at, 'timeout'], 'invalid-duration', `timeout is not a duration: ${String(timeout)}`, `write ${durationExamples}`),
      )
    }
    const inputNames = isFields(action.input) && isFields(action.input.properties) ? Object.keys(action.input.properties) : []
    findings.push(...checkExec(action, value.protocol, at, inputNames), ...checkLiteralInputs(action, at, inputNames))
    return findings
  })
}

function checkExec(action: Fields, protocol: unknown, at: DocumentPath, inputNames: readonly string[]): PlacedFinding[] {
  if (action.exec === undefined) {
    if (protocol !== 'exec') return []
    return [
      error(
        at,
        'missing-exec',
        'the action needs exec: with protocol exec each action names its command line',
        'add `exec: [program, "{{ inputs.name }}"]`',
      ),
    ]
  }
  if (protocol !== 'exec') return [error([...at, 'exec'], 'exec-without-protocol', 'exec needs `protocol: exec`', undefined, 'key')]
  if (!Array.isArray(action.exec)) return []
  const execAt = [...at, 'exec']
  return [
    ...listExecItems(action.exec, execAt).flatMap((item) =>
      checkExecItem(item.text, inputNames).map((finding) => ({path: item.at, target: 'value' as const, finding})),
    ),
    ...listExecConditions(action.exec, execAt).flatMap((name) =>
      checkInputName(name.text, inputNames).map((finding) => ({path: name.at, target: 'key' as const, finding})),
    ),
  ]
}

function checkLiteralInputs(action: Fields, at: DocumentPath, inputNames: readonly string[]): PlacedFinding[] {
  if (!Array.isArray(action.literalInputs)) return []
  return listTexts(action.literalInputs).flatMap(({text, index}) => {
    if (inputNames.includes(text)) return []
    const suggestion = nearest(text, inputNames)
    const message = `literalInputs names "${text}", which is not a property of the action's input schema`
    return [error([...at, 'literalInputs', index], 'unknown-input', message, suggestion && `did you mean "${suggestion}"?`)]
  })
}

function checkEntryName(entry: EntryPoint): PlacedFinding[] {
  const problem = refuseEntryName(entry)
  return problem === undefined
    ? []
    : [error(entry.at, 'invalid-entry-point', `${String(entry.at[0] === 'actions' ? 'exec' : entry.at[0])} ${problem}`)]
}

/** The actions that are maps, with their position in the list. */
export function listActions(value: Fields): {readonly action: Fields; readonly index: number}[] {
  const actions: unknown[] = Array.isArray(value.actions) ? value.actions : []
  return actions.flatMap((action, index) => (isFields(action) ? [{action, index}] : []))
}

function listTexts(items: readonly unknown[]): {readonly text: string; readonly index: number}[] {
  return items.flatMap((text, index) => (typeof text === 'string' ? [{text, index}] : []))
}

function error(path: DocumentPath, code: string, message: string, hint?: string, target: 'key' | 'value' = 'value'): PlacedFinding {
  return {path, target, finding: {severity: 'error', code, message, hint}}
}

function warning(path: DocumentPath, code: string, message: string, target: 'key' | 'value'): PlacedFinding {
  return {path, target, finding: {severity: 'warning', code, message}}
}
