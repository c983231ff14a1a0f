// `defaults`: settings of all tasks, and inputs of all tasks of a type.

import {closed} from './parts.ts'

export const defaults = {
  ...closed,
  description: 'Settings for tasks that do not set their own, and inputs by type.',
  properties: {retry: {$ref: '#/$defs/retry'}, timeout: {$ref: '#/$defs/duration'}},
  patternProperties: {
    '^[^/]+/[^/]+$': {type: 'object', description: 'Inputs of all tasks of this type. An input of a task replaces the one here.'},
  },
  examples: [{timeout: '5m', 'core/shell.run': {shell: 'bash'}}],
} as const
