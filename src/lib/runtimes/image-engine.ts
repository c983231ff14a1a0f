// The port to the engine that keeps and builds images: what building and finding the image of a plugin needs, and no more.

import type {Readable} from 'node:stream'

export interface EngineImage {
  /** `sha256:…` */
  readonly id: string
  /** `repository:tag`; empty for an image without a name. */
  readonly tags: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly sizeBytes: number
}

export interface ImageBuildOptions {
  /** Names the image gets. */
  readonly tags: readonly string[]
  /** Path in the context. */
  readonly dockerfile: string
  readonly labels: Readonly<Record<string, string>>
  readonly isCacheUsed: boolean
  /** Looks for a newer base image in its registry; otherwise only for one that is missing. */
  readonly isBasePulled: boolean
  /** Its abort ends the build in the engine too. */
  readonly signal?: AbortSignal
}

/** One document of the stream that answers a build (Docker Engine API, `POST /build`): a failed build, too, is answered with status 200. */
export interface BuildMessage {
  readonly stream?: string
  readonly status?: string
  /** Of the layer that `status` is about. */
  readonly id?: string
  readonly progress?: string
  readonly error?: string
  readonly aux?: {readonly ID?: string}
}

export interface ImageEngine {
  /** Images with all of these labels; a label with the value '' may have any. */
  listImages(labels: Readonly<Record<string, string>>): Promise<readonly EngineImage[]>
  /** Builds from a tar stream. The iteration rejects when the connection breaks or the context does; a failed build is an `error` message. */
  build(context: Readable, options: ImageBuildOptions): AsyncIterable<BuildMessage>
  /** Takes the name away, and with its last name the image. One that is in use or gone is left alone. */
  removeImage(reference: string): Promise<void>
}
