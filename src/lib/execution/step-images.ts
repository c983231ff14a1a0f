// The images of steps: what a name stands for in the engine, for as long as a run goes on.

import {WorkflowError} from '../errors/workflow-error.ts'
import {StartError} from '../runtimes/start-error.ts'

/** An image that is there. */
export interface StepImage {
  /** `sha256:…` */
  readonly id: string
  /** `NAME=value`, as the image says. */
  readonly env: readonly string[]
}

/** When an image is pulled. */
export type PullPolicy = 'missing' | 'always' | 'never'

export interface StepImages {
  /**
   * The image of that name, pulled if need be; the same one for the whole run.
   * Rejects with WorkflowError IMAGE_MISSING or IMAGE_PULL_FAILED.
   */
  require(name: string, pull: PullPolicy): Promise<StepImage>
}

/** The image of a task that starts now. Rejects with StartError. */
export async function requireStepImage(
  images: StepImages,
  {image, pull}: {readonly image: string; readonly pull: PullPolicy},
): Promise<StepImage> {
  try {
    return await images.require(image, pull)
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    // A registry that could not be reached may be there for the next attempt.
    throw new StartError('IMAGE_MISSING', error.message, {isRetryable: error.code === 'IMAGE_PULL_FAILED', cause: error})
  }
}
