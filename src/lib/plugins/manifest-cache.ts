// Remembers parsed manifests between commands. It is only ever a saving of time: missing, damaged or old, it is made again.

import {createHash} from 'node:crypto'
import type {Stats} from 'node:fs'
import path from 'node:path'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {writeFileAtomic} from '../files/atomic-write.ts'
import {readPlainFile} from '../files/read-plain-file.ts'
import {fileState, isSettled} from '../files/file-state.ts'
import type {EntryPoint} from './entry-point.ts'
import type {PluginManifest} from './manifest.ts'

/** What reading one plugin.yaml gave. Plain data. */
export interface ManifestRecord {
  /** `namespace/name`; also of an invalid manifest, when both can be read. */
  readonly id?: string
  /** Absent when the manifest is invalid. */
  readonly manifest?: PluginManifest
  readonly diagnostics: readonly Diagnostic[]
  readonly entryPoints: readonly EntryPoint[]
}

interface CacheEntry {
  readonly key: string
  readonly record: ManifestRecord
}

/** Raised when the parser's result for the same file changes within one version of the program. */
const formatVersion = 3

/** Above this many entries, those this process did not ask for are dropped. */
const maxEntries = 5000
const maxCacheBytes = 256 * 1024 * 1024

/** Manifests by the path and the state (mtime, ctime, size, inode) of their file. Read and written only when asked for. */
export class ManifestCache {
  readonly #file: string | undefined
  readonly #header: string
  #entries: Map<string, CacheEntry> | undefined
  readonly #used = new Set<string>()
  #isChanged = false

  /** Without `cacheDir` it lasts as long as the object. `programVersion`: another version does not use what this one wrote. */
  constructor(options: {readonly cacheDir?: string; readonly programVersion: string}) {
    this.#file = options.cacheDir === undefined ? undefined : path.join(options.cacheDir, 'plugin-manifests.json')
    this.#header = `plugin-manifests ${String(formatVersion)} ${options.programVersion}`
  }

  find(manifestFile: string, stats: Stats): ManifestRecord | undefined {
    this.#entries ??= this.#read()
    const entry = this.#entries.get(manifestFile)
    if (entry?.key !== fileState(stats)) return undefined
    this.#used.add(manifestFile)
    return entry.record
  }

  /** `stats` must have been taken before the file was read. */
  remember(manifestFile: string, stats: Stats, record: ManifestRecord): void {
    if (!isSettled(stats, Date.now())) return
    this.#entries ??= this.#read()
    this.#entries.set(manifestFile, {key: fileState(stats), record})
    this.#used.add(manifestFile)
    this.#isChanged = true
  }

  /** Forgets the manifests below `root` that are not in `existing`. */
  prune(root: string, existing: ReadonlySet<string>): void {
    this.#entries ??= this.#read()
    for (const manifestFile of this.#entries.keys()) {
      if (!manifestFile.startsWith(root + path.sep) || existing.has(manifestFile)) continue
      this.#entries.delete(manifestFile)
      this.#isChanged = true
    }
  }

  /** Writes what is new. When two processes write at once, the last one wins and the other's entries are read again some day. */
  async save(): Promise<void> {
    if (!this.#isChanged || this.#file === undefined || !this.#entries) return
    this.#isChanged = false
    const entries = [...this.#entries]
    const kept = entries.length > maxEntries ? entries.filter(([manifestFile]) => this.#used.has(manifestFile)) : entries
    const body = JSON.stringify(kept)
    try {
      await writeFileAtomic(this.#file, `${this.#header} ${checksum(body)}\n${body}`)
    } catch {
      // A full disk or a read-only home costs time at the next start, nothing else.
    }
  }

  #read(): Map<string, CacheEntry> {
    if (this.#file === undefined) return new Map()
    try {
      const text = readPlainFile(this.#file, {maxBytes: maxCacheBytes}).toString('utf8')
      const end = text.indexOf('\n')
      const body = text.slice(end + 1)
      if (text.slice(0, end) !== `${this.#header} ${checksum(body)}`) return new Map()
      // The checksum says that these are the bytes save() wrote.
      return new Map(JSON.parse(body) as [string, CacheEntry][])
    } catch {
      // Missing or unreadable: the manifests are read again.
      return new Map()
    }
  }
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
