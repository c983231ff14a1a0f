// What a task says, as JSON Schema. Keys with a schema of some length have a file of their own beside this one.

import {cache} from './cache.ts'
import {filesSchema} from './files-schema.ts'
import {taskContainerSchema} from './container-schema.ts'
import {closed, environment} from './parts.ts'
import {requireSchema} from './require-schema.ts'
import {until} from './until.ts'

export const taskSchema = {
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
    needs: {
      type: 'array',
      items: {type: 'string'},
      description: 'Ids of the tasks that must finish first. Default: none, or under `order: listed` the task above.',
    },
    if: {
      type: ['string', 'boolean'],
      description:
        'A template; the task is skipped when its value is false. A template that reads a status is evaluated after a failure too.',
      examples: ['{{ vars.limit > 0 }}', '{{ failure() }}'],
    },
    forEach: {$ref: '#/$defs/forEach'},
    matrix: {$ref: '#/$defs/matrix'},
    inputs: {type: 'object', description: 'Inputs of the action. Templates are evaluated in every string.', default: {}},
    env: {...environment, description: "Environment variables of the task's process. Templates are evaluated."},
    workingDir: {
      type: 'string',
      minLength: 1,
      description: 'Where the task runs, relative to the working directory of the workflow, or from ~. Templates are evaluated.',
      examples: ['packages/api'],
    },
    files: filesSchema,
    require: requireSchema,
    retry: {$ref: '#/$defs/retry'},
    timeout: {$ref: '#/$defs/duration', description: 'How long one attempt may take.', default: '30s'},
    until,
    continueOnError: {
      type: 'boolean',
      description: 'A failure of this task is only a warning; the tasks that need it still run.',
      default: false,
    },
    cache,
    idempotent: {type: 'boolean', description: 'The task may be started again automatically after a crash. Default: as its action says.'},
    permissions: {
      $ref: '#/$defs/permissions',
      description: 'Narrows what the workflow grants: what you write here replaces the permissions of the workflow for this task.',
    },
    resources: {$ref: '#/$defs/resources'},
    container: taskContainerSchema,
  },
} as const
