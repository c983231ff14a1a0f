import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import type {Resolution, ResolveFailure} from '../../../src/lib/plugins/plugin-manager.ts'
import {managerOf, manifestText, settled, writeFiles, writePlugin} from '../../rig/plugin-dir.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

function failure(resolution: Resolution): ResolveFailure {
  if (resolution.ok) throw new Error('expected a failure')
  return resolution.failure
}

function managerWith(home: string) {
  return managerOf([path.join(home, 'plugins'), path.join(home, 'user')], path.join(home, 'cache'))
}

describe('resolving a type', () => {
  it('gives the plugin and exactly the named action', async () => {
    const home = temporaryDir()
    const dir = writeFiles(path.join(home, 'plugins/tool'), {
      'plugin.yaml': 'namespace: acme\nname: tool\nversion: 1.0.0\nmain: index.js\nactions: [{name: first}, {name: second, timeout: 5s}]\n',
      'index.js': '',
    })
    expect(await managerWith(home).resolve('acme/tool.second')).toMatchObject({
      ok: true,
      plugin: {id: 'acme/tool', dir, foundIn: path.join(home, 'plugins')},
      action: {name: 'second', timeoutMs: 5000},
    })
  })

  it.each(['cold', 'warm'])('lets the first path win when its directory has another name (%s cache)', async (state) => {
    const home = temporaryDir()
    const first = writePlugin(path.join(home, 'plugins/unrelated'), 'acme/tool', '1.0.0')
    const second = writePlugin(path.join(home, 'user/tool'), 'acme/tool', '2.0.0')
    await settled(path.join(second, 'plugin.yaml'))
    if (state === 'warm') await managerWith(home).list()
    expect(await managerWith(home).resolve('acme/tool.run')).toMatchObject({ok: true, plugin: {dir: first}})
  })

  it('finds a plugin whose name is written with escapes', async () => {
    const home = temporaryDir()
    writeFiles(path.join(home, 'plugins/x'), {
      'plugin.yaml': manifestText('acme/tool').replace('name: tool', 'name: "t\\x6fol"'),
      'index.js': '',
    })
    expect(await managerWith(home).resolve('acme/tool.run')).toMatchObject({ok: true})
  })

  it('parses no manifest that cannot be meant', async () => {
    const home = temporaryDir()
    writePlugin(path.join(home, 'plugins/tool'), 'acme/tool')
    const other = writePlugin(path.join(home, 'plugins/other'), 'acme/other')
    await settled(path.join(other, 'plugin.yaml'))
    await managerWith(home).resolve('acme/tool.run')
    const cache = readFileSync(path.join(home, 'cache/plugin-manifests.json'), 'utf8')
    expect(cache).toContain('acme/tool')
    expect(cache).not.toContain('acme/other')
  })

  it('suggests the nearest type for an unknown plugin and names the directories searched', async () => {
    const home = temporaryDir()
    writePlugin(path.join(home, 'plugins/tool'), 'acme/tool')
    expect(failure(await managerWith(home).resolve('acme/tol.run'))).toEqual({
      code: 'unknown-plugin',
      errorCode: 'PLUGIN_NOT_FOUND',
      message: `there is no plugin "acme/tol" (searched: ${path.join(home, 'plugins')}, ${path.join(home, 'user')})`,
      hint: 'did you mean "acme/tool.run"?',
      diagnostics: [],
    })
  })

  it('shows manifests that cannot be read when a plugin is not found: it may be one of them', async () => {
    const home = temporaryDir()
    writeFiles(path.join(home, 'plugins/tool'), {'plugin.yaml': 'namespace: [acme\n'})
    const {diagnostics} = failure(await managerWith(home).resolve('acme/tool.run'))
    expect(diagnostics[0]).toMatchObject({severity: 'error', file: path.join(home, 'plugins/tool/plugin.yaml')})
  })

  it('lists the actions when the plugin has no such action', async () => {
    const home = temporaryDir()
    writePlugin(path.join(home, 'plugins/tool'), 'acme/tool')
    expect(failure(await managerWith(home).resolve('acme/tool.rum'))).toMatchObject({
      code: 'unknown-action',
      message: 'plugin "acme/tool" has no action "rum"; it has: run',
      hint: 'did you mean "acme/tool.run"?',
    })
  })

  it('does not pass over a broken plugin for a later one of the same id', async () => {
    const home = temporaryDir()
    const dir = writePlugin(path.join(home, 'plugins/tool'), 'acme/tool', '1.x')
    writePlugin(path.join(home, 'user/tool'), 'acme/tool')
    const found = failure(await managerWith(home).resolve('acme/tool.run'))
    expect(found).toMatchObject({
      code: 'invalid-plugin',
      errorCode: 'PLUGIN_INVALID',
      message: `plugin "acme/tool" in ${dir} cannot be used: version must be valid semver (e.g. 1.0.0)`,
      diagnostics: [{line: 3, column: 10}],
    })
  })

  it('uses neither of two plugins of one id in the same path and names both', async () => {
    const home = temporaryDir()
    const a = writePlugin(path.join(home, 'plugins/a'), 'acme/tool', '1.0.0')
    const b = writePlugin(path.join(home, 'plugins/b'), 'acme/tool', '2.0.0')
    const found = failure(await managerWith(home).resolve('acme/tool.run'))
    expect(found.code).toBe('invalid-plugin')
    expect(found.message).toContain(`${a} (version 1.0.0) and ${b} (version 2.0.0)`)
  })

  it.each([
    ['tool.run', 'did you mean "acme/tool.run"?'],
    ['acme/tool', undefined],
    ['acme/tool.run.fast', undefined],
    ['../../tool.run', undefined],
    ['', undefined],
  ])('refuses %j, which has not the form of a type', async (type, hint) => {
    const home = temporaryDir()
    writePlugin(path.join(home, 'plugins/tool'), 'acme/tool')
    const found = failure(await managerWith(home).resolve(type))
    expect(found).toMatchObject({code: 'invalid-type', message: `"${type}" is not a valid task type: the form is namespace/plugin.action`})
    if (hint !== undefined) expect(found.hint).toBe(hint)
  })

  it('finds nothing under names of the prototype', async () => {
    expect(failure(await managerWith(temporaryDir()).resolve('__proto__/constructor.toString')).code).toBe('unknown-plugin')
  })

  it('answers many questions at once, also when the cache directory is a file', async () => {
    const home = temporaryDir()
    for (let index = 0; index < 20; index++) writePlugin(path.join(home, `plugins/p${String(index)}`), `acme/p${String(index)}`)
    writeFileSync(path.join(home, 'cache'), '')
    const manager = managerWith(home)
    const types = Array.from({length: 200}, (_, index) => `acme/p${String(index % 20)}.run`)
    const found = await Promise.all(types.map((type) => manager.resolve(type)))
    expect(found.map((one) => one.ok && `${one.plugin.id}.${one.action.name}`)).toEqual(types)
  })
})

