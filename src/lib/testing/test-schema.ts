// The JSON Schema of NAME.test.yaml: cases that run a workflow with mocked task results, and what is expected of them.

import {closed} from '../workflow/schema/parts.ts'

const values = (description: string) => ({type: 'object', description}) as const

const taskIds = {type: 'array', minItems: 1, maxItems: 1000, items: {type: 'string'}} as const

const result = {
  ...closed,
  title: 'result of an attempt',
  properties: {
    output: {description: 'What the attempt returns. Default: `{}`.', examples: [{stdout: '1.2.0'}]},
    error: {
      ...closed,
      title: 'error',
      required: ['code'],
      properties: {
        code: {type: 'string', pattern: '^[A-Z][A-Z0-9_]*$', maxLength: 100, examples: ['EXIT_CODE', 'TIMEOUT', 'ACTION_FAILED']},
        message: {type: 'string', maxLength: 10_000, description: 'A sentence.'},
        retryable: {type: 'boolean', default: true, description: 'Whether another attempt may help.'},
        exitCode: {type: 'integer', minimum: 0, maximum: 255},
      },
      description: 'How the attempt fails. Not together with `output`.',
    },
    files: {
      type: 'object',
      maxProperties: 100,
      additionalProperties: {type: 'string'},
      description: 'Files that the attempt leaves in the directory of its files: text by path.',
      examples: [{'report.txt': 'all good'}],
    },
  },
} as const

const status = {enum: ['succeeded', 'failed', 'skipped', 'cancelled']} as const

const expectedTask = {
  ...closed,
  title: 'expected task',
  properties: {
    status,
    inputs: values('What the last attempt was given, templates evaluated.'),
    env: {type: 'object', additionalProperties: {type: ['string', 'number', 'boolean']}, description: 'Likewise.'},
    output: {description: 'What the task returned.'},
    error: values('Why it failed: `code`, `message`.'),
    attempts: {type: 'integer', minimum: 0, description: 'How many attempts were made.'},
    reason: {type: 'string', description: 'Why the task was skipped.'},
  },
} as const

const testCase = {
  ...closed,
  title: 'case',
  required: ['name'],
  properties: {
    name: {type: 'string', minLength: 1, maxLength: 200, description: 'What the case shows. No two cases of a file have the same name.'},
    inputs: values('Inputs of the run.'),
    vars: values('Vars of the workflow that have another value in this case, and those that a command computes.'),
    secrets: {
      type: 'object',
      additionalProperties: {type: 'string', minLength: 1},
      description: 'Dummy values of secrets. The real ones are never read.',
    },
    args: {type: 'array', maxItems: 1000, items: {type: 'string'}, description: '`run.args` of templates.'},
    select: {
      ...closed,
      title: 'select',
      minProperties: 1,
      maxProperties: 1,
      properties: {
        tasks: {...taskIds, description: 'Run these tasks, with all that they need.'},
        only: {...taskIds, description: 'Run only these tasks, without what they need.'},
        from: {...taskIds, description: 'Run these tasks and all that need them.'},
      },
      description: 'Which tasks run. Default: those that `workflow run` would run.',
    },
    tasks: {
      type: 'object',
      maxProperties: 10_000,
      additionalProperties: {anyOf: [result, {type: 'array', title: 'results of attempts', minItems: 1, maxItems: 1000, items: result}]},
      description:
        'Mocked results, by id of the task or hook, or by key of an item: `score[3]`. A list has one result per attempt. A task that runs needs one.',
    },
    expect: {
      ...closed,
      title: 'expect',
      properties: {
        status: {enum: ['succeeded', 'failed', 'cancelled'], default: 'succeeded', description: 'How the run ends.'},
        tasks: {
          type: 'object',
          maxProperties: 10_000,
          additionalProperties: {anyOf: [status, expectedTask]},
          description: 'What becomes of tasks, hooks and items: an end, or more.',
        },
        outputs: values('Outputs of the run.'),
        failed: {type: 'array', items: {type: 'string'}, description: 'Ids of all tasks that fail the run, in any order.'},
      },
      description: 'What must come of the run. Maps may have more keys than are expected; lists and single values must be equal.',
    },
  },
} as const

/** JSON Schema, draft 2020-12. */
export const testSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'test file of a workflow',
  description: 'Cases that run a workflow with mocked task results.',
  ...closed,
  required: ['cases'],
  properties: {
    workflow: {
      type: 'string',
      minLength: 1,
      maxLength: 1000,
      description: 'Path of the workflow file, relative to this one. Default: NAME.yaml beside NAME.test.yaml.',
    },
    cases: {type: 'array', minItems: 1, maxItems: 1000, items: testCase, description: 'Each is a run of its own.'},
  },
} as const
