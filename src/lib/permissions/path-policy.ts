// Which paths can be granted at all. The real path is found first, then judged, and it is what is mounted: a link cannot smuggle anything in.

import {existsSync, realpathSync, statSync} from 'node:fs'
import path from 'node:path'
import {describeChannel} from '../runtimes/sandbox.ts'
import {findInTreeNow, maxTreeEntries, type TreeEntry, type TreeFinding} from '../files/find-in-tree.ts'
import {defined} from '../util/defined.ts'
import {guardedNames, protectedPaths, socketsInUse, type Guard, type EnvironmentFacts} from './protected-paths.ts'

export type PathAccess = 'read' | 'write'

export interface GrantedPath {
  /** As it stands in the file. */
  readonly text: string
  readonly access: PathAccess
  /** Absolute, links and all: the path that inputs of tasks may name. */
  readonly written: string
  /** Absolute, without links: what is mounted. */
  readonly real: string
}

export interface PathRefusal {
  /** `refused`: never granted. `missing`: nothing is there. `unusable`: it cannot be read as a path. */
  readonly kind: 'refused' | 'missing' | 'unusable'
  readonly message: string
  readonly hint?: string
  /** Where it would be, when nothing is there. */
  readonly written?: string
}

export type PathDecision = {readonly ok: true; readonly path: GrantedPath} | {readonly ok: false; readonly refusal: PathRefusal}

const egressDirectory = /^\/tmp\/autokestra-egress-[^/]*/

export interface PathPolicyOptions {
  /** Whether directories are looked through for what must not be in them. Default true; without enforcement it would be time for nothing. */
  readonly looksInside?: boolean
  /** The number of entries at which a tree is too large. */
  readonly maxEntries?: number
  /** The path is to be mounted, and not granted: for the words of a refusal. */
  readonly isMount?: boolean
}

export class PathPolicy {
  readonly #environmentFacts: EnvironmentFacts
  readonly #options: Required<PathPolicyOptions>
  /** Several tasks may be granted the same. */
  readonly #searched = new Map<string, TreeFinding>()
  #guards: readonly Guard[] | undefined

  constructor(
    environmentFacts: EnvironmentFacts,
    {looksInside = true, maxEntries = maxTreeEntries, isMount = false}: PathPolicyOptions = {},
  ) {
    this.#environmentFacts = environmentFacts
    this.#options = {looksInside, maxEntries, isMount}
  }

  /** Reads the disk; opens nothing. @param dir of the workflow file, absolute */
  decide(text: string, access: PathAccess, dir: string): PathDecision {
    const decision = this.#decide(text, access, dir)
    return decision.ok || !this.#options.isMount ? decision : {ok: false, refusal: asMount(decision.refusal)}
  }

  #decide(text: string, access: PathAccess, dir: string): PathDecision {
    const written = this.#expand(text, dir)
    if (typeof written !== 'string') return {ok: false, refusal: written}
    const found = findReal(written, text, access)
    if (typeof found !== 'string') {
      // A path that does not exist also gets the error that it is never granted.
      const refusal = found.kind === 'missing' ? (this.#judge(written, text, access) ?? found) : found
      return {ok: false, refusal}
    }
    const refusal =
      this.#judge(found, text, access) ??
      (written === found ? undefined : this.#judge(written, text, access)) ??
      refuseLinkOut(written, found, text, dir) ??
      refuseKind(found, text) ??
      this.#lookInside(found, text, access)
    return refusal === undefined ? {ok: true, path: {text, access, written, real: found}} : {ok: false, refusal}
  }

  #expand(text: string, dir: string): string | PathRefusal {
    if (text.includes('\0')) return unusable(`${JSON.stringify(text)} contains a NUL byte, which paths cannot`)
    if (text === '~' || text.startsWith('~/')) {
      const {userHome} = this.#environmentFacts
      if (userHome === undefined) return unusable(`'${text}': your home directory is not known`, 'set HOME, or write the absolute path')
      return path.join(userHome, text.slice(1))
    }
    if (text.startsWith('~')) return unusable(`'${text}': only your own home directory has a short form, ~`, 'write the absolute path')
    if (/^[A-Za-z]:[\\/]/.test(text))
      return unusable(`'${text}' is a Windows path, which containers do not have`, 'write a path relative to the workflow file')
    return path.resolve(dir, text)
  }

