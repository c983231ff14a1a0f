// `require` of a task, as JSON Schema.

import {closed} from './parts.ts'

const message = {
  type: 'string',
  minLength: 1,
  description: 'What to do about it, for the person who started the run. Templates are evaluated.',
  examples: ['No age.key. Make one with: age-keygen -o age.key'],
} as const

export const requireSchema = {
  type: 'array',
  maxItems: 100,
  description:
    'What must hold before the task starts; asked once, in order. Where something does not hold, the task fails with the message.',
  items: {
    anyOf: [
      {
        ...closed,
        title: 'command that must succeed',
        required: ['command', 'message'],
        properties: {
          command: {
            type: 'string',
            minLength: 1,
            description: 'A command line of sh, which runs as the task does.',
            examples: ['test -f age.key'],
          },
          message,
          timeout: {$ref: '#/$defs/duration', description: 'How long the command may take.', default: '30s'},
        },
      },
      {
        ...closed,
        title: 'condition that must be true',
        required: ['if', 'message'],
        properties: {if: {type: 'string', description: 'A template.', examples: ['{{ vars.limit > 0 }}']}, message},
      },
    ],
  },
} as const
