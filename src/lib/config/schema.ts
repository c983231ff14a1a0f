// The JSON Schema of autokestra.yaml and of config.yaml in the home directory.

import type {JsonObject, JsonValue} from '../util/json.ts'
import {inheritEnvSchema} from '../workflow/schema/parts.ts'

/** Most tasks at a time that can be asked for. */
export const maxConcurrency = 10_000

const size = (description: string): JsonObject => ({
  type: ['string', 'integer'],
  description: `${description} Bytes, or with a unit: \`512KiB\`, \`10MiB\`.`,
})

const duration = (description: string): JsonObject => ({
  type: ['string', 'number'],
  description: `${description} \`500ms\`, \`5s\`, or a number of seconds.`,
})

/** What a plugin is not given of its own it gets as all plugins do. */
function withoutDefault(property: JsonValue): JsonValue {
  if (typeof property !== 'object' || property === null || Array.isArray(property)) return property
  return Object.fromEntries(Object.entries(property).filter(([name]) => name !== 'default'))
}

const resources: JsonObject = {
  memory: {...size('Memory of all processes of a task.'), default: '256MiB'},
  cpus: {type: 'number', minimum: 0.01, maximum: 1024, default: 0.5, description: 'Number of cores the task may use, such as 0.5.'},
  pids: {type: 'integer', minimum: 16, maximum: 100_000, default: 128, description: 'Processes and threads.'},
  tmp: {...size('Size of the temporary directory, which counts as memory.'), default: '64MiB'},
}

/** JSON Schema (draft 2020-12). Durations and sizes are read by load.ts. */
export const configSchema: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'autokestra.yaml',
  description: 'Settings of a project (autokestra.yaml) or of a user (config.yaml in the home directory).',
  type: 'object',
  additionalProperties: false,
  properties: {
    plugins: {
      type: 'object',
      additionalProperties: false,
      description: 'Where plugins are found, and what their images are built from.',
      properties: {
        allowShadowing: {
          type: 'array',
          items: {type: 'string', pattern: '^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$'},
          maxItems: 100,
          description:
            'Bundled plugins, such as `core/shell`, that a project may replace with its own. Only in the configuration of a user.',
        },
        autoBuild: {
          type: 'boolean',
          default: false,
          description: 'Whether a restricted run first builds images that are missing or stale. Without it, such a run is refused.',
        },
        baseImage: {
          type: 'string',
          pattern: '^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,254}$',
          description:
            'Base image of generated plugin images, such as `registry.example.com/node:20-slim`. Default: `node:20-slim`, or `python:3.13-slim` for Python.',
        },
        paths: {
          type: 'array',
          items: {type: 'string', minLength: 1},
          maxItems: 100,
          description:
            'Directories that contain plugins, relative to this file; `~` is your home directory. They replace the default of this file: the directory `plugins` next to it.',
        },
      },
    },
    concurrency: {
      type: 'integer',
      minimum: 1,
      maximum: maxConcurrency,
      description: 'Maximum number of tasks that run at once. Default: the number of processor cores.',
    },
    inheritEnv: {
      ...inheritEnvSchema,
      description:
        'Environment variables that the tasks of trusted workflows inherit from the caller, in addition to the usual ones; `AWS_*` matches every name that begins with `AWS_`. The lists of user and project are combined.',
    },
    masking: {
      type: 'object',
      additionalProperties: false,
      description: 'How secrets are hidden in everything that is shown or stored.',
      properties: {
        placeholder: {
          type: 'string',
          minLength: 1,
          maxLength: 100,
          pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$',
          default: '***SECRET***',
          description: 'The text that replaces a secret: 1 to 100 printable characters.',
        },
      },
    },
    runs: {
      type: 'object',
      additionalProperties: false,
      description: 'What is kept of runs.',
      properties: {
        keepFiles: {
          type: ['string', 'number'],
          default: '7d',
          description:
            'How long the files of a run (`files`, `run.dir`) are kept after its end: `12h`, `7d`, or a number of seconds. With `0`, they are removed as soon as a run has succeeded; those of other runs are kept for 7 days.',
        },
        prune: {
          type: 'object',
          additionalProperties: false,
          minProperties: 1,
          description:
            'Which finished runs a later run removes, with their logs; with both settings, only runs that neither keeps. Only the user configuration sets it. Default: none.',
          properties: {
            olderThan: {type: ['string', 'number'], description: 'Runs that ended longer ago: `12h`, `30d`, or a number of seconds.'},
            keep: {type: 'integer', minimum: 1, maximum: 1_000_000, description: 'All but so many of each workflow, the newest.'},
          },
        },
      },
    },
    cache: {
      type: 'object',
      additionalProperties: false,
      description: 'What is kept of tasks with a cache. Only the user configuration sets it.',
      properties: {
        maxSize: {
          ...size('How much the files that such tasks leave (`files.out`) may take together; those used least are removed first.'),
          default: '5GiB',
        },
      },
    },
    sandbox: {
      type: 'object',
      additionalProperties: false,
      description: 'How much of the machine a restricted task may use. `resources` of a workflow or a task take precedence.',
      properties: {
        ...resources,
        plugins: {
          type: 'object',
          description: 'The same settings for single plugins, by name.',
          propertyNames: {pattern: '^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$'},
          additionalProperties: {
            type: 'object',
            additionalProperties: false,
            properties: Object.fromEntries(Object.entries(resources).map(([name, property]) => [name, withoutDefault(property)])),
          },
        },
      },
    },
    limits: {
      type: 'object',
      additionalProperties: false,
      description: 'What one task may produce, and how it is stopped.',
      properties: {
        output: {...size('Largest output of a task.'), default: '10MiB'},
        log: {...size('Largest log of a task; the rest is counted and dropped.'), default: '10MiB'},
        logLine: {...size('Longest line of a log; longer lines are split.'), default: '16KiB'},
        outputDepth: {
          type: 'integer',
          minimum: 1,
          maximum: 10_000,
          default: 256,
          description: 'How deeply lists and maps of an output may be nested.',
        },
        exitGrace: {...duration('How long a process may keep running after its result.'), default: '2s'},
        killGrace: {...duration('How long a process may keep running after it was asked to stop; then it is killed.'), default: '5s'},
      },
    },
  },
}
