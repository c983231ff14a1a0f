// What runs, and in which order, when nobody says more.

/** What a task without `needs` needs. */
export const order = {
  enum: ['graph', 'listed'],
  description:
    'listed: a task without `needs` needs the task above it; `needs: []` starts at once. graph: a task without `needs` starts at once.',
  default: 'graph',
} as const
