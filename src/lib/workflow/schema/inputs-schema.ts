// The shape of `inputs` of a workflow: what a run may be given, each with a type.

/** `object`, or a value: the short form, which is the default of an input of that type. */
const input = {
  type: ['object', 'string', 'number', 'boolean', 'array'],
  title: 'input',
  description: 'A value that a run is given. Short form: the default, whose type is the type of the input.',
  additionalProperties: false,
  properties: {
    type: {
      enum: ['string', 'integer', 'number', 'boolean', 'array', 'object'],
      description: 'Type of the value. Default: that of `default` or of the first of `enum`, else string.',
    },
    description: {type: 'string', description: 'What the value is for. Shown when it is asked for.'},
    required: {type: 'boolean', description: 'A run without a value does not start. On a terminal it is asked for.', default: false},
    default: {description: 'The value of a run that is given none. It must fit the other keys.'},
    enum: {type: 'array', minItems: 1, maxItems: 1000, uniqueItems: true, description: 'The values that are allowed.'},
    format: {
      enum: ['date', 'time', 'date-time', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uuid'],
      description: 'What a text must look like.',
    },
    pattern: {type: 'string', description: 'A regular expression that a text must match, without look-around and back references.'},
    minLength: {type: 'integer', minimum: 0, description: 'Of a text, in characters.'},
    maxLength: {type: 'integer', minimum: 0, description: 'Of a text, in characters.'},
    minimum: {type: 'number', description: 'Smallest number that is allowed.'},
    maximum: {type: 'number', description: 'Largest number that is allowed.'},
    items: {type: 'object', description: 'JSON Schema of each item of a list.', examples: [{type: 'string'}]},
    minItems: {type: 'integer', minimum: 0, description: 'Of a list.'},
    maxItems: {type: 'integer', minimum: 0, description: 'Of a list.'},
    properties: {
      type: 'object',
      additionalProperties: {type: ['object', 'boolean']},
      description: 'JSON Schemas of the properties of an object, by name. No others are allowed.',
    },
  },
} as const

export const inputsSchema = {
  type: 'object',
  title: 'inputs',
  maxProperties: 200,
  propertyNames: {pattern: '^[A-Za-z_][A-Za-z0-9_]{0,99}$'},
  additionalProperties: input,
  description: 'What a run may be given, by name: read as {{ inputs.name }}, set by `--input name=value`.',
  examples: [{date: {type: 'string', format: 'date', required: true}, limit: {type: 'integer', default: 100, minimum: 1}}],
} as const
