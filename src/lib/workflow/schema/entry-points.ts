// What runs, and in which order, when nobody says more.

/** What a task without `needs` needs. */
export const order = {
  enum: ['graph', 'listed'],
  description:
    'listed: a task without `needs` needs the task above it; `needs: []` starts at once. graph: a task without `needs` starts at once.',
  default: 'graph',
} as const

/** What `workflow run FILE` runs. */
export const defaultTasks = {
  type: 'array',
  minItems: 1,
  uniqueItems: true,
  items: {type: 'string'},
  description: 'Ids of the tasks that a run is for, unless the command line names others; what they need runs too. Default: all tasks.',
  examples: [['build', 'test']],
} as const
