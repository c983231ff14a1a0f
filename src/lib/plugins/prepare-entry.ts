// Makes an entry point loadable: JavaScript as it is, TypeScript as a bundle in the cache that is made again when any of its files changes.

import {createHash} from 'node:crypto'
import {readdirSync, realpathSync, statSync} from 'node:fs'
import {readdir, rm} from 'node:fs/promises'
import path from 'node:path'
import {WorkflowError} from '../errors/workflow-error.ts'
import {writeFileAtomic} from '../files/atomic-write.ts'
import {fileState, isSettled} from '../files/file-state.ts'
import {readPlainFile} from '../files/read-plain-file.ts'
import {buildEntry} from './build-entry.ts'
import {maxSourceBytes} from './compiler-inputs.ts'
import {isTypeScript} from './entry-point.ts'

export interface PrepareEntryOptions {
  /** Real path of the plugin's directory. */
  readonly dir: string
  /** Entry point, relative to `dir`. */
  readonly main: string
  /** `namespace/name`, for messages. */
  readonly id: string
  readonly cacheDir: string
  /** Names what else the bundle depends on: another version of the program builds again. */
  readonly programVersion: string
  /** Import name -> absolute file, of the modules of the SDK. Default: none; the plugin's host resolves them. */
  readonly sdkModules?: Readonly<Record<string, string>>
  /** Where the plugin's directory will stand when the bundle runs. Default: where it stands. */
  readonly placedAt?: string
}

/** What a bundle was made from. All of it as it is now: the bundle is good. */
interface BundleRecord {
  /** Name of the bundle's file, in the same directory. */
  readonly bundle: string
  /** Its length in bytes. */
  readonly size: number
  /** Absolute path -> state and SHA-256 of each file that went in. */
  readonly inputs: Readonly<Record<string, {readonly state: string; readonly hash: string}>>
  /** Absolute directory -> names in it that an import could mean. */
  readonly directories: Readonly<Record<string, string>>
}

/** Bundles of an entry point that were not used for this long are removed when it is built again. */
const keepOldBundlesMs = 24 * 60 * 60 * 1000

/**
 * Absolute path of the file a host imports for this entry point.
 * Throws PLUGIN_INVALID with positions when a TypeScript entry point cannot be bundled. Safe to call from several processes at once.
 */
export async function prepareEntry(options: PrepareEntryOptions): Promise<string> {
  const main = realpathSync.native(path.resolve(options.dir, options.main))
  if (!isTypeScript(main)) return main

  const bundleDir = path.join(options.cacheDir, 'entries')
  const sdkModules = options.sdkModules ?? {}
  const name = sha256(JSON.stringify([options.programVersion, main, sdkModules, options.placedAt])).slice(0, 32)
  const recordFile = path.join(bundleDir, `${name}.json`)
  const record = readRecord(recordFile)
  if (record) {
    const bundle = path.join(bundleDir, record.bundle)
    const found = compare(record)
    if (found !== 'changed' && statSync(bundle, {throwIfNoEntry: false})?.size === found.size) {
      if (found !== record) await refreshRecord(recordFile, found)
      return bundle
    }
  }
  return await build({...options, main, sdkModules, bundleDir, name, recordFile})
}

async function refreshRecord(recordFile: string, record: BundleRecord): Promise<void> {
  try {
    await writeFileAtomic(recordFile, JSON.stringify(record))
  } catch {
    // The files are hashed again next time; nothing else is lost.
  }
}

interface BuildJob extends PrepareEntryOptions {
  readonly sdkModules: Readonly<Record<string, string>>
  readonly bundleDir: string
  readonly name: string
  readonly recordFile: string
}

async function build(job: BuildJob): Promise<string> {
  const startedAt = Date.now()
  const result = await buildEntry(job)
  if (!result.ok) {
    throw new WorkflowError('PLUGIN_INVALID', `The entry point of plugin "${job.id}" cannot be built.`, {diagnostics: result.diagnostics})
  }
  const bundle = `${job.name}-${sha256(result.code).slice(0, 32)}.mjs`
  const bundleFile = path.join(job.bundleDir, bundle)
  try {
    await writeFileAtomic(bundleFile, result.code)
    const record = describeInputs(result.inputs, job.dir, startedAt)
    if (record) await writeFileAtomic(job.recordFile, JSON.stringify({bundle, size: result.code.length, ...record}))
    await removeOldBundles(job.bundleDir, job.name, bundle)
  } catch (error) {
    throw new WorkflowError('STORAGE_NOT_WRITABLE', `Cannot write the built plugin "${job.id}" to ${job.bundleDir}.`, {cause: error})
  }
  return bundleFile
}