  #judge(place: string, text: string, access: PathAccess): PathRefusal | undefined {
    const name = nameOf(place, text)
    if (place === '/') return refused(`${name} is the whole disk`)
    if (egressDirectory.test(place)) return refused(`${name} holds the network of another task`)
    this.#guards ??= protectedPaths(this.#environmentFacts)
    for (const guard of this.#guards) {
      if (guard.onlyWriting === true && access === 'read') continue
      if (place === guard.path || (guard.onlyWhole !== true && isBelow(place, guard.path)))
        return refused(`${name} ${place === guard.path ? '' : `is in ${guard.path}, which `}${guard.why}`)
      if (isBelow(guard.path, place)) return refused(`${name} holds ${guard.path}, which ${guard.why}`)
    }
    for (const {name: guarded, why, onlyWriting = false} of guardedNames) {
      if (onlyWriting && access === 'read') continue
      if (place.split('/').includes(guarded)) return refused(`${name} is in a directory ${guarded}, which ${why}`)
      if (existsSync(path.join(place, guarded))) return refused(`${name} holds ${path.join(place, guarded)}, which ${why}`)
    }
    // A mount that cannot be written does not keep a program from connecting: it would be a way into the network, or to another program.
    const socket = socketsInUse().find((file) => isBelow(file, place) && existsSync(file))
    return socket === undefined ? undefined : refused(`${name} holds ${socket}, ${describeChannel({channel: 'a socket'}) ?? ''}`)
  }

  /** A socket's name in /proc/net/unix is that by which it was bound, and only that of this network: the tree itself shows more. */
  #lookInside(place: string, text: string, access: PathAccess): PathRefusal | undefined {
    const {looksInside, maxEntries} = this.#options
    if (!looksInside) return undefined
    const key = `${access} ${place}`
    const found = this.#searched.has(key)
      ? this.#searched.get(key)
      : findInTreeNow(place, access === 'write' ? judgeForWriting : judgeForReading, maxEntries)
    this.#searched.set(key, found)
    if (found === undefined) return undefined
    const name = nameOf(place, text)
    if (found !== 'too-large') return refused(`${name} holds ${found.path}, ${found.why}`)
    return {
      kind: 'refused',
      message: `${name} holds more than ${String(maxEntries)} files and directories, or too many levels of them, to search for sockets`,
      hint: 'grant the directories below it that the task needs',
    }
  }
}

const judgeForReading = (entry: TreeEntry): string | undefined => describeChannel(entry) ?? describeGuardedName(entry, 'read')
const judgeForWriting = (entry: TreeEntry): string | undefined => describeChannel(entry) ?? describeGuardedName(entry, 'write')

function describeGuardedName({name}: TreeEntry, access: PathAccess): string | undefined {
  const guarded = guardedNames.find((each) => each.name === name && (access === 'write' || each.onlyWriting !== true))
  return guarded === undefined ? undefined : `which ${guarded.why}`
}

/** Whether `inner` stands in the directory `outer`. Both absolute and normal. */
export function isBelow(inner: string, outer: string): boolean {
  return inner.startsWith(outer === '/' ? '/' : `${outer}/`) && inner !== outer
}

/** Whether who may use `outer` may use `inner`. */
export function isWithin(inner: string, outer: string): boolean {
  return inner === outer || isBelow(inner, outer)
}

function findReal(written: string, text: string, access: PathAccess): string | PathRefusal {
  try {
    return realpathSync(written)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    if (code !== 'ENOENT' && code !== 'ENOTDIR') return unusable(`${nameOf(written, text)} cannot be read (${code})`)
    const hint = /[*?]/.test(text)
      ? 'patterns are not expanded: name the directory'
      : access === 'write'
        ? `create it first: mkdir -p ${written}`
        : 'paths are relative to the workflow file'
    return {kind: 'missing', message: `${nameOf(written, text)} does not exist`, hint, written}
  }
}

/** What looks like a part of the project must be one. */
function refuseLinkOut(written: string, real: string, text: string, dir: string): PathRefusal | undefined {
  if (!isWithin(written, path.resolve(dir)) || isWithin(real, realpathSync(dir))) return undefined
  return {
    kind: 'refused',
    message: `'${text}' is a link that points outside the directory of the workflow, to ${real}`,
    hint: `grant its target, if you mean it: ${real}`,
  }
}

function refuseKind(real: string, text: string): PathRefusal | undefined {
  const stats = statSync(real, {throwIfNoEntry: false})
  if (stats === undefined || stats.isDirectory() || stats.isFile()) return undefined
  return refused(`${nameOf(real, text)} is neither a file nor a directory`)
}

function nameOf(place: string, text: string): string {
  return place === text ? `'${text}'` : `'${text}' (${place})`
}

function refused(message: string): PathRefusal {
  return {kind: 'refused', message: `${message}: it is never granted`, hint: 'grant the directory the task needs, and no more'}
}

function asMount(refusal: PathRefusal): PathRefusal {
  const message = refusal.message.replace(/: it is never granted$/, ': it is never mounted')
  const hint = refusal.hint?.replace(/^grant /, 'mount ')
  return {...refusal, message, ...defined({hint})}
}

function unusable(message: string, hint?: string): PathRefusal {
  return {kind: 'unusable', message, ...defined({hint})}
}
