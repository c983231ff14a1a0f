// What is planned for a task that runs in a container of an image. Plain values, as everything in a plan.

export interface PlannedContainer {
  /** With templates. */
  readonly image: string
  /** What is written; the working directory comes to it. */
  readonly mounts: readonly PlannedMount[]
  readonly network: 'none' | 'bridge'
  /** As the engine takes it. Absent: the caller. */
  readonly user?: string
  /** In the container. Absent: the working directory of the task. */
  readonly workdir?: string
  readonly pull: 'missing' | 'always' | 'never'
  /** As far as the file says. */
  readonly limits: ContainerLimits
}

export interface PlannedMount {
  /** Absolute, without links. */
  readonly source: string
  /** In the container. */
  readonly target: string
  readonly isReadOnly: boolean
}

export interface ContainerLimits {
  readonly memoryBytes?: number
  readonly cpus?: number
  readonly pids?: number
  readonly tmpBytes?: number
}
