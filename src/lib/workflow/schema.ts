// The shape of a workflow file as JSON Schema. The only source: `workflow schema` prints it, editors and load.ts use it.
// What a schema cannot say well (durations, cycles, templates) is said by the check-*.ts files beside it.

import {durationExamples} from '../util/duration.ts'

const closed = {type: 'object', additionalProperties: false} as const

const duration = {
  type: ['string', 'number'],
  title: 'duration',
  description: `A duration: ${durationExamples}.`,
  examples: ['500ms', '30s', '5m', '1h', 90],
}
const environment = {
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

const task = {
  ...closed,
  title: 'task',
  description: 'One step of the workflow.',
  required: ['id', 'type'],
  properties: {
    id: {$ref: '#/$defs/taskId'},
    type: {
      type: 'string',
      title: 'action',
      description: 'What the task does, as namespace/plugin.action.',
      examples: ['core/shell.run', 'core/http.request'],
    },
    name: {type: 'string', description: 'Name for people to read.'},
    description: {type: 'string', description: 'What the task is for.'},
    needs: {type: 'array', items: {type: 'string'}, description: 'Ids of the tasks that must finish first.', default: []},
    if: {
      type: ['string', 'boolean'],
      description:
        'A template; the task is skipped when its value is false. A template that reads a status is evaluated after a failure too.',
      examples: ['{{ vars.limit > 0 }}', '{{ failure() }}'],
    },
    inputs: {type: 'object', description: 'Inputs of the action. Templates are evaluated in every string.', default: {}},
    env: {...environment, description: "Environment variables of the task's process. Templates are evaluated."},
    retry: {$ref: '#/$defs/retry'},
    timeout: {$ref: '#/$defs/duration', description: 'How long one attempt may take.', default: '30s'},
    continueOnError: {
      type: 'boolean',
      description: 'A failure of this task is only a warning; the tasks that need it still run.',
      default: false,
    },
    idempotent: {type: 'boolean', description: 'The task may be started again automatically after a crash.', default: false},
    permissions: {
      $ref: '#/$defs/permissions',
      description: 'Narrows what the workflow grants: what you write here replaces the permissions of the workflow for this task.',
    },
    resources: {$ref: '#/$defs/resources'},
  },
} as const

/** JSON Schema, draft 2020-12. */
export const workflowSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...closed,
  title: 'Workflow',
  description: 'Tasks, what they need, and the values they share.',
  required: ['id', 'tasks'],
  properties: {
    apiVersion: {enum: ['v1'], description: 'Version of this language.'},
    id: {
      type: 'string',
      pattern: '^[a-z0-9][a-z0-9_-]*$',
      maxLength: 100,
      title: 'id of a workflow',
      description: 'Name of the workflow: lower-case letters, digits, - and _.',
      examples: ['nightly-report'],
    },
    name: {type: 'string', description: 'Name for people to read.'},
    description: {type: 'string', description: 'What the workflow is for.'},
    labels: {
      type: 'object',
      additionalProperties: {type: ['string', 'number', 'boolean']},
      description: 'Labels of your choice, for lists and filters.',
    },
    enabled: {type: 'boolean', description: 'A disabled workflow is not run.', default: true},
    vars: {type: 'object', description: 'Constants, read as {{ vars.name }}; `--var name=value` overrides them.', default: {}},
    secrets: {
      type: 'array',
      uniqueItems: true,
      items: {type: 'string', pattern: '^[A-Za-z0-9_-]{1,255}$', title: 'name of a secret'},
      description:
        'Names of the secrets that tasks may read, as {{ secrets.NAME }} in their inputs and env. Values come from the store, then from environment variables of these names.',
      examples: [['API_TOKEN']],
      default: [],
    },
    env: {...environment, description: "Environment variables of every task's process. Templates may read vars only."},
    inheritEnv: {
      ...inheritEnvSchema,
      description:
        'Environment variables that tasks inherit from the caller, in addition to the usual ones; `AWS_*` matches every name that begins with `AWS_`.',
      default: [],
    },
    workingDir: {type: 'string', minLength: 1, description: 'Where tasks run, relative to the workflow file.', default: '.'},
    timeout: {$ref: '#/$defs/duration', description: 'How long the whole run may take.'},
    parallelism: {type: 'integer', minimum: 1, maximum: 1000, description: 'How many tasks run at once. Default: the number of cores.'},
    failFast: {
      type: 'boolean',
      description: 'After a failure no new task starts. false: tasks that do not need the failed task still run.',
      default: true,
    },
    security: {
      enum: ['trusted', 'restricted'],
      description:
        'trusted: tasks are processes with all your rights. restricted: each task runs in a container and can reach only what permissions grant.',
      default: 'trusted',
    },
    permissions: {$ref: '#/$defs/permissions'},
    resources: {$ref: '#/$defs/resources'},
    defaults: {
      ...closed,
      description: 'Settings for tasks that do not set their own.',
      properties: {retry: {$ref: '#/$defs/retry'}, timeout: {$ref: '#/$defs/duration'}},
    },
    trigger: {
      ...closed,
      description: 'When the workflow should start. Schedules do not run yet: the trigger is checked but has no effect.',
      required: ['type'],
      properties: {
        type: {enum: ['cron', 'webhook']},
        cron: {type: 'string', description: 'Five or six fields.', examples: ['0 3 * * *']},
        timezone: {type: 'string', examples: ['Europe/Berlin']},
        path: {type: 'string', minLength: 1},
        method: {enum: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']},
      },
    },
    tasks: {
      type: 'array',
      minItems: 1,
      items: {$ref: '#/$defs/task'},
      description: 'Tasks in any order; `needs` determines when they run.',
    },
    outputs: {type: 'object', description: 'What the run returns. Templates may read every task.', default: {}},
  },
  $defs: {
    task,
    taskId: {
      type: 'string',
      pattern: '^[A-Za-z0-9][A-Za-z0-9_-]*$',
      maxLength: 100,
      title: 'id of a task',
      description: 'Letters, digits, - and _. Other tasks refer to the task by it.',
    },
    duration,
    retry: {
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
    },
    permissions: {
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
    },
    resources: {
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
    },
  },
} as const