describe('preparing a plugin', () => {
  async function prepare(home: string): Promise<string | undefined> {
    const manager = managerWith(home)
    const found = await manager.resolve('acme/tool.run')
    if (!found.ok) throw new Error(found.failure.message)
    return await manager.prepare(found.plugin)
  }

  it('gives the real path of a JavaScript entry point', async () => {
    const home = temporaryDir()
    const dir = writePlugin(path.join(home, 'plugins/tool'), 'acme/tool')
    expect(await prepare(home)).toBe(path.join(dir, 'index.js'))
  })

  it('gives nothing for a plugin that is a command', async () => {
    const home = temporaryDir()
    writeFiles(path.join(home, 'plugins/tool'), {'plugin.yaml': manifestText('acme/tool', '1.0.0', 'command: [python3, main.py]')})
    expect(await prepare(home)).toBeUndefined()
  })

  it('builds a TypeScript entry point', async () => {
    const home = temporaryDir()
    mkdirSync(path.join(home, 'plugins'))
    writeFiles(path.join(home, 'plugins/tool'), {
      'plugin.yaml': manifestText('acme/tool', '1.0.0', 'main: index.ts'),
      'index.ts': 'export const run = (): number => 1\n',
    })
    expect(await prepare(home)).toMatch(/\.mjs$/)
    rmSync(path.join(home, 'cache'), {recursive: true})
  })
})
