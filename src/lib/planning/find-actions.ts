// The actions that the tasks of a file name: found and ready, or findings. Also checks the inputs that are written literally.

import {fieldsOf, isFields} from '../documents/fields.ts'
import {collectFindings, type Checked, type CheckFinding} from '../documents/findings.ts'
import type {SchemaCheck, SchemaCompiler} from '../documents/json-schema.ts'
import {placeSchemaFinding, type PlacedFinding} from '../documents/schema-diagnostics.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {execReference, listExecItems} from '../plugins/check-exec.ts'
import type {ActionDef, PluginAction} from '../plugins/manifest.ts'
import type {PluginManager, ResolveFailure} from '../plugins/plugin-manager.ts'
import type {ActionInputs} from '../workflow/action-inputs.ts'
import {hintForForm} from '../workflow/check/shape-hints.ts'
import type {WorkflowDraft} from '../workflow/draft.ts'
import {commandAction} from '../workflow/task/requirement.ts'
import {isComputedVar} from '../workflow/vars/computed-var.ts'
import {visitTemplates} from '../workflow/template-sites.ts'
import {defined} from '../util/defined.ts'

export interface ActionSources {
  readonly plugins: Pick<PluginManager, 'resolve' | 'prepare'>
  readonly schemas: SchemaCompiler
}

export type FoundAction = PluginAction & ActionInputs

/** By type. A type that was not found is missing, and a finding. */
export type FoundActions = ReadonlyMap<string, FoundAction>

interface ReadyAction extends PluginAction, ActionInputs {
  readonly checkInputs: SchemaCheck | undefined
  readonly notice: Omit<Diagnostic, 'severity'> | undefined
}

/** What a type names, or why it names nothing. */
type Lookup = ReadyAction | ResolveFailure

/** Also builds what has to be built, so a plugin that cannot be loaded is found before anything starts. */
export async function findActions(draft: WorkflowDraft, sources: ActionSources): Promise<Checked<FoundActions>> {
  const lookups = new Map<string, Lookup>()
  for (const type of typesOf(draft)) lookups.set(type, await lookUp(type, sources))
  const {diagnostics, ...findings} = collectFindings(draft.document, checkActions(draft, lookups))
  return {
    value: new Map([...lookups].flatMap(([type, found]) => ('action' in found ? [[type, found]] : []))),
    findings: {...findings, diagnostics: [...diagnostics, ...inPluginFiles(lookups)]},
  }
}

function typesOf({fields: {vars}, tasks}: WorkflowDraft): Set<string> {
  const types = new Set(tasks.map(({fields}) => fields['type']).filter((type) => typeof type === 'string'))
  const computesVar = Object.values(fieldsOf(vars)).some(isComputedVar)
  if (computesVar || tasks.some(({fields}) => requiresCommand(fields['require']))) types.add(commandAction)
  return types
}

function requiresCommand(requirements: unknown): boolean {
  return Array.isArray(requirements) && requirements.some((one) => fieldsOf(one)['command'] !== undefined)
}

/** What is wrong with the files of plugins that cannot be used, once per plugin. */
function inPluginFiles(lookups: ReadonlyMap<string, Lookup>): Diagnostic[] {
  const failures = [...lookups.values()].flatMap((found) => ('action' in found ? [] : [[found.message, found.diagnostics] as const]))
  return [...new Map(failures).values()].flat()
}

async function lookUp(type: string, {plugins, schemas}: ActionSources): Promise<Lookup> {
  const resolution = await plugins.resolve(type)
  if (!resolution.ok) return resolution.failure
  const {plugin, action, notice} = resolution
  try {
    await plugins.prepare(plugin)
    const checkInputs = action.input === undefined ? undefined : await schemas.compile(action.input)
    const {literalInputs, output} = action
    return {plugin, action, notice, checkInputs, literalInputs, argumentInputs: argumentInputs(action), ...defined({output})}
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    const {code: errorCode, message, hint, diagnostics} = error
    return {code: 'invalid-plugin', errorCode, message, diagnostics, ...defined({hint})}
  }
}

function argumentInputs({exec = []}: ActionDef): string[] {
  return listExecItems(exec, []).flatMap(({text}) => execReference(text) ?? [])
}

function* checkActions({tasks}: WorkflowDraft, lookups: ReadonlyMap<string, Lookup>): Generator<CheckFinding> {
  const noticed = new Set<string>()
  const brokenPlugins = new Set<string>()
  for (const {at, fields} of tasks) {
    const {type, inputs = {}} = fields
    if (typeof type !== 'string') continue
    const found = lookups.get(type)
    if (found === undefined) continue
    if (!('action' in found)) {
      const {code, errorCode, message, hint} = found
      // A broken plugin is one mistake, however many tasks use its actions.
      if (code === 'invalid-plugin') {
        if (brokenPlugins.has(message)) continue
        brokenPlugins.add(message)
      }
      yield {at: [...at, 'type'], code, message, hint, errorCode}
      continue
    }
    if (found.notice !== undefined && !noticed.has(type)) {
      const {code, message} = found.notice
      noticed.add(type)
      yield {at: [...at, 'type'], severity: 'warning', code, message}
    }
    for (const {path, finding, target} of checkInputs(found, inputs))
      yield {...finding, at: [...at, 'inputs', ...path], target, message: `${finding.message} (inputs of ${type})`}
  }
}

/** What a template will give is checked when its task starts. */
function checkInputs({checkInputs: check, literalInputs}: ReadyAction, inputs: unknown): PlacedFinding[] {
  // Anything but a map is the finding of the workflow's schema.
  if (check === undefined || !isFields(inputs)) return []
  return check(inputs)
    .map((found) => {
      const placed = placeSchemaFinding(found)
      return {...placed, finding: {...placed.finding, ...defined({hint: placed.finding.hint ?? hintForForm(found, inputs)})}}
    })
    .filter(({path}) => !dependsOnTemplate(inputs, path, literalInputs))
}

/** Whether the value at `path` is, holds, or stands inside of a template: then only its evaluation can show. */
function dependsOnTemplate(inputs: object, path: readonly (string | number)[], literal: readonly string[]): boolean {
  const [name] = path
  if (name === undefined || literal.includes(String(name))) return false
  let value: unknown = inputs
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false
    value = Reflect.get(value, step)
  }
  let holdsTemplate = false
  visitTemplates(value, () => (holdsTemplate = true))
  return holdsTemplate
}
