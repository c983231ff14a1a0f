// One configuration file -> the settings it makes, or all of its findings.

import {statSync} from 'node:fs'
import type {SchemaCompiler} from '../documents/json-schema.ts'
import {readDocument} from '../documents/read-document.ts'
import type {DocumentPath, SourceDocument} from '../documents/source-document.ts'
import {placeSchemaFinding} from '../documents/schema-diagnostics.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import type {ExecutionLimits} from '../execution/attempt/limits.ts'
import {parseByteSize} from '../util/byte-size.ts'
import {defined} from '../util/defined.ts'
import {durationExamples, parseDuration} from '../util/duration.ts'
import {fieldsOf} from '../documents/fields.ts'
import {collectFindings, type CheckFinding} from '../documents/findings.ts'
import type {Resources} from '../workflow/model.ts'
import {checkResources, readResources, type WrittenResources} from '../workflow/resources.ts'
import type {PrunePolicy} from './config.ts'
import {configSchema} from './schema.ts'

export interface FileSettings {
  /** Absolute path of the file. */
  readonly file: string
  /** As written. */
  readonly pluginPaths?: readonly string[]
  /** A finding about one of them, with its position in the file. */
  readonly aboutPluginPath?: (index: number, finding: Pick<Diagnostic, 'code' | 'message' | 'hint'>) => Diagnostic
  readonly baseImage?: string
  readonly autoBuild?: boolean
  readonly allowShadowing?: readonly string[]
  readonly concurrency?: number
  readonly placeholder?: string
  readonly inheritEnv?: readonly string[]
  readonly keepFilesMs?: number
  readonly prune?: PrunePolicy
  readonly cacheMaxBytes?: number
  readonly limits: Partial<ExecutionLimits>
  readonly sandbox: FileSandbox
}

/** As far as the file says. */
interface FileSandbox {
  readonly limits: Resources
  readonly byPlugin: Readonly<Record<string, Resources>>
}

/** What cannot be looked at is not empty: reading it says what is wrong. */
function isEmptyFile(file: string): boolean {
  try {
    const stats = statSync(file)
    return stats.isFile() && stats.size === 0
  } catch {
    return false
  }
}

/** What the schema lets through. */
interface ConfigSource {
  readonly plugins?: {
    readonly paths?: readonly string[]
    readonly baseImage?: string
    readonly autoBuild?: boolean
    readonly allowShadowing?: readonly string[]
  }
  readonly concurrency?: number
  readonly inheritEnv?: readonly string[]
  readonly masking?: {readonly placeholder?: string}
  readonly runs?: {
    readonly keepFiles?: string | number
    readonly prune?: {readonly olderThan?: string | number; readonly keep?: number}
  }
  readonly cache?: {readonly maxSize?: string | number}
  readonly limits?: Readonly<Record<string, string | number>>
  readonly sandbox?: WrittenResources & {readonly plugins?: Readonly<Record<string, WrittenResources>>}
}

/** Each limit of the file, what it sets, and how it is read. */
const limitKeys: Readonly<Record<string, {readonly sets: keyof ExecutionLimits; readonly as: 'size' | 'duration' | 'number'}>> = {
  output: {sets: 'outputBytes', as: 'size'},
  outputDepth: {sets: 'outputDepth', as: 'number'},
  log: {sets: 'logBytes', as: 'size'},
  logLine: {sets: 'logLineBytes', as: 'size'},
  exitGrace: {sets: 'exitGraceMs', as: 'duration'},
  killGrace: {sets: 'killGraceMs', as: 'duration'},
}

