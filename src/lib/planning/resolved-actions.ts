// The actions that the tasks of a file name: found and ready, or findings. Also checks the inputs that are written literally.

import {placeSchemaFinding} from '../documents/schema-diagnostics.ts'
import type {SchemaCheck, SchemaCompiler} from '../documents/json-schema.ts'
import type {SourceDocument} from '../documents/source-document.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import type {ErrorCode} from '../errors/error-codes.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {execReference, listExecItems} from '../plugins/check-exec.ts'
import type {PluginAction} from '../plugins/manifest.ts'
import type {PluginManager, ResolveFailure} from '../plugins/plugin-manager.ts'
import {isTemplate} from '../templates/templates.ts'
import {maxFindings} from '../documents/collect-findings.ts'
import type {WrittenTask} from '../documents/report.ts'
import type {TaskActions} from '../workflow/task-actions.ts'

export interface ActionSources {
  readonly plugins: Pick<PluginManager, 'resolve' | 'prepare'>
  readonly schemas: SchemaCompiler
}

interface FoundAction extends PluginAction {
  readonly checkInputs: SchemaCheck | undefined
  readonly notice: Omit<Diagnostic, 'severity'> | undefined
}

/** What is known of the actions of one workflow; asked once per type. */
export class ResolvedActions implements TaskActions {
  readonly #sources: ActionSources
  readonly #known = new Map<string, FoundAction | ResolveFailure>()
  readonly #codes = new Set<ErrorCode>()
  readonly diagnostics: Diagnostic[] = []
  readonly #brokenPlugins = new Set<string>()
  omitted = 0

  constructor(sources: ActionSources) {
    this.#sources = sources
  }

  /** Resolves the types of all tasks as far as they are written. */
  async resolve(document: SourceDocument, tasks: readonly WrittenTask[]): Promise<void> {
    for (const {index, fields} of tasks) {
      const {type, inputs = {}} = fields
      if (typeof type !== 'string') continue
      const known = this.#known.get(type)
      const found = known ?? (await this.#look(type))
      this.#known.set(type, found)
      if ('action' in found && found.notice !== undefined && known === undefined) {
        const {code, message} = found.notice
        this.diagnostics.push(document.diagnostic(['tasks', index, 'type'], 'value', {severity: 'warning', code, message}))
      }
      if ('action' in found) this.#checkInputs(document, index, type, found, inputs)
      else {
        const {code, errorCode, message, hint, diagnostics} = found
        this.#codes.add(errorCode)
        // A broken plugin is one mistake, however many tasks use its actions.
        if (code === 'invalid-plugin') {
          if (this.#brokenPlugins.has(message)) continue
          this.#brokenPlugins.add(message)
        }
        this.#report(document, ['tasks', index, 'type'], 'value', {severity: 'error', code, message, hint})
        if (known === undefined) this.diagnostics.push(...diagnostics)
      }
    }
  }

  #report(...[document, path, target, finding]: [SourceDocument, ...Parameters<SourceDocument['diagnostic']>]): void {
    if (this.diagnostics.length < maxFindings) this.diagnostics.push(document.diagnostic(path, target, finding))
    else this.omitted++
  }

  literalInputs(type: string): readonly string[] {
    return this.#found(type)?.action.literalInputs ?? []
  }

  argumentInputs(type: string): readonly string[] {
    const exec = this.#found(type)?.action.exec ?? []
    return listExecItems(exec, []).flatMap(({text}) => execReference(text) ?? [])
  }

  /** The code of an error that is about nothing but plugins; otherwise the workflow itself is invalid. */
  get errorCode(): ErrorCode {
    const [only] = this.#codes
    if (only !== undefined && this.#codes.size === 1) return only
    return this.#codes.has('WORKFLOW_INVALID') ? 'WORKFLOW_INVALID' : 'PLUGIN_NOT_FOUND'
  }

  /** The action of a type that has no findings. */
  get(type: string): FoundAction {
    const found = this.#found(type)
    if (found === undefined) throw new Error(`the type ${type} was not resolved`)
    return found
  }

  #found(type: string): FoundAction | undefined {
    const known = this.#known.get(type)
    return known !== undefined && 'action' in known ? known : undefined
  }

  /** Also builds what has to be built, so a plugin that cannot be loaded is found before anything starts. */
  async #look(type: string): Promise<FoundAction | ResolveFailure> {
    const {plugins, schemas} = this.#sources
    const resolution = await plugins.resolve(type)
    if (!resolution.ok) return resolution.failure
    const {plugin, action, notice} = resolution
    try {
      await plugins.prepare(plugin)
      return {plugin, action, notice, checkInputs: action.input === undefined ? undefined : await schemas.compile(action.input)}
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw error
      const {code: errorCode, message, hint, diagnostics} = error
      return {code: 'invalid-plugin', errorCode, message, diagnostics, ...(hint === undefined ? {} : {hint})}
    }
  }

  /** What a template will give is checked when its task starts. */
  #checkInputs(document: SourceDocument, index: number, type: string, {action, checkInputs}: FoundAction, inputs: unknown): void {
    // Anything but a map is the schema's finding.
    if (checkInputs === undefined || typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) return
    for (const finding of checkInputs(inputs).map(placeSchemaFinding)) {
      if (dependsOnTemplate(inputs, finding.path, action.literalInputs)) continue
      this.#codes.add('WORKFLOW_INVALID')
      const message = `${finding.finding.message} (inputs of ${type})`
      this.#report(document, ['tasks', index, 'inputs', ...finding.path], finding.target, {...finding.finding, message})
    }
  }
}

/** Whether the value at `path` is, holds, or stands inside of a template: then only its evaluation can tell. */
function dependsOnTemplate(inputs: object, path: readonly (string | number)[], literal: readonly string[]): boolean {
  const [name] = path
  if (name === undefined || literal.includes(String(name))) return false
  let value: unknown = inputs
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false
    value = Reflect.get(value, step)
  }
  return containsTemplate(value)
}

function containsTemplate(value: unknown): boolean {
  if (typeof value === 'string') return isTemplate(value)
  return typeof value === 'object' && value !== null && Object.values(value).some(containsTemplate)
}
