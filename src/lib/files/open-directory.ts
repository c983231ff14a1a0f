// A directory that was opened once. What is listed and opened through it stands in that very directory, whatever replaces its name
// meanwhile. Linux only: names below a descriptor are reached through /proc/self/fd. Elsewhere they are reached by path, and only the identities
// of files show that something was exchanged.

import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
  type BigIntStats,
} from 'node:fs'
import path from 'node:path'

const {O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY} = constants
const descriptors = '/proc/self/fd'
const hasDescriptorPaths = process.platform === 'linux' && existsSync(descriptors)

export class OpenDirectory {
  /** As {@link identify} returns it. */
  readonly id: string
  /** Where this directory is reached. */
  readonly #at: string
  readonly #descriptor: number | undefined

  private constructor(name: string, isLinkFollowed: boolean) {
    if (hasDescriptorPaths) {
      this.#descriptor = openSync(name, O_RDONLY | O_DIRECTORY | (isLinkFollowed ? 0 : O_NOFOLLOW))
      this.#at = `${descriptors}/${String(this.#descriptor)}`
      this.id = identify(fstatSync(this.#descriptor, {bigint: true}))
    } else {
      this.#at = name
      this.id = identify((isLinkFollowed ? statSync : lstatSync)(name, {bigint: true}))
    }
  }

  /** Links in the path are followed: the caller chose it. Throws the error of the system. */
  static open(directory: string): OpenDirectory {
    return new OpenDirectory(directory, true)
  }

  /** Opens a directory in this one. A link is not followed: ELOOP or ENOTDIR. */
  openDirectory(name: string): OpenDirectory {
    return new OpenDirectory(this.#below(name), false)
  }

  /** Opens for reading what is in this directory, without following a link or waiting for the writer of a FIFO. */
  openFile(name: string): number {
    return openSync(this.#below(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
  }

  /** As bytes: names need not be text. */
  names(): Buffer[] {
    return readdirSync(this.#at, {encoding: 'buffer'})
  }

  /** Undefined when there is nothing of that name. Of a link, not of what it leads to. */
  stat(name: string): BigIntStats | undefined {
    return lstatSync(this.#below(name), {bigint: true, throwIfNoEntry: false})
  }

  readLink(name: string): Buffer {
    return readlinkSync(this.#below(name), {encoding: 'buffer'})
  }

  /** The path of something in this directory, or of the directory itself, with all links followed. */
  realPath(name = '.'): string {
    return realpathSync.native(this.#below(name))
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
  }

  #below(name: string): string {
    return path.join(this.#at, name)
  }
}

/** Names a file, for as long as it exists: equal for the same file, whatever it is called. */
export function identify({dev, ino}: BigIntStats): string {
  return `${String(dev)}:${String(ino)}`
}
