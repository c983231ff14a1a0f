// The Node.js that runs this command, as a program for a container of any image on this machine: its file, the libraries it was linked with, and the
// loader that puts them together. Nothing of the image is needed, so nothing has to be pulled, installed or built.

import {realpathSync} from 'node:fs'
import path from 'node:path'
import type {Mount} from '../runtimes/sandbox.ts'

export interface MountedProgram {
  readonly mounts: readonly Mount[]
  /** To which arguments are added. */
  readonly command: readonly [string, ...string[]]
}

export interface OwnFiles {
  /** Absolute path of the executable. */
  readonly executable: string
  /** Absolute paths of the loader and the libraries, under the names by which they are looked for. */
  readonly libraries: readonly string[]
  /** Absolute paths of files that are read where they stand: distributions take parts out of the executable. */
  readonly parts: readonly string[]
}

export interface BuildConfig {
  readonly defines: readonly unknown[]
}

/** What this process consists of. Takes a few milliseconds. @param config of the build */
export function ownFiles({defines}: BuildConfig = process.config.target_defaults): OwnFiles {
  const {report} = process as {report: {excludeNetwork?: boolean; getReport: () => unknown}}
  const before = report.excludeNetwork
  // It would look up the name of every address that this process is connected with, and wait for it.
  report.excludeNetwork = true
  const {sharedObjects} = report.getReport() as {readonly sharedObjects: readonly string[]}
  report.excludeNetwork = before ?? false
  return {
    executable: realpathSync(process.execPath),
    libraries: sharedObjects.filter((file) => path.isAbsolute(file) && /\.so\b/.test(path.basename(file))),
    parts: defines.flatMap((define) => /^NODE_SHARED_BUILTIN_\w+=["']?(\/[^"']+)/.exec(String(define))?.[1] ?? []),
  }
}

/** @param dir where the program stands in the container; nothing else may be there */
export function mountOwnNode({executable, libraries, parts}: OwnFiles, dir: string): MountedProgram {
  const libraryDir = path.posix.join(dir, 'lib')
  const program = path.posix.join(dir, 'node')
  const targetOf = (library: string): string => path.posix.join(libraryDir, path.basename(library))
  const loader = libraries.find((library) => /^ld(-|64\.|\.)/.test(path.basename(library)))
  const mounts = [
    {source: executable, target: program},
    ...(loader === undefined ? [] : libraries).map((library) => ({source: realpathSync(library), target: targetOf(library)})),
    ...parts.map((file) => ({source: realpathSync(file), target: file})),
  ]
  return {
    mounts: mounts.map((mount) => ({...mount, isReadOnly: true})),
    // Without a loader the executable has everything in it.
    command: loader === undefined ? [program] : [targetOf(loader), '--library-path', libraryDir, program],
  }
}
