// When the result of a task is used again.

const patterns = {type: 'array', maxItems: 1000, items: {type: 'string', minLength: 1}} as const

export const cache = {
  type: 'object',
  additionalProperties: false,
  title: 'cache',
  description:
    'The task is not run when nothing has changed that its result depends on: its definition, its plugin, inputs and env, and what is named here. Then it has the output of an earlier run.',
  properties: {
    files: {
      ...patterns,
      description: 'Files the task reads, as patterns relative to its working directory; `!` begins an exception.',
      examples: [['src/**', '!**/*.md']],
      default: [],
    },
    key: {
      type: 'array',
      maxItems: 1000,
      items: {type: ['string', 'number', 'boolean']},
      description: 'Values that its result also depends on.',
      examples: [['{{ vars.release }}']],
      default: [],
    },
    makes: {
      ...patterns,
      description: 'Files the task makes, as patterns. They must all be there as it left them.',
      examples: [['dist/**']],
      default: [],
    },
    ttl: {
      type: ['string', 'number'],
      description: 'How long a result may be used: 12h, 7d, 2w. Default: as long as nothing changes.',
      examples: ['7d'],
    },
  },
} as const
