// The lists of tasks that run after all others: which there are, and when each runs.

/** In the order of the file. Of the first three, the one that fits the end of the run; then `finally`. */
export const hookLists = ['onSuccess', 'onFailure', 'onCancel', 'finally'] as const

export type HookList = (typeof hookLists)[number]

/** The tasks of each list that is written. */
export type Hooks<T> = Readonly<Partial<Record<HookList, readonly T[]>>>

/** All tasks of all lists, in the order of {@link hookLists}. */
export function tasksOfHooks<T>(hooks: Hooks<T> | undefined): T[] {
  return hookLists.flatMap((list) => hooks?.[list] ?? [])
}

/** The same lists with other tasks. */
export function mapHooks<From, To>(
  hooks: Hooks<From>,
  map: (task: From, index: number, tasks: readonly From[], list: HookList) => To,
): Hooks<To> {
  return Object.fromEntries(
    hookLists.flatMap((list) => {
      const tasks = hooks[list]
      return tasks === undefined ? [] : [[list, tasks.map((task, index) => map(task, index, tasks, list))]]
    }),
  )
}
