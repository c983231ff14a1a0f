// What a `container:` of a workflow stands for when its steps run: an image, and what of this machine is in it. Plain data, obeyed by StepRuntime.

import type {Mount, SandboxLimits} from './sandbox.ts'

/** Steps of one run with equal values share a container. */
export interface StepContainer {
  /** Id of a local image (`sha256:…`). */
  readonly image: string
  /** As the workflow names it, for messages. */
  readonly imageName: string
  readonly mounts: readonly Mount[]
  /** `bridge`: the engine's usual network, through which everything can be reached. */
  readonly network: 'none' | 'bridge'
  /** As the engine takes it: `uid:gid`, or names of the image. */
  readonly user: string
  /** What is not said has no limit; processes have one in any case. */
  readonly limits: Partial<SandboxLimits>
  /** Of the run; the runtime adds those that name the owner. */
  readonly labels: Readonly<Record<string, string>>
}
