import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {parse} from 'yaml'
import {isIdempotent} from '../../../src/lib/planning/is-idempotent.ts'
import type {ActionDef} from '../../../src/lib/plugins/manifest.ts'
import type {JsonObject} from '../../../src/lib/util/json.ts'
import {Project, shellPlugin} from '../../rig/project.ts'
import {packageRoot} from '../../rig/workflow-command.ts'

/** The action of a bundled plugin. */
function bundled(plugin: string, name: string): ActionDef {
  const {actions} = parse(readFileSync(path.join(packageRoot, 'plugins', plugin, 'plugin.yaml'), 'utf8')) as {
    actions: (Omit<ActionDef, 'idempotent'> & Partial<ActionDef>)[]
  }
  const found = actions.find((action) => action.name === name)
  if (found === undefined) throw new Error(`core/${plugin} has no action ${name}`)
  return {...found, idempotent: found.idempotent ?? false}
}

const url = 'https://example.org'

describe('a bundled action runs again by itself after a crash', () => {
  it.each<[string, string, JsonObject, boolean]>([
    ['http', 'request', {url}, true],
    ['http', 'request', {url, method: 'GET'}, true],
    ['http', 'request', {url, method: 'head', body: {text: 'x'}}, true],
    ['http', 'request', {url, method: 'POST'}, false],
    ['http', 'request', {url, method: 'PUT', body: {text: 'x'}}, false],
    ['http', 'request', {url, body: {text: 'x'}}, false],
    ['http', 'request', {url, method: '{{ vars.method }}'}, false],
    ['http', 'request', {url, body: '{{ vars.body }}'}, false],
    ['file', 'read', {path: 'a'}, true],
    ['file', 'list', {path: 'a'}, true],
    ['file', 'write', {path: 'a', content: 'x'}, true],
    ['file', 'write', {path: 'a', content: 'x', append: false}, true],
    ['file', 'write', {path: 'a', content: 'x', append: true}, false],
    ['file', 'write', {path: 'a', content: 'x', append: '{{ vars.append }}'}, false],
    ['json', 'transform', {}, true],
    ['console', 'log', {}, true],
    ['time', 'sleep', {}, true],
    ['approval', 'wait', {message: 'x'}, true],
    ['workflow', 'run', {file: 'x'}, true],
    ['shell', 'run', {command: 'true'}, false],
    ['python', 'run', {script: ''}, false],
    ['node', 'run', {script: ''}, false],
  ])('core/%s.%s %j: %s', (plugin, name, inputs, expected) => {
    expect(isIdempotent(bundled(plugin, name), inputs)).toBe(expected)
  })
})

describe('cases', () => {
  const action = (idempotent: ActionDef['idempotent']): ActionDef => ({name: 'a', idempotent, literalInputs: []})

  it.each<[ActionDef['idempotent'], JsonObject, boolean]>([
    [true, {}, true],
    [false, {}, false],
    [[{n: 1}, {s: ['a', null], b: true}], {n: 1}, true],
    [[{n: 1}, {s: ['a', null], b: true}], {b: true}, true],
    [[{n: 1}, {s: ['a', null], b: true}], {b: true, s: 'b'}, false],
    [[{n: 1}], {n: '1'}, false],
    [[{n: null}], {n: null}, true],
    [[{n: null}], {n: []}, false],
  ])('%j with %j: %s', (idempotent, inputs, expected) => {
    expect(isIdempotent(action(idempotent), inputs)).toBe(expected)
  })
})

it('a manifest may name cases, a task overrides its action, and wrong cases are findings', async () => {
  const project = new Project({
    ...shellPlugin('p', 'echo 1'),
    'plugins/p/plugin.yaml':
      'namespace: test\nname: p\nversion: 1.0.0\ncommand: [sh, run.sh]\nactions: [{name: act, idempotent: [{mode: [read, null]}]}]\n',
  })
  const {exitCode, stdout} = await project.run(['plugin', 'inspect', 'test/p'])
  expect(stdout).toContain('idempotent in some cases')
  expect(exitCode).toBe(0)
  for (const wrong of ['[]', '[{}]', '[{mode: []}]', '[{mode: {a: 1}}]', 'sometimes']) {
    project.write({
      'plugins/p/plugin.yaml': `namespace: test\nname: p\nversion: 1.0.0\ncommand: [sh, run.sh]\nactions: [{name: act, idempotent: ${wrong}}]\n`,
    })
    expect((await project.run(['plugin', 'inspect', 'test/p'])).exitCode, wrong).toBe(5)
  }
})
