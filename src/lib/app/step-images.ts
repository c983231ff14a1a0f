// The images that tasks name, pulled where they are missing. Each is looked for once in a run.

import type {DockerClient} from '../docker/api/docker-client.ts'
import {pullImage} from '../docker/registry/pull-image.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import type {PullPolicy, StepImage, StepImages} from '../execution/step-images.ts'
import {createPullProgress} from '../ui/reporters/pull-progress.ts'
import type {Ui} from '../ui/terminal/ui.ts'
import {isImageReference} from '../workflow/container/written-container.ts'

export interface StepImagesRequest {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly ui: Ui
  /** Nothing is shown. */
  readonly isQuiet: boolean
  /** Its abort ends what is being pulled. */
  readonly signal: AbortSignal
}

export class EngineStepImages implements StepImages {
  readonly #client: DockerClient
  readonly #options: StepImagesRequest
  readonly #images = new Map<string, Promise<StepImage>>()

  constructor(client: DockerClient, options: StepImagesRequest) {
    this.#client = client
    this.#options = options
  }

  /** One after the other. Rejects as {@link require} does. */
  async prepare(images: readonly {readonly image: string; readonly pull: PullPolicy}[]): Promise<void> {
    for (const {image, pull} of images) await this.require(image, pull)
  }

  require(name: string, pull: PullPolicy): Promise<StepImage> {
    const key = `${pull} ${name}`
    let image = this.#images.get(key)
    if (image === undefined) {
      image = this.#find(name, pull)
      this.#images.set(key, image)
      // A registry may answer the next time.
      image.catch(() => this.#images.delete(key))
    }
    return image
  }

  async #find(name: string, pull: PullPolicy): Promise<StepImage> {
    const client = this.#client
    if (!isImageReference(name)) throw new WorkflowError('IMAGE_MISSING', `'${name}' is not the name of an image`)
    const present = pull === 'always' ? undefined : await client.inspectImage(name)
    if (present !== undefined) return present
    if (pull === 'never') {
      throw new WorkflowError('IMAGE_MISSING', `the image '${name}' is not on this machine, and the workflow says pull: never`, {
        hint: `Run \`docker pull ${name}\`, or remove \`pull: never\`.`,
      })
    }
    await this.#pull(name)
    const pulled = await client.inspectImage(name)
    if (pulled === undefined)
      throw new WorkflowError('IMAGE_MISSING', `the image '${name}' was pulled, but the Docker engine does not have it`)
    return pulled
  }

  async #pull(name: string): Promise<void> {
    const {env, ui, isQuiet, signal} = this.#options
    const progress = isQuiet ? undefined : createPullProgress(ui, name)
    try {
      await pullImage(this.#client, name, {env, signal, onMessage: (message) => progress?.onMessage(message)})
      progress?.close()
    } finally {
      progress?.close(true)
    }
  }
}