/**
 * Besides the files that went in: package.json and tsconfig.json decide how imports are read and may appear later, and so may files that
 * an import would prefer (`x.ts` beside `x.js`). Both are seen by the names in the directories.
 * Undefined when a file changed while the bundle was made: what went in is then not known.
 */
function describeInputs(
  files: readonly string[],
  dir: string,
  startedAt: number,
): Pick<BundleRecord, 'inputs' | 'directories'> | undefined {
  const directories = new Set<string>([dir])
  for (const file of files) {
    if (file.includes(`${path.sep}node_modules${path.sep}`)) continue
    directories.add(path.dirname(file))
    for (let parent = path.dirname(file); parent.startsWith(dir + path.sep); parent = path.dirname(parent)) directories.add(parent)
  }
  const settings = [...directories].flatMap((directory) => ['package.json', 'tsconfig.json'].map((name) => path.join(directory, name)))
  const present = settings.filter((file) => statSync(file, {throwIfNoEntry: false})?.isFile())
  const inputs: Record<string, {state: string; hash: string}> = {}
  for (const file of new Set([...files, ...present])) {
    const stats = statSync(file, {throwIfNoEntry: false})
    if (!stats || !isSettled(stats, startedAt)) return undefined
    inputs[file] = {state: fileState(stats), hash: sha256(readSource(file))}
  }
  return {inputs, directories: Object.fromEntries([...directories].map((directory) => [directory, importableNames(directory)]))}
}

/** The record itself when nothing changed; one with new time stamps when only these differ; or `changed`. */
function compare(record: BundleRecord): BundleRecord | 'changed' {
  try {
    for (const [directory, names] of Object.entries(record.directories)) {
      if (importableNames(directory) !== names) return 'changed'
    }
    const inputs: Record<string, {state: string; hash: string}> = {}
    let isTouched = false
    for (const [file, known] of Object.entries(record.inputs)) {
      const stats = statSync(file)
      const state = fileState(stats)
      if (state !== known.state && sha256(readSource(file)) !== known.hash) return 'changed'
      // An unsettled file keeps its old state in the record, so that it is read again next time.
      const isNew = state !== known.state && isSettled(stats, Date.now())
      isTouched ||= isNew
      inputs[file] = isNew ? {state, hash: known.hash} : known
    }
    return isTouched ? {...record, inputs} : record
  } catch {
    // A file that is gone, or a record of another shape: building will show.
    return 'changed'
  }
}

function readSource(file: string): Buffer {
  return readPlainFile(file, {maxBytes: maxSourceBytes})
}

function readRecord(recordFile: string): BundleRecord | undefined {
  try {
    const record: unknown = JSON.parse(readSource(recordFile).toString('utf8'))
    // Other shapes than written by build() make compare() answer `changed`.
    return isRecord(record) ? record : undefined
  } catch {
    // Missing or damaged: built again.
    return undefined
  }
}

function isRecord(value: unknown): value is BundleRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'bundle' in value &&
    typeof value.bundle === 'string' &&
    path.basename(value.bundle) === value.bundle &&
    'inputs' in value &&
    'directories' in value
  )
}

/** Also directories: `./x` may mean `x/index.ts`. */
function importableNames(directory: string): string {
  const entries = readdirSync(directory, {withFileTypes: true})
  const names = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink() || /\.(?:[cm]?[jt]sx?|json)$/.test(entry.name))
  return names
    .map((entry) => entry.name)
    .sort()
    .join('/')
}

async function removeOldBundles(bundleDir: string, name: string, current: string): Promise<void> {
  const oldest = Date.now() - keepOldBundlesMs
  for (const file of await readdir(bundleDir)) {
    if (!file.startsWith(`${name}-`) || file === current) continue
    const bundleFile = path.join(bundleDir, file)
    const stats = statSync(bundleFile, {throwIfNoEntry: false})
    if (stats && stats.mtimeMs < oldest) await rm(bundleFile, {force: true})
  }
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
