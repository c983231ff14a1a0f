// plugin.yaml -> PluginManifest with its defaults, or everything that is wrong with it.

import type {SchemaCompiler} from '../documents/json-schema.ts'
import type {SourceDocument} from '../documents/source-document.ts'
import {placeSchemaFinding, type PlacedFinding} from '../documents/schema-diagnostics.ts'
import {SchemaError} from '../documents/schema-guard.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {defined} from '../util/defined.ts'
import {parseDuration} from '../util/duration.ts'
import type {JsonObject} from '../util/json.ts'
import {isFields, type Fields} from '../documents/fields.ts'
import {checkManifest, isKebabCase, listActions, listEntryPoints} from './check-manifest.ts'
import type {ManifestRecord} from './manifest-cache.ts'
import {manifestShape} from './manifest-schema.ts'
import type {ActionDef, ExecItem, PluginManifest, RecommendedPermissions} from './manifest.ts'

/**
 * Reads a manifest. All findings at once; unknown fields are warnings. `manifest` is absent when there is an error. `entryPoints` are the
 * files it points at: whether these exist is not looked at here. The schemas of actions are compiled, so that a bad one is found here.
 */
export async function parseManifest(document: SourceDocument, schemas: SchemaCompiler): Promise<ManifestRecord> {
  const {value} = document
  const findings: PlacedFinding[] = await checkShape(value, schemas)
  if (isFields(value)) findings.push(...checkManifest(value), ...(await checkActionSchemas(value, schemas)))
  const diagnostics = findings.map(({path, target, finding}) => document.diagnostic(path, target, finding))
  const id = isFields(value) ? declaredId(value.namespace, value.name) : undefined
  return {
    ...defined({id}),
    ...(isValid(value, diagnostics) && {manifest: toManifest(value)}),
    diagnostics: sortByPlace(diagnostics),
    entryPoints: isFields(value) ? listEntryPoints(value) : [],
  }
}

/** Unknown fields stop nothing: they may be of a newer version. */
async function checkShape(value: unknown, schemas: SchemaCompiler): Promise<PlacedFinding[]> {
  const check = await schemas.compile(manifestShape)
  return check(value)
    .map(placeSchemaFinding)
    .map(({path, target, finding}) => ({
      path,
      target,
      finding: finding.code === 'unknown-property' ? {...finding, severity: 'warning'} : finding,
    }))
}

/** Schemas that are wrong, or that would fetch, hang or grow without bound. */
async function checkActionSchemas(value: Fields, schemas: SchemaCompiler): Promise<PlacedFinding[]> {
  const findings: PlacedFinding[] = []
  for (const {action, index} of listActions(value)) {
    for (const field of ['input', 'output'] as const) {
      const schema = action[field]
      if (!isFields(schema)) continue
      try {
        await schemas.compile(schema)
      } catch (error) {
        if (!(error instanceof SchemaError)) throw error
        const message = `the ${field} schema of action "${String(action.name)}" cannot be used: ${error.message}`
        findings.push({
          path: ['actions', index, field, ...error.path],
          target: 'value',
          finding: {severity: 'error', code: 'invalid-schema', message},
        })
      }
    }
  }
  return findings
}

/** Also an invalid manifest claims its name, if the name can be read. */
function declaredId(namespace: unknown, name: unknown): string | undefined {
  return isKebabCase(namespace) && isKebabCase(name) ? `${namespace}/${name}` : undefined
}

/** plugin.yaml as the schema describes it, before defaults. */
type ManifestSource = Omit<PluginManifest, 'protocol' | 'worker' | 'strictStdout' | 'capabilities' | 'permissions' | 'actions'> & {
  readonly protocol?: PluginManifest['protocol']
  readonly worker?: PluginManifest['worker']
  readonly strictStdout?: boolean
  readonly capabilities?: readonly string[]
  readonly permissions?: RecommendedPermissions
  readonly actions: readonly ActionSource[]
}

interface ActionSource {
  readonly name: string
  readonly description?: string
  readonly input?: JsonObject
  readonly output?: JsonObject
  readonly timeout?: string | number
  readonly idempotent?: ActionDef['idempotent']
  readonly literalInputs?: readonly string[]
  readonly exec?: readonly ExecItem[]
}

function isValid(value: unknown, diagnostics: readonly Diagnostic[]): value is ManifestSource {
  return diagnostics.every((diagnostic) => diagnostic.severity === 'warning')
}

function toManifest(source: ManifestSource): PluginManifest {
  const {namespace, name, version, description, author, license, main, command} = source
  return {
    namespace,
    name,
    version,
    ...defined({description, author, license, main, command}),
    protocol: source.protocol ?? (main === undefined ? 'plain' : 'sdk'),
    worker: source.worker ?? 'single',
    strictStdout: source.strictStdout ?? false,
    capabilities: source.capabilities ?? [],
    permissions: source.permissions ?? {},
    actions: source.actions.map(toAction),
  }
}

function toAction(source: ActionSource): ActionDef {
  const {name, description, input, output, timeout, exec} = source
  const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout)
  return {
    name,
    ...defined({description, input, output, timeoutMs}),
    idempotent: source.idempotent ?? false,
    literalInputs: source.literalInputs ?? [],
    ...defined({exec}),
  }
}

function sortByPlace(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}
