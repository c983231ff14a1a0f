// Every bundled plugin as it is shipped: its manifest, its schemas and its README agree with its code.

import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {parseAllDocuments} from 'yaml'
import {buildPlugins} from '../scripts/build-plugins.mjs'
import {SchemaCompiler} from '../src/lib/documents/json-schema.ts'
import type {PluginManager} from '../src/lib/plugins/plugin-manager.ts'
import {buildHost, HostProcess} from './rig/plugin-host.ts'
import {managerOf} from './rig/plugin-dir.ts'

const sources = resolve(import.meta.dirname, '..', 'plugins')
const names = readdirSync(sources)
const types: Record<string, string[]> = {
  approval: ['core/approval.wait'],
  console: ['core/console.log'],
  file: ['core/file.read', 'core/file.write', 'core/file.list'],
  http: ['core/http.request'],
  json: ['core/json.transform'],
  node: ['core/node.run'],
  python: ['core/python.run'],
  shell: ['core/shell.run'],
  time: ['core/time.sleep'],
  workflow: ['core/workflow.run'],
}

let dir: string
let hostFile: string
let manager: PluginManager

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'bundled-'))
  await buildPlugins(join(dir, 'plugins'))
  hostFile = await buildHost(join(dir, 'sdk'))
  manager = managerOf(['/no/project', '/no/user', join(dir, 'plugins')], join(dir, 'cache'))
})
afterAll(() => {
  rmSync(dir, {recursive: true, force: true})
})

it('the table of this test names all of them', () => {
  expect(Object.keys(types).sort()).toEqual(names)
})

describe.each(names)('core/%s', (name) => {
  it('has the actions it is known for, each with a description and schemas that compile', async () => {
    const schemas = new SchemaCompiler()
    for (const type of types[name] ?? []) {
      const resolution = await manager.resolve(type)
      expect(resolution).toMatchObject({ok: true})
      if (!resolution.ok) continue
      const {action, plugin} = resolution
      expect(plugin.manifest.actions.map((each) => `core/${name}.${each.name}`)).toEqual(types[name])
      expect(action.description).toMatch(/\.$/)
      const check = await schemas.compile(action.input ?? {})
      await schemas.compile(action.output ?? {})
      expect(check({surely: 'unknown'}).length).toBeGreaterThan(0)
    }
  })

  it('exports every action of its manifest', async () => {
    const entry = await manager.resolve(types[name]?.[0] ?? '')
    if (!entry.ok) throw new Error(entry.failure.message)
    const {manifest, dir: pluginDir} = entry.plugin
    if (manifest.main === undefined) {
      expect(manifest.protocol).toBe({python: 'plain', workflow: 'builtin', approval: 'builtin'}[name] ?? 'exec')
      return
    }
    // What a script leaves in its process must not reach the next one.
    expect(manifest.worker).toBe(name === 'node' ? 'single' : 'reuse')
    const host = new HostProcess(hostFile)
    try {
      for (const action of manifest.actions) {
        const result = await host.invoke({main: join(pluginDir, manifest.main), action: action.name, inputs: {}, cwd: dir})
        expect(result.ok ? '' : result.error.code).not.toBe('ACTION_NOT_EXPORTED')
        expect(result.ok ? '' : result.error.code).not.toBe('PLUGIN_LOAD_FAILED')
      }
    } finally {
      host.kill()
    }
  })

  it('has a README whose examples use inputs it has', async () => {
    const readme = readFileSync(join(sources, name, 'README.md'), 'utf8')
    const examples = [...readme.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text)
    expect(examples.length).toBeGreaterThan(0)
    const seen = new Set<string>()
    for (const document of examples.flatMap((text) => parseAllDocuments(text))) {
      expect('errors' in document ? document.errors : []).toEqual([])
      const {tasks} = (document as {toJS(): unknown}).toJS() as {tasks: {type: string; inputs: Record<string, unknown>}[]}
      for (const {type, inputs} of tasks) {
        const resolution = await manager.resolve(type)
        if (!resolution.ok) throw new Error(resolution.failure.message)
        const check = await new SchemaCompiler().compile(resolution.action.input ?? {})
        expect(check(inputs)).toEqual([])
        seen.add(type)
      }
    }
    expect([...seen].sort()).toEqual([...(types[name] ?? [])].sort())
  })
})
