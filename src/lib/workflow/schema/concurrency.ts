// `concurrency`: which runs may go on at the same time.

import {closed} from './parts.ts'

export const concurrency = {
  ...closed,
  title: 'concurrency',
  description: 'A group of runs of which only some go on at a time, whoever starts them. All workflows share the names of groups.',
  required: ['group'],
  properties: {
    group: {
      type: 'string',
      minLength: 1,
      description: 'Name of the group. Templates may read inputs, vars, env and run.',
      examples: ['deploy-{{ vars.env }}'],
    },
    limit: {type: 'integer', minimum: 1, maximum: 1000, description: 'How many runs of the group go on at a time.', default: 1},
    onConflict: {
      enum: ['queue', 'skip', 'cancel', 'fail'],
      description:
        'While others hold all of the group, the run waits for its turn (queue), ends without doing anything (skip), asks the oldest ones to stop and then begins (cancel), or fails (fail).',
      default: 'queue',
    },
  },
} as const
