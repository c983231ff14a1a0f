// The content of a plugin as a digest: all files of its directory, without installed packages, which its lockfile stands for.

import type {Digests} from './digests.ts'
import {scanFiles} from './scan-files.ts'

export class PluginDigests {
  readonly #digests: Digests
  readonly #known = new Map<string, Promise<string>>()

  constructor(digests: Digests) {
    this.#digests = digests
  }

  /** Read once. Rejects with CacheFault. @param dir absolute */
  of(dir: string): Promise<string> {
    const known = this.#known.get(dir) ?? this.#read(dir)
    this.#known.set(dir, known)
    return known
  }

  async #read(dir: string): Promise<string> {
    const {files} = await scanFiles(['**', '!**/node_modules'], {base: dir, digests: this.#digests})
    return this.#digests.value(files.map(({path, digest}) => [path, digest]))
  }
}
