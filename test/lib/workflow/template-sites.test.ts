// The one list of where templates stand.

import {describe, expect, it} from 'vitest'
import {
  evaluateSites,
  pathOf,
  siteRules,
  taskSites,
  visitTemplates,
  workflowSites,
  type TaskTexts,
} from '../../../src/lib/workflow/template-sites.ts'

const text = '{{ vars.x }}'

describe('the sites of a task', () => {
  it.each<[string, TaskTexts, readonly string[], string[]]>([
    [
      'inputs, env and if',
      {inputs: {a: text, b: [text]}, env: {E: text}, if: text},
      [],
      ['input inputs.a', 'input inputs.b', 'env env.E', 'if if'],
    ],
    ['no literal input', {inputs: {a: text, b: text}}, ['b'], ['input inputs.a']],
    ['no plain value', {inputs: {a: 'plain', b: 5, c: true}, env: {E: 'x'}}, [], []],
    ['if: false, which stands for a template', {if: false}, [], ['if if']],
    ['if: true is no condition', {if: true}, [], []],
    ['nothing of the wrong shape', {inputs: [text], env: text, if: [text]}, [], []],
  ])('%s', (_title, task, literalInputs, expected) => {
    expect(taskSites(task, literalInputs).map((site) => `${site.kind} ${pathOf(site).join('.')}`)).toEqual(expected)
  })

  it('those of a workflow: env and outputs', () => {
    const sites = workflowSites({env: {A: text}, outputs: {o: {deep: text}}})
    expect(sites.map((site) => `${site.kind} ${pathOf(site).join('.')}`)).toEqual(['workflowEnv env.A', 'outputs outputs.o'])
  })

  it('what they may read', () => {
    expect(siteRules).toMatchInlineSnapshot(`
      {
        "cache": {
          "reads": [
            "inputs",
            "vars",
            "env",
            "tasks",
            "run",
          ],
          "readsItem": true,
        },
        "concurrency": {
          "reads": [
            "inputs",
            "vars",
            "env",
            "run",
          ],
        },
        "env": {
          "reads": [
            "inputs",
            "vars",
            "env",
            "tasks",
            "run",
            "secrets",
          ],
          "readsItem": true,
        },
        "files": {
          "reads": [
            "inputs",
            "vars",
            "env",
            "tasks",
            "run",
            "secrets",
          ],
          "readsItem": true,
        },
        "if": {
          "callsStatus": true,
          "reads": [
            "inputs",
            "vars",
            "env",
            "tasks",
            "run",
          ],
        },
        "image": {
          "reads": [
            "inputs",
            "vars",
            "env",
            "tasks",
            "run",
          ],
          "readsItem": true,
        },
        "input": {
          "reads": [
            "inputs",
            "vars",
            "env",
            "tasks",
            "run",
            "secrets",
          ],
          "readsItem": true,
        },
        "itemKey": {
          "reads": [
            "inputs",
            "vars",
            "env",
            "tasks",
            "run",
          ],
          "readsItem": true,
        },
        "items": {
          "reads": [
            "inputs",
            "vars",
            "env",
            "tasks",
            "run",
          ],
        },
        "outputs": {
          "reads": [
            "inputs",
            "vars",
            "env",
            "tasks",
            "run",
          ],
        },
        "require": {
          "reads": [
            "inputs",
            "vars",
            "env",
            "tasks",
            "run",
          ],
          "readsItem": true,
        },
        "until": {
          "reads": [
            "inputs",
            "vars",
            "env",
            "tasks",
            "run",
            "output",
          ],
          "readsItem": true,
        },
        "workflowEnv": {
          "reads": [
            "inputs",
            "vars",
          ],
        },
        "workflowImage": {
          "reads": [
            "inputs",
            "vars",
            "env",
            "run",
          ],
        },
        "workingDir": {
          "reads": [
            "inputs",
            "vars",
            "env",
            "tasks",
            "run",
          ],
          "readsItem": true,
        },
      }
    `)
  })
})

it('the templates in a value come with their paths, in its order', () => {
  const found: string[] = []
  visitTemplates({a: text, b: ['x', text, {c: text}], d: 5, e: null}, (_text, steps) => found.push(steps.join('.')))
  expect(found).toEqual(['a', 'b.1', 'b.2.c'])
})

describe('evaluating the sites of a task', () => {
  it('replaces them, in the order of the file, and keeps everything else', () => {
    const task = {inputs: {script: text, n: 5, list: [text], s: 'plain'}, env: {E: text, P: 'plain'}}
    const asked: string[] = []
    const evaluated = evaluateSites(task, taskSites(task, ['script']), (site) => {
      asked.push(pathOf(site).join('.'))
      return 'new'
    })
    expect(evaluated).toEqual({inputs: {script: text, n: 5, list: 'new', s: 'plain'}, env: {E: 'new', P: 'plain'}})
    expect(asked).toEqual(['inputs.list', 'env.E'])
  })

  it('a key called __proto__ is a key', () => {
    const task = {inputs: JSON.parse(`{"__proto__": ${JSON.stringify(text)}, "a.b": 1}`) as object, env: {}}
    expect(JSON.stringify(evaluateSites(task, taskSites(task), () => 7))).toBe('{"inputs":{"__proto__":7,"a.b":1},"env":{}}')
  })
})
