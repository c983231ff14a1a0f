// `until`: a task that runs again and again until its output shows what is waited for.

import {closed} from './parts.ts'

export const until = {
  ...closed,
  title: 'until',
  description:
    'The task runs again until a condition on its output holds. While it waits it uses no slot. A failed attempt is retried as `retry` says; it is not an unmet condition.',
  required: ['if'],
  properties: {
    if: {
      type: 'string',
      description: 'A template that reads `output`, the output of the attempt that has just succeeded.',
      examples: ["{{ output.body.json().state == 'done' }}"],
    },
    every: {$ref: '#/$defs/duration', description: 'How long to wait before the task runs again.', default: '10s'},
    limit: {$ref: '#/$defs/duration', description: 'How long after its first start the task fails.', default: '1h'},
  },
} as const
