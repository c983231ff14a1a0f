// `files` of a task, as JSON Schema. Which names and patterns are valid says check/files.ts.

import {closed} from './parts.ts'

const pattern = {
  type: 'string',
  minLength: 1,
  maxLength: 1000,
  description: 'A path or a pattern (`*`, `?`, `**`, `[a-z]`, `{a,b}`), relative to the directory of the files of the task.',
  examples: ['report.pdf', 'out/*.csv'],
} as const

export const filesSchema = {
  ...closed,
  title: 'files',
  description:
    'Files in a directory of the task, which belongs to the run. The process finds its path in the environment variable AUTOKESTRA_FILES.',
  properties: {
    in: {
      type: 'object',
      maxProperties: 1000,
      description:
        'Files that are written before the task starts, by name. Text is written as it is, any other value as JSON. Templates are evaluated.',
      examples: [{'rows.json': '{{ tasks.fetch.output.body }}'}],
    },
    out: {
      type: 'object',
      maxProperties: 100,
      propertyNames: {pattern: '^[A-Za-z][A-Za-z0-9_-]*$'},
      additionalProperties: {
        anyOf: [
          pattern,
          {
            ...closed,
            title: 'file that may be missing',
            required: ['path'],
            properties: {
              path: pattern,
              optional: {type: 'boolean', description: 'The task succeeds without such a file.', default: false},
            },
          },
        ],
      },
      description:
        'Files that the task leaves. Other tasks read them as {{ tasks.ID.files.NAME }}: a list of {path, name, size, sha256}, or one of them when the pattern has no wildcard.',
      examples: [{clean: 'out/*.csv'}],
    },
  },
} as const
