// Whether a program is in an image. The container's init process starts in any case, so the engine itself would not complain.

import path from 'node:path'
import type {DockerClient} from './api/docker-client.ts'
import type {Mount} from '../runtimes/sandbox.ts'
import {StartError} from '../runtimes/start-error.ts'

// What the engine sets when neither image nor caller does (moby, oci/defaults).
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export interface ProgramSearch {
  /** A container of the image, made but not started. */
  readonly containerId: string
  readonly name: string
  readonly cwd: string
  readonly searchPath: string | undefined
  readonly mounts: readonly Mount[]
}

/** For containers of one image; remembers what it found, since images do not change. */
export class ContainerPrograms {
  readonly #client: DockerClient
  readonly #found = new Set<string>()

  constructor(client: DockerClient) {
    this.#client = client
  }

  /** Rejects with StartError ENTRYPOINT_NOT_FOUND or ENTRYPOINT_NOT_EXECUTABLE. */
  async require(search: ProgramSearch): Promise<void> {
    const {name, cwd, searchPath = defaultPath} = search
    const key = `${name}\0${cwd}\0${searchPath}`
    if (this.#found.has(key)) return
    const files = name.includes('/')
      ? [path.posix.resolve(cwd, name)]
      : searchPath.split(':').map((dir) => path.posix.resolve(cwd, dir, name))
    for (const file of name === '' ? [] : files) {
      // What is mounted is not in the image, and may be another file next time.
      if (isMounted(file, search.mounts)) return
      const entry = await this.#client.statFile(search.containerId, file)
      if (entry === undefined) continue
      if (entry.isDirectory || !entry.isExecutable) {
        throw new StartError(
          'ENTRYPOINT_NOT_EXECUTABLE',
          `the program '${file}' in the image ${entry.isDirectory ? 'is a directory' : 'is not executable'}`,
        )
      }
      this.#found.add(key)
      return
    }
    throw new StartError('ENTRYPOINT_NOT_FOUND', `the program '${name}' is not in the image${name.includes('/') ? '' : "'s PATH"}`)
  }
}

function isMounted(file: string, mounts: readonly Mount[]): boolean {
  return mounts.some(({target}) => file === target || file.startsWith(`${target.replace(/\/$/, '')}/`))
}
