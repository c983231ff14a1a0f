// The JSON Schema of plugin.yaml: for the parser, for editors and for the reference in docs/plugins/manifest.md.

import type {JsonObject} from '../util/json.ts'

/** Lower-case words joined by single hyphens, starting with a letter. */
export const kebabCasePattern = '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'

/** The expression semver.org publishes for version 2.0.0, with its groups left out. */
export const semverPattern =
  '^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(-(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(\\.(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\\+[0-9a-zA-Z-]+(\\.[0-9a-zA-Z-]+)*)?$'

/** Longest namespace, plugin name or action name. */
export const maxNameLength = 64

/** Longest version: a bound for the expression above. */
export const maxVersionLength = 128

const kebabCase = (description: string): JsonObject => ({type: 'string', pattern: kebabCasePattern, maxLength: maxNameLength, description})

const textList = (description: string): JsonObject => ({type: 'array', items: {type: 'string', minLength: 1}, maxItems: 1000, description})

const argumentGroup: JsonObject = {type: 'array', items: {type: 'string'}, minItems: 1, maxItems: 1000}
const inputValue: JsonObject = {type: ['string', 'number', 'boolean']}
const conditionalArguments: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['when', 'args'],
  properties: {
    when: {type: 'object', minProperties: 1, additionalProperties: {anyOf: [inputValue, {type: 'array', items: inputValue, minItems: 1}]}},
    args: argumentGroup,
  },
}

const valueOrNone: JsonObject = {type: ['string', 'number', 'boolean', 'null']}
const inputCase: JsonObject = {
  type: 'object',
  minProperties: 1,
  additionalProperties: {anyOf: [valueOrNone, {type: 'array', items: valueOrNone, minItems: 1}]},
}

const actionSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: kebabCase(
      'Name of the action, in kebab-case and unique within the plugin. The last part of a task type: `namespace/plugin.action`.',
    ),
    description: {type: 'string', description: 'One sentence: what the action does.'},
    input: {
      type: 'object',
      description:
        'JSON Schema of the inputs. A task whose inputs do not match fails before the plugin starts. Without a schema, any inputs are accepted.',
    },
    output: {
      type: 'object',
      description:
        'JSON Schema of the output. A task whose output does not match fails. Without a schema, any output is accepted, or none.',
    },
    timeout: {
      type: ['string', 'number'],
      description: 'How long one attempt may take if the task sets no `timeout`: `500ms`, `30s`, `5m`, `1h`, or a number of seconds.',
    },
    idempotent: {
      anyOf: [{type: 'boolean'}, {type: 'array', items: inputCase, minItems: 1, maxItems: 100}],
      default: false,
      description:
        'Whether running the action twice has the same effect as running it once. After a crash such a task runs again by itself. A list names the cases in which it has: `{INPUT: VALUE}`, or a list of values, where `null` stands for an input that is not given.',
    },
    literalInputs: textList('Names of inputs that cannot contain templates, so that no value can become code.'),
    exec: {
      type: 'array',
      items: {anyOf: [{type: 'string'}, argumentGroup, conditionalArguments]},
      minItems: 1,
      maxItems: 1000,
      description:
        'Protocol `exec` only: program and arguments. An item is plain text or one whole reference, `{{ inputs.NAME }}`; an item is dropped if its reference has no value. A list groups items that are kept or dropped together. `{when: {INPUT: VALUE}, args: [...]}` is a group that is kept only if the inputs have these values (or, for a list, one of them).',
    },
  },
}

/** JSON Schema (draft 2020-12) of plugin.yaml. What it cannot say is checked in check-manifest.ts. */
export const manifestSchema: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'plugin.yaml',
  description: 'The name of a plugin, how it is started and which actions it offers.',
  type: 'object',
  additionalProperties: false,
  required: ['namespace', 'name', 'version', 'actions'],
  properties: {
    namespace: kebabCase('Who publishes the plugin, in kebab-case. The first part of a task type: `namespace/plugin.action`.'),
    name: kebabCase('Name of the plugin, in kebab-case. The second part of a task type.'),
    version: {
      type: 'string',
      pattern: semverPattern,
      maxLength: maxVersionLength,
      description: 'Semantic version of the plugin: `1.0.0`, `2.1.0-beta.1`.',
    },
    description: {type: 'string', description: 'One or two sentences: what the plugin is for.'},
    author: {type: 'string', description: 'Who wrote it.'},
    license: {type: 'string', description: 'Its licence, preferably an SPDX identifier: `MIT`.'},
    main: {
      type: 'string',
      minLength: 1,
      description:
        'Entry point that exports the actions, JavaScript or TypeScript, relative to the directory of the plugin and inside it. Either `main` or `command`, or `exec` in the actions.',
    },
    command: {
      type: 'array',
      items: {type: 'string'},
      minItems: 1,
      maxItems: 1000,
      description:
        'Program and arguments of a plugin in any language. A program with a `/` is relative to the directory of the plugin and inside it; one without is looked up in `PATH`. Either `main` or `command`, or `exec` in the actions.',
    },
    protocol: {
      enum: ['sdk', 'plain', 'exec', 'builtin'],
      description:
        'How inputs and outputs are passed. `sdk`: by the plugin SDK. `plain`: inputs as JSON on standard input, one JSON document on standard output. `exec`: each action has its own command line, with neither `main` nor `command`. `builtin`: the program itself carries the actions out; only for the plugins that come with it. Default: `sdk` with `main`, `plain` with `command`.',
    },
    worker: {
      enum: ['single', 'reuse'],
      default: 'single',
      description: '`single`: a fresh process for every task. `reuse`: one process may serve many tasks, one at a time.',
    },
    strictStdout: {
      type: 'boolean',
      default: false,
      description: 'Protocol `plain` only: anything on standard output other than the one JSON document fails the task.',
    },
    capabilities: textList('What the plugin uses, for information: `network`, `filesystem`, `process`.'),
    permissions: {
      type: 'object',
      additionalProperties: false,
      description: 'Permissions a workflow should grant when it runs the plugin restricted. Only a recommendation; it grants nothing.',
      properties: {
        network: textList('Addresses the plugin talks to, e.g. `https://api.example.com/*`.'),
        filesystem: {
          type: 'object',
          additionalProperties: false,
          description: 'Paths the plugin works with.',
          properties: {read: textList('Paths it reads.'), write: textList('Paths it reads and writes.')},
        },
      },
    },
    actions: {type: 'array', items: actionSchema, minItems: 1, maxItems: 1000, description: 'The actions of the plugin.'},
  },
}

/**
 * What the parser checks with the schema: all of it but names and versions, for which check-manifest.ts has the sentences people know.
 * The check of this schema is generated by the build.
 */
export const manifestShape: unknown = JSON.parse(
  JSON.stringify(manifestSchema, (key, value: unknown) => (key === 'pattern' || key === 'maxLength' ? undefined : value)),
)
