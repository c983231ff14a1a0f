// Files with environment variables of tasks.

export const dotenv = {
  type: 'array',
  maxItems: 100,
  items: {
    title: 'dotenv file',
    anyOf: [
      {type: 'string', minLength: 1},
      {
        type: 'object',
        additionalProperties: false,
        required: ['file'],
        properties: {
          file: {type: 'string', minLength: 1, description: 'Path, relative to the workflow file.'},
          optional: {type: 'boolean', description: 'It may be missing.', default: false},
        },
      },
    ],
  },
  description:
    'Files of NAME=VALUE lines, relative to the workflow file: environment variables of all tasks. The last file that has a name wins.',
  examples: [['.env', {file: '.env.local', optional: true}]],
} as const
