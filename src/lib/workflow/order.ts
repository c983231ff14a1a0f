// `order`: what a task of a list needs when it says nothing about it.

/** `listed`: the task above. @param needs as written; what is not text is left out @param above id of the task before it in the list */
export function needsInOrder(needs: unknown, order: unknown, above: string | undefined): string[] {
  if (Array.isArray(needs)) return needs.filter((need) => typeof need === 'string')
  return needs === undefined && order === 'listed' && above !== undefined ? [above] : []
}
