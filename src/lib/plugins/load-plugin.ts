// One directory -> what is known about the plugin in it. A broken plugin is diagnostics, never an exception.

import type {SchemaCompiler} from '../documents/json-schema.ts'
import {readDocument} from '../documents/read-document.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {readPlainFile} from '../files/read-plain-file.ts'
import {defined} from '../util/defined.ts'
import {checkEntryPoints, type EntryFinding} from './entry-point.ts'
import type {PluginDir} from './find-plugin-dirs.ts'
import type {ManifestCache, ManifestRecord} from './manifest-cache.ts'
import type {PluginManifest} from './manifest.ts'
import type {PluginPath} from './plugin-entry.ts'
import {bundledNamespace} from './shadowing.ts'

/** Largest plugin.yaml that is read, in bytes. */
export const maxManifestBytes = 1024 * 1024

/** What loading needs. */
export interface LoadContext {
  readonly cache: ManifestCache
  readonly schemas: SchemaCompiler
}

export interface LoadedPlugin {
  readonly place: PluginDir
  /** `namespace/name`, when the manifest says. */
  readonly id?: string
  /** Absent when the manifest is invalid. */
  readonly manifest?: PluginManifest
  readonly diagnostics: readonly Diagnostic[]
  readonly isBroken: boolean
}

/** Reads the manifest, from the cache when it is there, and looks at the entry points. Links and files are looked at every time. */
export async function loadPlugin(place: PluginDir, origin: PluginPath['origin'], {cache, schemas}: LoadContext): Promise<LoadedPlugin> {
  const refusal = refuseManifestFile(place)
  if (refusal) return {place, diagnostics: [refusal], isBroken: true}
  let record = cache.find(place.manifestFile, place.stats)
  if (!record) {
    const read = await readManifest(place.manifestFile, schemas)
    // A file that could not be read, say for want of file handles, is tried again next time.
    if ('unreadable' in read) return {place, diagnostics: [read.unreadable], isBroken: true}
    record = read.record
    cache.remember(place.manifestFile, place.stats, record)
  }
  const findings = [...checkEntryPoints(place.dir, record.entryPoints), ...refuseBuiltIn(record, origin)]
  const diagnostics =
    findings.length === 0 ? record.diagnostics : [...record.diagnostics, ...(await placeFindings(place.manifestFile, findings))]
  const isBroken = !record.manifest || diagnostics.some((diagnostic) => diagnostic.severity === 'error')
  return {
    place,
    diagnostics,
    isBroken,
    ...defined({id: record.id}),
    ...(record.manifest && {manifest: record.manifest}),
  }
}

/**
 * Whether the manifest can declare the plugin `namespace/name`; false spares parsing it. A YAML scalar is spelled out somewhere in the text
 * unless it is written with escapes, so a text with neither the name nor a backslash cannot yield the name.
 */
export function mayDeclare(place: PluginDir, id: string, cache: ManifestCache): boolean {
  const known = cache.find(place.manifestFile, place.stats)
  if (known) return known.id === id
  if (refuseManifestFile(place)) return false
  try {
    const text = readPlainFile(place.manifestFile, {maxBytes: maxManifestBytes, mayBeLink: false}).toString('latin1')
    return text.includes(id.slice(id.indexOf('/') + 1)) || text.includes('\\')
  } catch {
    // Loading it says what is wrong.
    return true
  }
}

/** Which code a built-in action is, its name alone decides: so the name must be one of the program's own. */
function refuseBuiltIn({id = '', manifest}: ManifestRecord, origin: PluginPath['origin']): EntryFinding[] {
  if (manifest?.protocol !== 'builtin' || (origin === 'bundled' && id.startsWith(bundledNamespace))) return []
  const message = 'protocol builtin is only for the plugins that come with the program'
  const hint = 'use protocol sdk with main, plain with command, or exec'
  return [{at: ['protocol'], finding: {severity: 'error', code: 'builtin-refused', message, hint}}]
}

/** A FIFO or a device is never opened: reading might never end. */
function refuseManifestFile({stats, manifestFile}: PluginDir): Diagnostic | undefined {
  if (stats.isFile() && stats.size <= maxManifestBytes) return undefined
  if (stats.isFile()) return unreadable(manifestFile, `it is larger than ${String(maxManifestBytes / 1024 / 1024)} MiB`)
  // A link could lead to another user's file, and code frames would show its text.
  if (stats.isSymbolicLink()) return unreadable(manifestFile, 'it is a link')
  return unreadable(manifestFile, stats.isDirectory() ? 'it is a directory' : 'it is not a regular file')
}

async function readManifest(
  file: string,
  schemas: SchemaCompiler,
): Promise<{readonly record: ManifestRecord} | {readonly unreadable: Diagnostic}> {
  try {
    const {parseManifest} = await import('./parse-manifest.ts')
    return {record: await parseManifest(await readManifestDocument(file), schemas)}
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    if (error.diagnostics.length > 0) return {record: {diagnostics: error.diagnostics, entryPoints: []}}
    return {unreadable: unreadable(file, error.message)}
  }
}

function readManifestDocument(file: string) {
  // Schemas say `maximum: 9223372036854775807`, and lose nothing when that is rounded.
  return readDocument(file, {maxBytes: maxManifestBytes, errorCode: 'PLUGIN_INVALID', what: 'plugin manifest', mayRound: true})
}

/** The manifest itself may have come from the cache: it is read again only to know where the finding stands. */
async function placeFindings(file: string, findings: readonly EntryFinding[]): Promise<Diagnostic[]> {
  try {
    const document = await readManifestDocument(file)
    return findings.map(({at, finding}) => document.diagnostic(at, 'value', finding))
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    return findings.map(({finding: {severity, code, message, hint}}) => ({
      severity,
      code,
      message,
      file,
      ...defined({hint}),
    }))
  }
}

function unreadable(file: string, reason: string): Diagnostic {
  return {severity: 'error', code: 'manifest-unreadable', message: `plugin.yaml cannot be used: ${reason}`, file}
}
