// The shape of a workflow file as JSON Schema. The only source: `workflow schema` prints it, editors and the checks use it.
// What a schema cannot say well (durations, cycles, templates) is said by the checks in check/.

import {defaults} from './defaults.ts'
import {defaultTasks, order} from './entry-points.ts'
import {hooksSchema} from './hooks-schema.ts'
import {inputsSchema} from './inputs-schema.ts'
import {concurrency} from './concurrency.ts'
import {closed, duration, environment, inheritEnvSchema, permissions, resources, retry, taskId} from './parts.ts'
import {forEachSchema, matrixSchema} from './items-schema.ts'
import {secrets} from './secrets.ts'
import {dotenv} from './dotenv.ts'
import {workflowContainerSchema} from './container-schema.ts'
import {taskSchema} from './task-schema.ts'

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
    inputs: inputsSchema,
    vars: {
      type: 'object',
      description: 'Constants, or {command: …}: what the command prints. Read as {{ vars.name }}; `--var name=value` overrides them.',
      default: {},
    },
    secrets,
    env: {...environment, description: "Environment variables of every task's process. Templates may read vars and inputs."},
    dotenv,
    inheritEnv: {
      ...inheritEnvSchema,
      description:
        'Environment variables that tasks inherit from the caller, in addition to the usual ones; `AWS_*` matches every name that begins with `AWS_`.',
      default: [],
    },
    workingDir: {type: 'string', minLength: 1, description: 'Where tasks run, relative to the workflow file, or from ~.', default: '.'},
    timeout: {$ref: '#/$defs/duration', description: 'How long the whole run may take.'},
    parallelism: {type: 'integer', minimum: 1, maximum: 1000, description: 'How many tasks run at once. Default: the number of cores.'},
    concurrency,
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
    defaults,
    container: workflowContainerSchema,
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
    order,
    default: defaultTasks,
    tasks: {
      type: 'array',
      minItems: 1,
      items: {$ref: '#/$defs/task'},
      description: 'Tasks in any order; `needs` determines when they run, unless `order` is `listed`.',
    },
    hooks: hooksSchema,
    outputs: {type: 'object', description: 'What the run returns. Templates may read every task.', default: {}},
  },
  $defs: {task: taskSchema, taskId, forEach: forEachSchema, matrix: matrixSchema, duration, retry, permissions, resources},
} as const
