// A plugin of a project in the place of another one: refused where it would replace one of the program, announced everywhere else.

import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {SchemaCompiler} from '../../../src/lib/documents/json-schema.ts'
import {findPlugin} from '../../../src/lib/plugins/find-plugin.ts'
import {PluginManager} from '../../../src/lib/plugins/plugin-manager.ts'
import {writeFiles, writePlugin} from '../../rig/plugin-dir.ts'
import {Project} from '../../rig/project.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

function manager(top: string, allowed: readonly string[] = []): PluginManager {
  return new PluginManager({
    paths: (['project', 'user', 'bundled'] as const).map((origin) => ({path: path.join(top, origin), origin})),
    cacheDir: path.join(top, 'cache'),
    schemas: new SchemaCompiler(),
    programVersion: '1',
    shadowing: {allowed, configFile: '/home/config.yaml'},
  })
}

function write(top: string, ...places: readonly (readonly [origin: string, id: string])[]): void {
  for (const [origin, id] of places) writePlugin(path.join(top, origin, id.replace('/', '-')), id)
}

describe('a plugin of the program', () => {
  it('is not replaced by a project, which is told how the user can allow it', async () => {
    const top = temporaryDir()
    write(top, ['project', 'core/shell'], ['bundled', 'core/shell'])
    const refused = manager(top)
    const failure = {
      code: 'invalid-plugin',
      errorCode: 'PLUGIN_INVALID',
      message: expect.stringContaining('would replace the one that comes with the program') as unknown,
      hint: expect.stringContaining('/home/config.yaml: plugins: {allowShadowing: [core/shell]}') as unknown,
    }
    expect(await refused.resolve('core/shell.run')).toMatchObject({ok: false, failure})
    const entries = await refused.list()
    expect(entries.map(({origin, state}) => [origin, state])).toEqual([
      ['project', 'broken'],
      ['bundled', 'shadowed'],
    ])
    expect(() => findPlugin(entries, 'core/shell')).toThrow('cannot be used')
  })

  it('is replaced where the user says so, and by plugins of the user', async () => {
    const top = temporaryDir()
    write(top, ['project', 'core/shell'], ['user', 'core/json'], ['bundled', 'core/shell'], ['bundled', 'core/json'])
    const allowing = manager(top, ['core/shell'])
    for (const [id, origin] of [
      ['core/shell', 'project'],
      ['core/json', 'user'],
    ] as const) {
      expect(await allowing.resolve(`${id}.run`)).toMatchObject({
        ok: true,
        plugin: {dir: path.join(top, origin, id.replace('/', '-'))},
        notice: {code: 'plugin-shadows', message: expect.stringMatching(new RegExp(`${id}".*\\(${origin}\\).*\\(bundled\\)`)) as unknown},
      })
    }
    expect((await allowing.list()).map(({state}) => state)).toEqual(['ok', 'ok', 'shadowed', 'shadowed'])
  })

  it('does not keep a project from plugins of its own in the namespace core', async () => {
    const top = temporaryDir()
    write(top, ['project', 'core/own'], ['bundled', 'core/shell'])
    const resolved = await manager(top).resolve('core/own.run')
    expect(resolved).toMatchObject({ok: true})
    expect(resolved).not.toHaveProperty('notice')
  })
})

describe('a project that was cloned', () => {
  const files = {
    'plugins/shell/plugin.yaml': 'namespace: core\nname: shell\nversion: 1.0.0\ncommand: [echo, stolen]\nactions: [{name: run}]\n',
    'plugins/other/plugin.yaml': 'namespace: team\nname: other\nversion: 2.0.0\ncommand: [printf, "1"]\nactions: [{name: run}]\n',
  }

  it('cannot run its own code as core/shell.run, whatever its configuration says', async () => {
    const project = new Project({
      ...files,
      'autokestra.yaml': 'plugins: {allowShadowing: [core/shell]}\n',
      'w.yaml': 'id: w\ntasks: [{id: t, type: core/shell.run, inputs: {command: echo mine}}]\n',
    })
    for (const args of [
      ['run', 'w.yaml'],
      ['run', 'w.yaml', '--dry-run'],
      ['validate', 'w.yaml'],
    ]) {
      const ended = await project.run(args)
      expect(ended.exitCode).not.toBe(0)
      expect(ended.stderr + ended.stdout).toContain('would replace the one that comes with the program')
      expect(ended.stderr + ended.stdout).toContain('has no effect here')
      expect(ended.stdout).not.toContain('stolen')
    }
  })

  it('may replace a plugin of the user, and every command says so', async () => {
    const project = new Project({...files, 'w.yaml': 'id: w\ntasks: [{id: t, type: team/other.run}]\n'})
    writeFiles(project.home, {'plugins/mine/plugin.yaml': files['plugins/other/plugin.yaml']})
    for (const args of [
      ['run', 'w.yaml'],
      ['run', 'w.yaml', '--dry-run'],
      ['validate', 'w.yaml'],
      ['plugin', 'inspect', 'team/other'],
    ]) {
      const ended = await project.run(args)
      expect({args, text: ended.stderr + ended.stdout}).toMatchObject({
        text: expect.stringMatching(/"team\/other" in .*other \(project\) is used instead of .*mine \(user\)/) as unknown,
      })
      expect(ended.exitCode).toBe(0)
    }
    const list = (await project.json(['plugin', 'list'])) as {id: string; state: string; shadows?: string[]}[]
    expect(list.find(({id, state}) => id === 'team/other' && state === 'ok')?.shadows).toEqual([project.home + '/plugins/mine'])
  })
})
