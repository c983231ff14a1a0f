// The keys of a task that runs once per item, as JSON Schema.

import {closed} from './parts.ts'

const parallelism = {
  type: 'integer',
  minimum: 1,
  maximum: 1000,
  description: 'How many items run at once. Default: as many as the run allows.',
}
const failFast = {
  type: 'boolean',
  description: 'After a failed item no new one starts. false: all items run.',
  default: true,
}

export const forEachSchema = {
  ...closed,
  title: 'forEach',
  description: 'Runs the task once for each item of a list; {{ item }} and {{ index }} are the item and its number, from 0.',
  required: ['items'],
  properties: {
    items: {
      type: ['array', 'object', 'string'],
      description: 'A list, a map (each entry is an item {key, value}), or one template that gives a list or a map.',
      examples: [['a', 'b'], '{{ tasks.list.output }}'],
    },
    as: {
      type: 'string',
      pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
      maxLength: 100,
      title: 'name of an item',
      description: 'A name for the item, to be read like {{ item }}.',
      examples: ['row'],
    },
    key: {
      type: 'string',
      minLength: 1,
      description: 'A template that names each item in events and logs. Default: its number, or the name of the entry of a map.',
      examples: ['{{ item.id }}'],
    },
    parallelism,
    failFast,
  },
} as const

const entries = {
  type: ['array', 'string'],
  items: {type: 'object', minProperties: 1},
} as const

export const matrixSchema = {
  type: 'object',
  title: 'matrix',
  description: 'Runs the task once for each combination of values; {{ matrix.NAME }} is the value of an axis.',
  minProperties: 1,
  propertyNames: {pattern: '^[A-Za-z_][A-Za-z0-9_-]*$'},
  properties: {
    include: {...entries, description: 'Maps that add values to the combinations they fit, or combinations of their own.'},
    exclude: {...entries, description: 'Maps of axes and values: the combinations that have all of them do not run.'},
    parallelism,
    failFast,
  },
  additionalProperties: {
    type: ['array', 'string'],
    title: 'axis',
    description: 'The values of an axis: a list, or one template that gives a list.',
    examples: [['eu', 'us']],
  },
} as const
