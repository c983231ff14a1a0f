// What the tasks of a file name: found, or a finding at the task; each type is looked for once.

import {describe, expect, it} from 'vitest'
import {SchemaCompiler} from '../../../src/lib/documents/json-schema.ts'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'
import {findActions, type ActionSources} from '../../../src/lib/planning/find-actions.ts'
import type {Resolution} from '../../../src/lib/plugins/plugin-manager.ts'
import {draftOf} from '../../rig/draft.ts'

const schemas = new SchemaCompiler()
const input = {type: 'object', required: ['n'], properties: {n: {type: 'integer'}, text: {type: 'string', maxLength: 3}}}
const ready = {
  ok: true,
  plugin: {id: 'my/tool', manifest: {version: '1.0.0'}},
  action: {
    name: 'run',
    literalInputs: ['text'],
    input,
    exec: ['sh', ['-c', '{{ inputs.text }}'], {when: {n: 1}, args: ['{{ inputs.n }}']}],
  },
} as unknown as Resolution
const broken: Resolution = {
  ok: false,
  failure: {
    code: 'invalid-plugin',
    errorCode: 'PLUGIN_INVALID',
    message: 'plugin "my/broken" cannot be used',
    diagnostics: [{severity: 'error', code: 'in-manifest', message: 'x', file: 'plugin.yaml'}],
  },
}
const unknown: Resolution = {
  ok: false,
  failure: {code: 'unknown-plugin', errorCode: 'PLUGIN_NOT_FOUND', message: 'there is none', diagnostics: []},
}

function sources(asked: string[] = []): ActionSources {
  return {
    schemas,
    plugins: {
      resolve(type) {
        asked.push(type)
        const shadowed = {...ready, notice: {code: 'shadowed', message: 'another one is used'}} as Resolution
        return Promise.resolve(
          type.startsWith('my/broken') ? broken : type === 'my/tool.run' ? ready : type === 'my/shadow.run' ? shadowed : unknown,
        )
      },
      prepare: (plugin) =>
        plugin.id === 'my/tool' ? Promise.resolve(undefined) : Promise.reject(new WorkflowError('PLUGIN_INVALID', 'no')),
    },
  }
}

const use = (type: unknown, inputs?: unknown): object => ({type, inputs})
const draft = (...tasks: readonly object[]): ReturnType<typeof draftOf> =>
  draftOf({tasks: tasks.map((task, index) => ({id: `t${String(index)}`, ...task}))})

describe('findings', () => {
  it.each<[string, object[], string[]]>([
    ['none of actions that are there, with inputs that fit', [use('my/tool.run', {n: 1}), use('my/tool.run', {n: '{{ vars.x }}'})], []],
    ['unknown plugins, at every task', [use('a/b.c'), use('a/b.c')], ['unknown-plugin', 'unknown-plugin']],
    [
      'a broken plugin, once, and what is wrong in its own files',
      [use('my/broken.x'), use('my/broken.y')],
      ['invalid-plugin', 'in-manifest'],
    ],
    [
      'inputs that do not fit',
      [use('my/tool.run', {n: 'many', text: 'longer'}), use('my/tool.run')],
      ['wrong-type', 'invalid-value', 'missing-property'],
    ],
    ['the text of a literal input, whatever braces it has', [use('my/tool.run', {n: 1, text: '{{ .Names }}'})], ['invalid-value']],
    ['a plugin in the place of another, once', [use('my/shadow.run', {n: 1}), use('my/shadow.run', {n: 1})], ['shadowed']],
    ['nothing of the wrong shape', [use(5), use('my/tool.run', 'text')], []],
  ])('%s', async (_title, tasks, expected) => {
    const {findings} = await findActions(draft(...tasks), sources())
    expect(findings.diagnostics.map(({code}) => code)).toEqual(expected)
  })
})

it('each type is looked for once, in the order of the file', async () => {
  const asked: string[] = []
  await findActions(draft(use('my/tool.run'), use('a/b.c'), use('my/tool.run'), use('a/b.c')), sources(asked))
  expect(asked).toEqual(['my/tool.run', 'a/b.c'])
})

it('the value has what was found, and how it treats its inputs', async () => {
  const {value} = await findActions(draft(use('my/tool.run', {n: 1}), use('a/b.c')), sources())
  expect([...value.keys()]).toEqual(['my/tool.run'])
  expect(value.get('my/tool.run')).toMatchObject({plugin: {id: 'my/tool'}, literalInputs: ['text'], argumentInputs: ['text', 'n']})
})
