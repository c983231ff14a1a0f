// A last look at what is to be mounted: between the check of the workflow and the start of a container, anything may have changed.

import {realpathSync} from 'node:fs'
import {findInTree} from '../files/find-in-tree.ts'
import {describeChannel, type Mount} from '../runtimes/sandbox.ts'
import {StartError} from '../runtimes/start-error.ts'

/** For containers with the same mounts. All of it throws StartError GRANT_UNUSABLE. */
export class MountCheck {
  readonly #sources: readonly string[]
  #searching: Promise<void> | undefined

  constructor(mounts: readonly Mount[]) {
    this.#sources = [...new Set(mounts.map(({source}) => source))]
  }

  /** The policy has looked at real paths; a link that has replaced one since would lead the engine elsewhere. */
  places(): void {
    for (const source of this.#sources) checkPlace(source)
  }

  /** No socket and no named pipe in any of them. Starts at the same time share a search: what it says is never older than the time it took. */
  contents(): Promise<void> {
    this.#searching ??= this.#search().finally(() => {
      this.#searching = undefined
    })
    return this.#searching
  }

  async #search(): Promise<void> {
    for (const source of this.#sources) {
      const found = await findInTree(source, describeChannel)
      if (found === undefined) continue
      throw new StartError(
        'GRANT_UNUSABLE',
        found === 'too-large'
          ? `the granted path '${source}' has grown too large to be searched for sockets`
          : `the granted path '${source}' contains ${found.path}, ${found.why}`,
      )
    }
  }
}

function checkPlace(source: string): void {
  let real: string | undefined
  try {
    real = realpathSync(source)
  } catch {
    // Gone, or not to be reached.
  }
  if (real !== source) {
    throw new StartError(
      'GRANT_UNUSABLE',
      `the granted path '${source}' ${real === undefined ? 'no longer exists' : 'has become a symbolic link'}`,
    )
  }
}
