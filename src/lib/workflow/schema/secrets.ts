// The secrets that a workflow declares.

const name = {type: 'string', pattern: '^[A-Za-z0-9_-]{1,255}$', title: 'name of a secret'} as const

export const secrets = {
  type: 'array',
  uniqueItems: true,
  items: {
    title: 'secret',
    anyOf: [
      name,
      {
        type: 'object',
        additionalProperties: false,
        required: ['name'],
        properties: {
          name,
          optional: {
            type: 'boolean',
            description: 'The run starts without it; has(secrets.NAME) says whether it is there.',
            default: false,
          },
        },
      },
    ],
  },
  description:
    'Names of the secrets that tasks may read, as {{ secrets.NAME }} in their inputs and env. Values come from the store, then from environment variables of these names.',
  examples: [['API_TOKEN', {name: 'SNYK_TOKEN', optional: true}]],
  default: [],
} as const
