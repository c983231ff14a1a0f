import {describe, expect, it} from 'vitest'
import type {DocumentPath, SourceDocument} from '../../../src/lib/documents/source-document.ts'
import {applyDefaultInputs} from '../../../src/lib/workflow/default-inputs.ts'

/** Says which path it was asked for. */
function documentOf(value: unknown): SourceDocument {
  return {file: 'w.yaml', value, diagnostic: (path, _target, finding) => ({...finding, hint: path.join('.'), file: 'w.yaml'})}
}

function inputsOf(value: unknown): unknown[] {
  return (applyDefaultInputs(documentOf(value)).value as {tasks: {inputs?: unknown}[]}).tasks.map(({inputs}) => inputs)
}

describe('default inputs', () => {
  const defaults = {timeout: '1m', 'a/b.c': {x: 1, deep: {y: 2, z: 3}}}

  it('are in every task of the type, under its own', () => {
    const tasks = [
      {type: 'a/b.c'},
      {type: 'a/b.c', inputs: {x: 5, deep: {y: 0}, own: 1}},
      {type: 'a/b.d', inputs: {x: 7}},
      {type: 'a/b.c', inputs: {x: null}},
    ]
    expect(inputsOf({defaults, tasks})).toEqual([
      {x: 1, deep: {y: 2, z: 3}},
      {x: 5, deep: {y: 0}, own: 1},
      {x: 7},
      {x: null, deep: {y: 2, z: 3}},
    ])
  })

  it('change nothing in the document they come from', () => {
    const value = {defaults, tasks: [{type: 'a/b.c', inputs: {own: 1}}]}
    const copy = structuredClone(value)
    applyDefaultInputs(documentOf(value))
    expect(value).toEqual(copy)
  })

  it.each<[string, unknown]>([
    ['no defaults', {tasks: [{type: 'a/b.c', inputs: {x: 1}}]}],
    ['settings only', {defaults: {timeout: 5, retry: {max: 2}}, tasks: [{type: 'timeout'}]}],
    ['no map', 'text'],
  ])('leave a document with %s alone', (_title, value) => {
    const document = documentOf(value)
    expect(applyDefaultInputs(document)).toBe(document)
  })

  it.each<[string, unknown]>([
    ['a task that is no map', [null]],
    ['inputs that are no map', [{type: 'a/b.c', inputs: [1]}]],
    ['a type that is no text', [{type: {a: 1}}]],
    ['a type like a property of all objects', [{type: '__proto__'}, {type: 'constructor'}]],
  ])('leave %s alone', (_title, tasks) => {
    expect(applyDefaultInputs(documentOf({defaults, tasks})).value).toEqual({defaults, tasks})
  })

  it('are in hooks too', () => {
    const document = applyDefaultInputs(
      documentOf({defaults, tasks: 5, hooks: {finally: [{type: 'a/b.c', inputs: {x: 4}}], onFailure: 'x'}}),
    )
    expect(document.value).toEqual({
      defaults,
      tasks: 5,
      hooks: {finally: [{type: 'a/b.c', inputs: {x: 4, deep: {y: 2, z: 3}}}], onFailure: 'x'},
    })
    const at = ['hooks', 'finally', 0, 'inputs', 'deep', 'y']
    expect(document.diagnostic(at, 'value', {severity: 'error', code: 'c', message: 'm'}).hint).toBe('defaults.a/b.c.deep.y')
  })

  it('are found where they stand', () => {
    const document = applyDefaultInputs(documentOf({defaults, tasks: [{type: 'a/b.c', inputs: {own: 1, x: 2}}, {type: 'other'}]}))
    const where = (path: DocumentPath): string | undefined =>
      document.diagnostic(path, 'value', {severity: 'error', code: 'c', message: 'm'}).hint
    expect(where(['tasks', 0, 'inputs', 'deep', 'y'])).toBe('defaults.a/b.c.deep.y')
    expect(where(['tasks', 0, 'inputs', 'own'])).toBe('tasks.0.inputs.own')
    expect(where(['tasks', 0, 'inputs', 'x'])).toBe('tasks.0.inputs.x')
    expect(where(['tasks', 0, 'inputs'])).toBe('tasks.0.inputs')
    expect(where(['tasks', 1, 'inputs', 'x'])).toBe('tasks.1.inputs.x')
    expect(where(['tasks', 9, 'inputs', 'x'])).toBe('tasks.9.inputs.x')
    expect(where(['vars', 'x'])).toBe('vars.x')
  })
})
