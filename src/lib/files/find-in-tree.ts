// Looks through a directory tree for entries that must not be in it. Links are not followed, and the search has an end.

import {lstatSync, readdirSync, type Dirent} from 'node:fs'
import {lstat, readdir} from 'node:fs/promises'
import {hasErrorCode} from '../util/error-code.ts'

export interface TreeEntry {
  readonly name: string
  readonly isDirectory: boolean
  /** What it is, when programs talk to each other through it: `a socket`. */
  readonly channel?: 'a socket' | 'a named pipe'
}

export interface FoundInTree {
  /** Absolute. */
  readonly path: string
  readonly why: string
}

/** `too-large`: the search ended before the tree did. */
export type TreeFinding = FoundInTree | 'too-large' | undefined

/** Why an entry must not be in the tree, as a phrase; undefined when it may. */
export type TreeJudge = (entry: TreeEntry) => string | undefined

/** A walk takes 3 to 10 µs for each entry. */
export const maxTreeEntries = 200_000
const maxDepth = 128
/** Directories that are read at the same time. */
const parallel = 8

type RawDirent = Dirent<Buffer>

/** Names that are not UTF-8 are names, too: paths are kept as one character per byte. */
interface Place {
  readonly bytes: string
  readonly depth: number
}

/** Blocks. The first entry that is judged so; directories that cannot be read are left out. @param root absolute, a real path */
export function findInTreeNow(root: string, judge: TreeJudge, limit = maxTreeEntries): TreeFinding {
  const search = new Search(root, judge, limit)
  const first = search.judgeRoot(lstatSync(root, {throwIfNoEntry: false}))
  if (first !== undefined) return first
  for (let place = search.next(); place !== undefined; place = search.next()) {
    try {
      search.take(place, readdirSync(Buffer.from(place.bytes, 'latin1'), readOptions))
    } catch (error) {
      search.fail(error)
    }
    if (search.finding !== undefined) return search.finding
  }
  return undefined
}

/** The same without blocking. */
export async function findInTree(root: string, judge: TreeJudge, limit = maxTreeEntries): Promise<TreeFinding> {
  const search = new Search(root, judge, limit)
  const first = search.judgeRoot(await lstat(root).catch(() => undefined))
  if (first !== undefined) return first
  const work = async (place: Place): Promise<void> => {
    try {
      search.take(place, await readdir(Buffer.from(place.bytes, 'latin1'), readOptions))
    } catch (error) {
      search.fail(error)
    }
  }
  for (;;) {
    const batch: Place[] = []
    for (let place = search.next(); place !== undefined; place = batch.length < parallel ? search.next() : undefined) batch.push(place)
    if (batch.length === 0) return undefined
    await Promise.all(batch.map(work))
    if (search.finding !== undefined) return search.finding
  }
}

const readOptions = {withFileTypes: true, encoding: 'buffer'} as const

class Search {
  finding: TreeFinding
  readonly #judge: TreeJudge
  readonly #limit: number
  readonly #todo: Place[]
  #seen = 0

  constructor(root: string, judge: TreeJudge, limit: number) {
    this.#judge = judge
    this.#limit = limit
    this.#todo = [{bytes: Buffer.from(root).toString('latin1'), depth: 0}]
  }

  next(): Place | undefined {
    return this.#todo.pop()
  }

  /** What is not a directory is checked itself, without its name. */
  judgeRoot(stats: {isSocket(): boolean; isFIFO(): boolean; isDirectory(): boolean} | undefined): TreeFinding {
    if (stats?.isDirectory() === true) return undefined
    const root = this.#todo.pop()
    if (stats === undefined || root === undefined) return undefined
    const why = this.#judge({name: '', isDirectory: false, ...channelOf(stats)})
    return why === undefined ? undefined : {path: textOf(root.bytes), why}
  }

  take({bytes, depth}: Place, entries: readonly RawDirent[]): void {
    this.#seen += entries.length
    for (const entry of entries) {
      const name = entry.name.toString('latin1')
      const isDirectory = entry.isDirectory()
      const path = bytes.endsWith('/') ? bytes + name : `${bytes}/${name}`
      const why = this.#judge({name, isDirectory, ...channelOf(entry)})
      if (why !== undefined) {
        this.finding = {path: textOf(path), why}
        return
      }
      if (!isDirectory) continue
      if (depth === maxDepth) this.finding ??= 'too-large'
      this.#todo.push({bytes: path, depth: depth + 1})
    }
    if (this.#seen > this.#limit) this.finding ??= 'too-large'
  }

  fail(error: unknown): void {
    // Descending directory by directory reaches deeper than a path can.
    if (hasErrorCode(error, 'ENAMETOOLONG')) this.finding ??= 'too-large'
  }
}

function channelOf(entry: {isSocket(): boolean; isFIFO(): boolean}): Pick<TreeEntry, 'channel'> {
  if (entry.isSocket()) return {channel: 'a socket'}
  return entry.isFIFO() ? {channel: 'a named pipe'} : {}
}

function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString()
}