/** An empty file makes no settings. Throws WorkflowError: CONFIG_INVALID with all findings, or DOCUMENT_UNREADABLE. */
export async function readSettings(file: string, schemas: SchemaCompiler): Promise<FileSettings> {
  if (isEmptyFile(file)) return {file, limits: {}, sandbox: readSandbox(undefined)}
  const document = await readDocument(file, {maxBytes: 1024 * 1024, errorCode: 'CONFIG_INVALID', what: 'configuration file'})
  // A file of comments only.
  if (document.value === null || document.value === undefined) return {file, limits: {}, sandbox: readSandbox(undefined)}

  const check = await schemas.compile(configSchema)
  const diagnostics = check(document.value)
    .map(placeSchemaFinding)
    .map(({path, target, finding}) => document.diagnostic(path, target, finding))
  const {limits, findings} = isChecked(document.value, diagnostics) ? readLimits(document.value, document) : {limits: {}, findings: []}
  const all = [
    ...diagnostics,
    ...findings,
    ...collectFindings(document, checkSandbox(document.value)).diagnostics,
    ...collectFindings(document, checkKept(document.value)).diagnostics,
  ]
  if (!isChecked(document.value, all)) {
    const errors = all.reduce((sum, {severity, count = 1}) => (severity === 'error' ? sum + count : sum), 0)
    throw new WorkflowError(
      'CONFIG_INVALID',
      `The configuration file "${file}" has ${errors === 1 ? '1 error' : `${String(errors)} errors`}.`,
      {diagnostics: all},
    )
  }
  const {plugins, concurrency, inheritEnv, masking, sandbox, runs, cache} = document.value
  return {
    file,
    limits,
    sandbox: readSandbox(sandbox),
    ...(plugins?.paths && {
      pluginPaths: plugins.paths,
      aboutPluginPath: (index, finding) => document.diagnostic(['plugins', 'paths', index], 'value', {severity: 'warning', ...finding}),
    }),
    ...(plugins?.allowShadowing && {allowShadowing: plugins.allowShadowing}),
    ...defined({
      baseImage: plugins?.baseImage,
      autoBuild: plugins?.autoBuild,
      concurrency,
      inheritEnv,
      placeholder: masking?.placeholder,
      keepFilesMs: readKept(runs?.keepFiles),
      prune: runs?.prune && defined({olderThanMs: readKept(runs.prune.olderThan), keep: runs.prune.keep}),
      cacheMaxBytes: cache?.maxSize === undefined ? undefined : parseByteSize(cache.maxSize),
    }),
  }
}

function isChecked(value: unknown, diagnostics: readonly Diagnostic[]): value is ConfigSource {
  return diagnostics.every((diagnostic) => diagnostic.severity === 'warning')
}

function readSandbox({plugins = {}, ...own}: NonNullable<ConfigSource['sandbox']> = {}): FileSandbox {
  return {
    limits: readResources(own),
    byPlugin: Object.fromEntries(Object.entries(plugins).map(([id, resources]) => [id, readResources(resources)])),
  }
}

/** Findings about sizes; whatever else is wrong is the schema's finding. */
function* checkSandbox(value: unknown): Generator<CheckFinding> {
  const sandbox = fieldsOf(fieldsOf(value)['sandbox'])
  yield* checkResources(sandbox, ['sandbox'])
  for (const [id, resources] of Object.entries(fieldsOf(sandbox['plugins']))) yield* checkResources(resources, ['sandbox', 'plugins', id])
}

/** Longer than a timer can wait: nothing waits for it. */
const longestKeptMs = 100 * 365 * 24 * 3_600_000

function readKept(written: unknown): number | undefined {
  return written === 0 || written === '0' ? 0 : parseDuration(written, longestKeptMs)
}

function* checkKept(value: unknown): Generator<CheckFinding> {
  const {maxSize} = fieldsOf(fieldsOf(value)['cache'])
  if ((typeof maxSize === 'string' || typeof maxSize === 'number') && parseByteSize(maxSize) === undefined)
    yield {
      at: ['cache', 'maxSize'],
      code: 'bad-size',
      message: `maxSize is not a size: ${String(maxSize)}`,
      hint: 'write 5GiB, 500MiB, or 0',
    }
  const {keepFiles, prune} = fieldsOf(fieldsOf(value)['runs'])
  yield* checkPeriod(keepFiles, ['runs', 'keepFiles'], 'write 7d, 12h, or 0')
  yield* checkPeriod(fieldsOf(prune)['olderThan'], ['runs', 'prune', 'olderThan'], 'write 30d or 12h')
}

function* checkPeriod(written: unknown, at: readonly string[], hint: string): Generator<CheckFinding> {
  if ((typeof written !== 'string' && typeof written !== 'number') || readKept(written) !== undefined) return
  yield {at, code: 'invalid-duration', message: `${String(at.at(-1))} is not a duration: ${String(written)}`, hint}
}

function readLimits(source: ConfigSource, document: SourceDocument): {limits: Partial<ExecutionLimits>; findings: Diagnostic[]} {
  const limits: Partial<Record<keyof ExecutionLimits, number>> = {}
  const findings: Diagnostic[] = []
  for (const [key, text] of Object.entries(source.limits ?? {})) {
    const known = Object.hasOwn(limitKeys, key) ? limitKeys[key] : undefined
    if (!known) continue
    const amount = known.as === 'size' ? parseByteSize(text) : known.as === 'duration' ? parseDuration(text) : Number(text)
    const path: DocumentPath = ['limits', key]
    if (amount !== undefined && amount > 0) {
      limits[known.sets] = amount
      continue
    }
    const [what, forms] = known.as === 'size' ? ['size', '512KiB, 10MiB, or a number of bytes'] : ['duration', durationExamples]
    const finding = {
      severity: 'error',
      code: `invalid-${what}`,
      message: `${key} is not a ${what}: ${String(text)}`,
      hint: `write ${forms}`,
    } as const
    findings.push(document.diagnostic(path, 'value', finding))
  }
  return {limits, findings}
}
