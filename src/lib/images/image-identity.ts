// What an image was made from, as a digest, and the names and labels that carry it. Equal inputs have equal digests on every machine.

import {createHash, type Hash} from 'node:crypto'
import {closeSync, readSync} from 'node:fs'
import type {ContextEntry} from './context-files.ts'
import {ContextReader} from './context-reader.ts'
import type {Plugin} from '../plugins/manifest.ts'

/** Labels of every image of a plugin. */
export const imageLabels = {
  /** `namespace/name` */
  plugin: 'dev.autokestra.plugin',
  /** Digest of everything the image is made from. */
  digest: 'dev.autokestra.digest',
  /** Digest of the same without the Dockerfile, so without the choice of a base image. */
  sources: 'dev.autokestra.sources',
  /** The base image that was chosen for this build only; absent when the usual one was. */
  base: 'dev.autokestra.base',
} as const

/** Raised when the same inputs make another image. */
const formatVersion = 1

/** A file of the context that is not in the plugin's directory. */
export interface AddedFile {
  /** Relative to the top of the context. */
  readonly path: string
  readonly content: Buffer
}

/** SHA-256, as hex, over names, permissions and contents. Throws BUILD_FAILED for a file that cannot be read, or is not the one that was listed. */
export function digestSources(dir: string, entries: readonly ContextEntry[], added: readonly AddedFile[]): string {
  const hash = createHash('sha256').update(`autokestra-image ${String(formatVersion)}\0`)
  const buffer = Buffer.alloc(256 * 1024)
  const reader = new ContextReader(dir)
  try {
    for (const entry of entries) {
      // Lengths stand before contents, so that no two lists of files read the same.
      hash.update(`${entry.kind}\0${entry.path}\0${String(entry.mode)}\0${String(entry.size)}\0${entry.target ?? ''}\0`)
      if (entry.kind === 'file') hashFile(reader.openFile(entry), hash, buffer)
      else reader.check(entry)
    }
  } finally {
    reader.close()
  }
  for (const {path: name, content} of added) hash.update(`added\0${name}\0${String(content.length)}\0`).update(content)
  return hash.digest('hex')
}

/** @param dockerfile text of the generated one; empty when the plugin has one of its own, which is among its sources */
export function digestImage(sources: string, dockerfile: string): string {
  return createHash('sha256').update(`${sources}\0${dockerfile}`).digest('hex')
}

/** `autokestra/<namespace>-<name>:<version>-<start of the digest>` */
export function imageReference({manifest}: Plugin, digest: string): string {
  // Build metadata (`+…`) of a version is not allowed in a tag.
  const version = manifest.version.replaceAll('+', '_').slice(0, 100)
  return `autokestra/${manifest.namespace}-${manifest.name}:${version}-${digest.slice(0, 12)}`
}

function hashFile(descriptor: number, hash: Hash, buffer: Buffer): void {
  try {
    for (let length = readSync(descriptor, buffer); length > 0; length = readSync(descriptor, buffer))
      hash.update(buffer.subarray(0, length))
  } finally {
    closeSync(descriptor)
  }
}
