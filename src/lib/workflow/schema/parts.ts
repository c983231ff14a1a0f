// Parts of the schema that tasks and the workflow share.

import {durationExamples} from '../../util/duration.ts'

/** A map in which other keys are errors. */
export const closed = {type: 'object', additionalProperties: false} as const

export const duration = {
  type: ['string', 'number'],
  title: 'duration',
  description: `A duration: ${durationExamples}.`,
  examples: ['500ms', '30s', '5m', '1h', 90],
}
export const environment = {
  type: 'object',
  propertyNames: {pattern: '^[A-Za-z_][A-Za-z0-9_]*$'},
  additionalProperties: {type: ['string', 'number', 'boolean']},
}
/** `*` alone is refused: a list that says nothing protects nothing. */
export const inheritEnvSchema = {
  type: 'array',
  uniqueItems: true,
  maxItems: 1000,
  items: {type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*\\*?$', title: 'environment variable'},
  examples: [['KUBECONFIG', 'AWS_*']],
}
const size = {type: ['string', 'integer'], minimum: 1}

export const taskId = {
  type: 'string',
  pattern: '^[A-Za-z0-9][A-Za-z0-9_-]*$',
  maxLength: 100,
  title: 'id of a task',
  description: 'Letters, digits, - and _. Other tasks refer to the task by it.',
} as const

export const retry = {
  ...closed,
  title: 'retry',
  description: 'What happens after a failed attempt.',
  properties: {
    max: {type: 'integer', minimum: 1, maximum: 1000, description: 'Maximum number of attempts, including the first.'},
    backoff: {
      anyOf: [
        {type: 'string', enum: ['constant', 'exponential']},
        {type: 'number', exclusiveMinimum: 0},
      ],
      title: 'backoff',
      description: 'How the delay grows; a number is a constant delay in seconds.',
      default: 'constant',
    },
    delay: {$ref: '#/$defs/duration', description: 'Delay before the second attempt.', default: '1s'},
    maxDelay: {$ref: '#/$defs/duration', description: 'Upper limit of the delay.', default: '30s'},
    jitter: {type: 'boolean', description: 'Makes delays random, so that many tasks do not retry at the same moment.', default: false},
    on: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: {enum: ['error', 'timeout']},
      description: 'Which failures are retried.',
      default: ['error', 'timeout'],
    },
  },
} as const

export const permissions = {
  ...closed,
  title: 'permissions',
  description: 'What restricted tasks may reach; without it, nothing. Not enforced in a trusted workflow.',
  properties: {
    network: {
      type: 'array',
      items: {type: 'string', minLength: 1},
      description:
        'Addresses that tasks may reach, as scheme://host[:port][/path]; `*.` stands for the first labels of a name, `*` at the end of a path for its rest.',
      examples: [['https://api.example.com/v1/*', 'https://*.example.org']],
    },
    filesystem: {
      ...closed,
      description: 'Files and directories, including everything in them: relative to the workflow file, absolute, or from ~.',
      properties: {
        read: {type: 'array', items: {type: 'string', minLength: 1}, description: 'Paths that may be read.', examples: [['./data']]},
        write: {
          type: 'array',
          items: {type: 'string', minLength: 1},
          description: 'Paths that may be read and written.',
          examples: [['./out']],
        },
      },
    },
  },
} as const

export const resources = {
  ...closed,
  title: 'resources',
  description:
    'How much of the machine a restricted task may use. The setting nearest to the task takes precedence; the configuration has the defaults.',
  properties: {
    memory: {...size, description: 'Memory of all its processes together.', examples: ['256MiB', '1GiB']},
    cpus: {type: 'number', minimum: 0.01, maximum: 1024, description: 'Number of cores the task may use.', examples: [0.5, 2]},
    pids: {type: 'integer', minimum: 16, maximum: 100_000, description: 'Processes and threads.', examples: [128]},
    tmp: {...size, description: 'Size of its temporary directory, which counts as memory.', examples: ['64MiB']},
  },
} as const
